"""The short way to the door keeps what the long way gives."""

import json

import pytest
from django.db import OperationalError
from django.test import Client

from intake.formats import native

DOOR = "/api/v1/fraud/check"


def post(client=None, **headers):
    return (client or Client(headers=headers)).post(DOOR, "{}", content_type="application/json")


@pytest.mark.django_db
def test_the_answer_carries_the_headers_of_every_other_address():
    answer = post()
    assert answer.status_code == 401
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Request-ID"]
    assert int(answer.headers["Content-Length"]) == len(answer.content)


def test_an_unreachable_database_is_a_503(monkeypatch):
    def unreachable(key):
        raise OperationalError("connection refused")

    monkeypatch.setattr(native, "client_by_key", unreachable)
    answer = post()
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) >= 1
    assert json.loads(answer.content)["type"] == "/problems/unavailable"


def test_the_unforeseen_is_a_500_without_internals(monkeypatch):
    def broken(key):
        raise RuntimeError("secret detail")

    monkeypatch.setattr(native, "client_by_key", broken)
    answer = post(Client(raise_request_exception=False))
    assert answer.status_code == 500
    assert b"secret" not in answer.content


def test_a_foreign_host_is_refused():
    assert post(Client(headers={"Host": "evil.example"})).status_code == 400
