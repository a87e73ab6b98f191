"""Accounts over HTTP: the contract's calls, their refusals, and bad input."""

import json

import pytest
from django.test import Client as HttpClient

from clients.accounts import lockout, passwords
from clients.models import Institution

pytestmark = pytest.mark.django_db

ADA = {
    "name": "Ada's Wallet",
    "email": "ada@example.com",
    "password": "correct horse battery",
    "subscription_tier": "premium",
}
ADDRESSES = ("register", "login", "refresh", "logout", "logout/everywhere", "password")


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch):
    monkeypatch.setattr(passwords.hasher, "iterations", 10)


@pytest.fixture(autouse=True)
def open_registration(settings):
    settings.ACCOUNT_REGISTRATION = True
    settings.ACCOUNT_TIERS = ["basic", "premium", "enterprise"]
    settings.ACCOUNT_REGISTRATIONS_PER_HOUR = 20


def post(path: str, body=None, *, token: str | None = None, **headers):
    """Sends JSON; text and bytes as they are."""
    raw = body if isinstance(body, (str, bytes)) else json.dumps({} if body is None else body)
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    return HttpClient(raise_request_exception=False).post(
        f"/auth/{path}", raw, content_type="application/json", headers=headers
    )


def refusal(response, status: int) -> dict:
    """The body of a refusal in this format; fails when it is none."""
    assert response.status_code == status, response.content
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["Cache-Control"] == "no-store"
    body = response.json()
    assert body.keys() - {"fields"} == {"error", "detail", "request_id"}
    assert body["detail"]
    assert body["request_id"] == response.headers["X-Request-ID"]
    return body


def wrong_fields(response) -> set[str]:
    return {error["field"] for error in refusal(response, 400)["fields"]}


@pytest.fixture
def ada(db) -> dict:
    return post("register", ADA).json()


def test_registering_answers_what_the_contract_says():
    response = post("register", ADA)
    assert response.status_code == 201
    answer = response.json()
    assert {name: type(value) for name, value in answer.items()} == {
        "client_id": str,
        "name": str,
        "email": str,
        "subscription_tier": str,
        "access_token": str,
        "refresh_token": str,
        "token_type": str,
        "expires_in": int,
    }
    assert (answer["name"], answer["email"]) == (ADA["name"], ADA["email"])
    assert answer["subscription_tier"] == "premium"
    assert Institution.objects.get(slug=answer["client_id"]).name == ADA["name"]


def test_signing_in_answers_tokens(ada):
    response = post("login", {"email": ADA["email"], "password": ADA["password"]})
    assert response.status_code == 200
    answer = response.json()
    assert (answer["token_type"], answer["expires_in"]) == ("bearer", 900)
    assert answer["client_id"] == ada["client_id"]
    assert answer["access_token"] != ada["access_token"]


def test_a_taken_address_and_a_new_one_get_the_same_answer(ada):
    other = "another password here"
    taken = post("register", {**ADA, "password": other})
    new = post("register", {**ADA, "password": other, "email": "new@example.com"})
    assert taken.status_code == new.status_code == 201
    assert taken.json().keys() == new.json().keys()
    assert taken.json()["client_id"] not in {ada["client_id"], new.json()["client_id"]}


def test_unknown_address_and_wrong_password_get_the_same_answer(ada):
    bodies = []
    for email in (ADA["email"], "unknown@example.com"):
        response = post("login", {"email": email, "password": "not this one"})
        assert response.headers["WWW-Authenticate"].startswith("Bearer")
        body = refusal(response, 401)
        bodies.append((body["error"], body["detail"]))
    assert bodies[0] == bodies[1]


def test_refreshing_answers_a_new_pair_once(ada):
    fresh = post("refresh", {"refresh_token": ada["refresh_token"]})
    assert fresh.status_code == 200
    assert fresh.json().keys() == {"access_token", "refresh_token", "token_type", "expires_in"}
    again = post("refresh", {"refresh_token": ada["refresh_token"]})
    assert refusal(again, 401)["error"] == "token-revoked"


@pytest.mark.parametrize("by", ["access_token", "refresh_token"])
def test_signing_out_ends_the_session(ada, by):
    if by == "access_token":
        response = post("logout", "", token=ada["access_token"])
    else:
        response = post("logout", {"refresh_token": ada["refresh_token"]})
    assert (response.status_code, response.json()) == (200, {"detail": "Signed out."})
    assert refusal(post("refresh", {"refresh_token": ada["refresh_token"]}), 401)


def test_signing_out_everywhere_ends_every_session(ada):
    other = post("login", {"email": ADA["email"], "password": ADA["password"]}).json()
    assert post("logout/everywhere", token=ada["access_token"]).status_code == 200
    for tokens in (ada, other):
        refusal(post("refresh", {"refresh_token": tokens["refresh_token"]}), 401)


def test_the_password_can_be_changed(ada):
    body = {"old_password": ADA["password"], "new_password": "staple of another kind"}
    response = post("password", body, token=ada["access_token"])
    assert response.status_code == 200
    assert post("refresh", {"refresh_token": response.json()["refresh_token"]}).status_code == 200
    login = {"email": ADA["email"], "password": body["new_password"]}
    assert post("login", login).status_code == 200


def test_a_wrong_old_password_is_refused(ada):
    body = {"old_password": "not this one", "new_password": "staple of another kind"}
    refusal(post("password", body, token=ada["access_token"]), 401)


def test_too_many_tries_are_told_when_to_come_back(ada):
    for _ in range(lockout.PER_EMAIL_AND_NETWORK):
        refusal(post("login", {"email": ADA["email"], "password": "not this one"}), 401)
    response = post("login", {"email": ADA["email"], "password": ADA["password"]})
    assert refusal(response, 429)["error"] == "too-many-attempts"
    assert 0 < int(response.headers["Retry-After"]) <= 900


def test_without_registration_accounts_are_the_operators_to_give(settings):
    settings.ACCOUNT_REGISTRATION = False
    assert refusal(post("register", ADA), 403)["error"] == "registration-closed"


def test_a_tier_that_is_not_open_is_refused(settings):
    settings.ACCOUNT_TIERS = []
    assert refusal(post("register", ADA), 403)["error"] == "tier-not-open"


@pytest.mark.parametrize("path", ADDRESSES)
@pytest.mark.parametrize("method", ["get", "put", "delete", "patch"])
def test_another_method_is_refused(path, method):
    response = getattr(HttpClient(), method)(f"/auth/{path}")
    refusal(response, 405)
    assert response.headers["Allow"] == "POST"


WRONG_BODIES = {
    "nothing": b"",
    "no JSON": b"{",
    "a list": b"[]",
    "a text": b'"x"',
    "null": b"null",
    "no UTF-8": b'{"email": "\xff"}',
    "deep": b"[" * 100_000,
    "huge": b'{"email": "' + b"x" * 1_100_000 + b'"}',
}


@pytest.mark.parametrize("body", WRONG_BODIES)
@pytest.mark.parametrize("path", ["register", "login", "refresh"])
def test_a_body_that_is_no_object_is_refused(path, body):
    response = post(path, WRONG_BODIES[body])
    refusal(response, 413 if body == "huge" else 400 if body != "nothing" else response.status_code)
    assert 400 <= response.status_code < 500


WRONG = [1, 1.5, True, [], {}, ["a"], {"a": 1}, -1e308, 10**30, "\ud800", "a\0b", ""]


@pytest.mark.parametrize("value", WRONG, ids=[repr(value) for value in WRONG])
@pytest.mark.parametrize("field", ["name", "email", "password"])
def test_a_value_of_the_wrong_kind_is_named_when_registering(field, value):
    assert wrong_fields(post("register", {**ADA, field: value})) == {field}


@pytest.mark.parametrize("value", WRONG[:-1], ids=[repr(value) for value in WRONG[:-1]])
@pytest.mark.parametrize("field", ["subscription_tier", "currency"])
def test_a_value_of_the_wrong_kind_is_named_among_the_optional_ones(field, value):
    assert wrong_fields(post("register", {**ADA, field: value})) == {field}


@pytest.mark.parametrize("value", WRONG, ids=[repr(value) for value in WRONG])
@pytest.mark.parametrize("field", ["email", "password"])
def test_a_value_of_the_wrong_kind_is_named_when_signing_in(ada, field, value):
    body = {"email": ADA["email"], "password": ADA["password"], field: value}
    assert wrong_fields(post("login", body)) == {field}


@pytest.mark.parametrize("value", [*WRONG, "NaN"], ids=repr)
@pytest.mark.parametrize("path", ["refresh", "logout"])
def test_a_refresh_token_of_the_wrong_kind_is_refused(path, value):
    response = post(path, {"refresh_token": value})
    assert response.status_code in {400, 401}
    refusal(response, response.status_code)


@pytest.mark.parametrize("field", ["name", "email", "password"])
def test_what_is_missing_is_named(field):
    assert wrong_fields(post("register", {k: v for k, v in ADA.items() if k != field})) == {field}
    assert wrong_fields(post("register", {**ADA, field: None})) == {field}


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Basic YWRhOng=",
        "Token x",
        "Bearer a b",
        "Bearer \xe9",
        "x" * 5_000,
    ],
)
@pytest.mark.parametrize("path", ["logout", "logout/everywhere", "password"])
def test_a_header_without_a_token_is_refused(path, header):
    refusal(post(path, "", Authorization=header), 401)


@pytest.mark.parametrize("path", ["logout/everywhere", "password"])
def test_a_revoked_token_does_nothing(ada, path):
    post("logout", "", token=ada["access_token"])
    body = {"old_password": ADA["password"], "new_password": "staple of another kind"}
    assert refusal(post(path, body, token=ada["access_token"]), 401)["error"] == "token-revoked"


def test_the_callers_own_network_is_counted(ada, settings):
    """Behind our proxy all requests come from its address; the caller's is what it wrote down."""
    settings.PROXY_HOPS = 1
    wrong = {"email": ADA["email"], "password": "not this one"}
    for _ in range(lockout.PER_EMAIL_AND_NETWORK):
        refusal(post("login", wrong, **{"X-Forwarded-For": "10.0.0.1, 203.0.113.5"}), 401)
    refusal(post("login", wrong, **{"X-Forwarded-For": "10.0.0.2, 203.0.113.5"}), 429)
    refusal(post("login", wrong, **{"X-Forwarded-For": "203.0.113.6"}), 401)
