"""What views answer with."""

from collections.abc import Mapping

import msgspec
from django.http import HttpResponse


def json_answer(
    body: msgspec.Struct, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> HttpResponse:
    return HttpResponse(
        msgspec.json.encode(body),
        status=status,
        content_type="application/json",
        headers=headers,
    )
