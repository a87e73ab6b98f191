"""The API's description, for programs and for people."""

from functools import lru_cache

import msgspec
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt

from intake.errors import only_get
from intake.openapi import build_schema

# Swagger UI sets style attributes and draws icons from data: addresses; no script is inline and
# nothing comes from elsewhere.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@lru_cache(maxsize=1)
def _encoded() -> bytes:
    return msgspec.json.encode(build_schema())


@csrf_exempt
def schema(request: HttpRequest) -> HttpResponse:
    """OpenAPI 3.1, as JSON."""
    only_get(request)
    return HttpResponse(_encoded(), content_type="application/json")


@csrf_exempt
def docs(request: HttpRequest) -> HttpResponse:
    """Swagger UI over the schema, from this server's own files."""
    only_get(request)
    response = render(request, "intake/docs.html")
    response.headers["Content-Security-Policy"] = _POLICY
    return response
