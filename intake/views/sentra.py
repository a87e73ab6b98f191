"""What the `sentra` format asks besides decisions and accounts."""

import msgspec
from django.http import HttpRequest, HttpResponse

from intake.doors import check_door, open_door
from intake.formats.sentra import SENTRA
from intake.health import check_health

score = check_door(SENTRA, endpoint="sentra_score")


@open_door(wire=SENTRA, endpoint="sentra_health")
def health(request: HttpRequest) -> HttpResponse:
    """As the native one, for whoever asks: 200 when this instance can decide, else 503."""
    state = check_health()
    return HttpResponse(
        msgspec.json.encode(state),
        status=200 if state.can_decide else 503,
        content_type="application/json",
        headers={} if state.can_decide else {"Retry-After": "2"},
    )
