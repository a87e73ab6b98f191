import json

import pytest
from django.core.exceptions import TooManyFieldsSent
from django.test import RequestFactory
from rest_framework import exceptions

from foundation.errors import Conflict
from foundation.errors_drf import handle


def answer(error: Exception) -> tuple[int, dict, dict]:
    response = handle(error, {"request": RequestFactory().get("/api/v1/x")})
    return response.status_code, json.loads(response.content), response.headers


def test_nested_field_errors_are_flattened_to_dotted_names():
    error = exceptions.ValidationError({"card": {"bin": ["Too long."]}, "amount": ["Required."]})
    status, body, _ = answer(error)
    assert status == 400
    assert body["errors"] == [
        {"field": "card.bin", "message": "Too long.", "code": "invalid"},
        {"field": "amount", "message": "Required.", "code": "invalid"},
    ]


@pytest.mark.parametrize(
    ("error", "status", "slug"),
    [
        (exceptions.MethodNotAllowed("PUT"), 405, "method-not-allowed"),
        (exceptions.UnsupportedMediaType("text/x"), 415, "unsupported-media-type"),
        (exceptions.ParseError(), 400, "bad-request"),
        (Conflict("x", type="taken"), 409, "taken"),
        (TooManyFieldsSent("x"), 400, "bad-request"),
    ],
)
def test_every_refusal_is_a_problem(error, status, slug):
    got, body, _ = answer(error)
    assert (got, body["type"]) == (status, f"/problems/{slug}")
    assert "{" not in body["title"]


def test_a_throttled_client_learns_when_to_come_back():
    status, _, headers = answer(exceptions.Throttled(wait=4.2))
    assert (status, headers["Retry-After"]) == (429, "5")


def test_the_unforeseen_is_left_to_become_a_500():
    assert handle(ZeroDivisionError(), {"request": RequestFactory().get("/")}) is None
