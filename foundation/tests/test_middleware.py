import json
import time

import pytest
from django.core.exceptions import BadRequest as Malformed
from django.core.exceptions import PermissionDenied
from django.db import OperationalError, connection
from django.http import Http404, HttpResponse
from django.test import Client, RequestFactory

from foundation.errors import BadRequest, FieldError, Unauthorized, Unavailable
from foundation.logging import request_id_var
from foundation.middleware import NulMiddleware, ProblemMiddleware, RequestIdMiddleware


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


# -- the character NUL ----------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["/admin/login/?next=%00", "/admin/%00/", "/nowhere?%00=1"])
def test_an_address_with_a_nul_is_a_bad_request(address):
    answer = Client(raise_request_exception=False).get(address)
    assert answer.status_code == 400
    assert answer["X-Request-ID"]


def test_programs_are_told_so_as_a_problem():
    answer = Client().get("/api/v1/fraud/transactions?user_id=%00")
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")


def test_a_percent_sign_before_two_zeros_is_none():
    assert Client().get("/nowhere?q=%2500").status_code == 404


@pytest.mark.django_db
def test_a_cookie_with_a_nul_is_a_bad_request():
    client = Client(raise_request_exception=False)
    cookie = '"' + r"\000" * 40 + '"'  # as HTTP quotes it
    assert client.get("/admin/", headers={"cookie": f"sessionid={cookie}"}).status_code == 400


@pytest.mark.django_db
@pytest.mark.parametrize("sql", ["SELECT %s", "SELECT %s::jsonb"])
def test_what_the_database_refuses_for_a_nul_is_a_bad_request(sql):
    value = '{"a": "\\u0000"}' if "jsonb" in sql else "\0"

    def view(request):
        with connection.cursor() as cursor:
            cursor.execute(sql, [value])

    with pytest.raises(Malformed):
        _as_of_a_view(view)


@pytest.mark.parametrize("error", [ValueError("NULL is no number"), KeyError("\0")])
def test_other_errors_stay_what_they_are(error):
    def view(request):
        raise error

    with pytest.raises(type(error)) as raised:
        _as_of_a_view(view)
    assert raised.value is error


def _as_of_a_view(view) -> None:
    request = RequestFactory().get("/")
    try:
        view(request)
    except Exception as error:
        NulMiddleware(view).process_exception(request, error)
        raise
