import json
import time

import pytest
from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import Http404, HttpResponse
from django.test import RequestFactory

from foundation.errors import BadRequest, FieldError, Unauthorized, Unavailable
from foundation.logging import request_id_var
from foundation.middleware import ProblemMiddleware, RequestIdMiddleware


def call(**headers: str) -> tuple[HttpResponse, list[str]]:
    seen: list[str] = []

    def view(request):
        seen.append(request.request_id)
        seen.append(request_id_var.get())
        return HttpResponse("ok")

    return RequestIdMiddleware(view)(RequestFactory().get("/", headers=headers)), seen


def test_a_sane_id_of_the_client_is_taken_over():
    response, seen = call(X_Request_ID="trace-0042.a")
    assert seen == ["trace-0042.a"] * 2
    assert response["X-Request-ID"] == "trace-0042.a"
    assert request_id_var.get() == ""


@pytest.mark.parametrize(
    "bad", ["", "short", "a" * 65, "with space ok", "inject\r\nX: y", "ключ-ключ"]
)
def test_any_other_id_is_replaced(bad):
    response, seen = call(X_Request_ID=bad)
    assert len(seen[0]) == 24
    assert response["X-Request-ID"] == seen[0] != bad


def test_the_id_costs_less_than_twenty_microseconds():
    middleware = RequestIdMiddleware(lambda request: response)
    response, request = HttpResponse(), RequestFactory().get("/")
    best = min(_seconds(middleware, request) for _ in range(5))
    assert best / 1_000 < 20e-6  # 5 us when the machine is idle


def _seconds(middleware, request) -> float:
    started = time.perf_counter()
    for _ in range(1_000):
        middleware(request)
    return time.perf_counter() - started


def handled(error: Exception, address: str = "/api/v1/x") -> HttpResponse | None:
    return ProblemMiddleware(lambda request: HttpResponse()).process_exception(
        RequestFactory().get(address), error
    )


def test_a_problem_is_answered_with_its_members():
    errors = [FieldError("amount", "must be a number", "type")]
    response = handled(BadRequest("One field is wrong.", errors=errors))
    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
    assert json.loads(response.content) == {
        "type": "/problems/bad-request",
        "title": "The request is not valid",
        "status": 400,
        "detail": "One field is wrong.",
        "instance": "/api/v1/x",
        "request_id": "",
        "errors": [{"field": "amount", "message": "must be a number", "code": "type"}],
    }


def test_a_401_names_its_challenge_and_a_503_its_time():
    assert handled(Unauthorized("no"))["WWW-Authenticate"].startswith("ApiKey")
    assert handled(Unavailable("later", retry_after=7))["Retry-After"] == "7"


@pytest.mark.parametrize(
    ("error", "status"),
    [(OperationalError("gone"), 503), (Http404(), 404), (PermissionDenied(), 403)],
)
def test_what_is_foreseen_becomes_a_problem_under_api(error, status):
    assert handled(error).status_code == status
    assert handled(error, "/admin/") is None  # Django's own pages


def test_the_unforeseen_stays_a_500():
    assert handled(ZeroDivisionError()) is None
