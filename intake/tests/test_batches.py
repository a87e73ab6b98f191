"""Batches leave room to single checks."""

import pytest
from django.conf import settings

from intake import batches
from intake.tests.gateway_cast import PAYMENT, call

pytestmark = pytest.mark.django_db


def test_batches_take_half_of_the_threads_at_most(bank):
    held = 0
    while batches._room.acquire(blocking=False):
        held += 1
    try:
        assert held == settings.BATCHES_AT_ONCE
        refused = call(bank.key, "post", "/api/v1/score", {"transactions": [PAYMENT]})
        assert refused.status_code == 503
        assert refused.headers["Retry-After"] == "1"
        assert bank.check().status_code == 200
    finally:
        for _ in range(held):
            batches._room.release()
    answered = call(bank.key, "post", "/api/v1/score", {"transactions": [PAYMENT]})
    assert answered.status_code == 200


def test_a_batch_that_fails_gives_its_room_back(bank, monkeypatch):
    def broken(*_):
        raise RuntimeError("out of order")

    monkeypatch.setattr(batches, "decide", broken)
    for _ in range(settings.BATCHES_AT_ONCE + 1):
        with pytest.raises(RuntimeError):
            batches.decide_batch(None, [None], "tests")
