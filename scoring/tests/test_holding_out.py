"""The hold-out lane: a few small declines pass, are marked, and replay."""

from uuid import UUID

import pytest

from scoring.formula import HOLD_OUT
from scoring.models import Decision
from scoring.replay import replay
from scoring.services import score_transaction
from scoring.tests.making import make_suspicious

pytestmark = pytest.mark.django_db

FIRST, LAST = UUID(int=0), UUID(int=(1 << 32) - 1)  # drawn at any share, and at none


@pytest.fixture(autouse=True)
def lane(settings):
    settings.HOLD_OUT_PER_MILLE, settings.HOLD_OUT_MAX_USD = 50, 1_000


def decide(client, monkeypatch, drawn, **overrides) -> Decision:
    """`drawn` is the id whose random part decides."""
    monkeypatch.setattr("scoring.prepare.uuid7", lambda: drawn)
    score_transaction(client=client, request=make_suspicious(**overrides), source="test")
    return Decision.objects.select_related("transaction").get()


def test_a_drawn_decline_passes_and_is_marked(bank, monkeypatch):
    decision = decide(bank, monkeypatch, FIRST)

    assert (decision.status, decision.effect) == ("approved", HOLD_OUT)
    assert decision.fraud_score >= 60
    assert replay(decision) == []


def test_others_are_declined(bank, monkeypatch):
    assert decide(bank, monkeypatch, LAST).status == "declined"


def test_nothing_passes_while_the_lane_is_off(bank, monkeypatch, settings):
    settings.HOLD_OUT_PER_MILLE = 0

    assert decide(bank, monkeypatch, FIRST).status == "declined"


def test_nothing_large_passes(bank, monkeypatch, settings):
    settings.HOLD_OUT_MAX_USD = 100  # 500,000 NGN are more

    assert decide(bank, monkeypatch, FIRST).status == "declined"


def test_an_amount_of_unknown_worth_does_not_pass(bank, monkeypatch):
    decision = decide(bank, monkeypatch, FIRST, currency="XXX", amount=1e6)

    assert decision.effect != HOLD_OUT
