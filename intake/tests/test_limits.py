"""Limits at the addresses: what a client sees of its tier."""

import json

import pytest
from django.test import Client

from clients.models import Institution, Tier
from clients.services import issue_api_key
from foundation import redis_scripts
from intake.tests.conftest import open_bank

committed = pytest.mark.django_db(transaction=True)  # health looks over a connection of its own
BODY = {"user_id": "C-1", "amount": 10}


@pytest.fixture
def bank(rule_book) -> Institution:
    return open_bank("bank")[0]


@pytest.fixture
def key(bank) -> str:
    tier = Tier.objects.create(name="hundred", requests_per_minute=100)
    return issue_api_key(institution=bank, name="tests", by="tests", tier=tier)[1]


@committed
def test_of_105_calls_in_a_minute_100_are_answered(key):
    calls = [Client(headers={"X-API-Key": key}).get("/health") for _ in range(105)]
    assert [call.status_code for call in calls] == [200] * 100 + [429] * 5
    assert 1 <= int(calls[-1].headers["Retry-After"]) <= 60
    assert calls[0].headers["RateLimit"].startswith('"hundred";r=99;t=')
    assert calls[-1].headers["RateLimit"].startswith('"hundred";r=0;t=')
    assert calls[-1].headers["RateLimit-Policy"] == '"hundred";q=100;w=60'


@committed
def test_health_without_a_key_is_not_throttled(rule_book):
    calls = [Client().get("/health") for _ in range(105)]
    assert {call.status_code for call in calls} == {200}
    assert "RateLimit" not in calls[0].headers


@committed
@pytest.mark.parametrize("key", ["fs_unknown", ""])
def test_health_is_told_to_whoever_asks_with_a_wrong_key(key, rule_book):
    assert Client(headers={"X-API-Key": key}).get("/health").status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("post", "/api/v1/fraud/check"),
        ("get", "/api/v1/transactions"),
        ("get", "/api/v1/decisions/unknown"),
    ],
)
def test_every_address_counts_towards_one_limit(bank, method, path):
    tier = Tier.objects.create(name="three", requests_per_minute=3)
    key = issue_api_key(institution=bank, name="tests", by="tests", tier=tier)[1]
    caller = Client(headers={"X-API-Key": key})
    for _ in range(2):
        caller.get("/health")
    answers = [
        getattr(caller, method)(
            path, *([json.dumps(BODY), "application/json"] if method == "post" else [])
        )
        for _ in range(2)
    ]
    assert answers[0].status_code != 429
    assert answers[0].headers["RateLimit"].startswith('"three";r=0;t=')
    assert answers[1].status_code == 429
    body = json.loads(answers[1].content)
    assert body["type"] == "/problems/too-many-requests"
    assert "three allows 3 requests in 60 seconds" in body["detail"]
    assert int(answers[1].headers["Retry-After"]) >= 1


def test_the_environment_can_set_the_standard_tiers_limit(bank, settings):
    settings.RATE_LIMIT_REQUESTS, settings.RATE_LIMIT_WINDOW = 2, 10
    key = issue_api_key(institution=bank, name="tests", by="tests")[1]
    answer = Client(headers={"X-API-Key": key}).get("/health")
    assert answer.headers["RateLimit-Policy"] == '"standard";q=2;w=10'


def test_without_redis_nobody_is_refused(key, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    redis_scripts.forget_failure()
    answer = Client(headers={"X-API-Key": key}).get("/api/v1/transactions")
    redis_scripts.forget_failure()
    assert answer.status_code == 200
    assert "RateLimit" not in answer.headers
