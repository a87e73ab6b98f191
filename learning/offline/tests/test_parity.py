"""Offline equals online: the engine says what stored decisions' vectors say, event by event."""

import math
import random
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from features.catalogue import CATALOGUE
from features.vector import unpack
from foundation import redis_scripts
from foundation.outbox import drain_outbox
from learning.offline.columns import understand
from learning.offline.engine import Engine
from scoring.models import Decision
from scoring.services import score_transaction
from scoring.state.labels import tell_due_labels
from scoring.tests.making import make_request
from transactions.models import Label

pytestmark = pytest.mark.django_db

START = datetime.now(UTC).replace(microsecond=0) - timedelta(days=45)

# Known online only: they need an exchange rate to the dollar.
NEED_DOLLARS = {"large_transaction_ratio"}
# Of the whole vector, or of things that a file of events does not tell.
ELSEWHERE = {"feature_count", "missing_feature_ratio", "takeover_signals"}


@pytest.fixture(scope="module")
def history():
    """50 events of three customers at two merchants over 45 days, and labels some days later; every
    third of them is taken back."""
    chance = random.Random(7)  # noqa: S311
    at = START.timestamp()
    events, labels = [], []
    for number in range(50):
        at += chance.choice([60, 3_600, 40_000, 90_000]) + chance.random() * 100
        events.append(
            {
                "tx_id": number,
                "occurred_at": at,
                "customer_id": (customer := f"c{chance.randrange(3)}"),
                "merchant_id": f"m{chance.randrange(2)}",
                "device_id": f"{customer}-d{chance.randrange(2)}",
                "card_id": f"{customer}-k{number % 10 // 9}",
                "amount": round(chance.uniform(5, 90), chance.choice([0, 2]))
                * chance.choice([1, 1, 1, 8]),
                "transaction_type": "purchase",
            }
        )
        if chance.random() < 0.25:
            late = chance.choice([0.5, 3, 8]) * 86_400
            labels.append({"tx_id": number, "y": 1, "known_at": at + late})
            if len(labels) % 3 == 0:
                labels.append({"tx_id": number, "y": 0, "known_at": at + late + 5 * 86_400})
    return pl.DataFrame(events), pl.DataFrame(labels)


def online(bank, events, labels):
    """The vectors of the decisions, with each label told when the events' clock reaches it."""
    redis_scripts.forget_failure()
    vectors = []
    for row in events.to_dicts():
        moment = datetime.fromtimestamp(row["occurred_at"], UTC)
        tell_due_labels(bank.institution_id, until=moment)
        answer = score_transaction(
            client=bank,
            request=make_request(
                transaction_id=str(row["tx_id"]),
                user_id=row["customer_id"],
                amount=row["amount"],
                transaction_type="purchase",
                occurred_at=row["occurred_at"],
                utc_offset_minutes=0.0,
                identifiers={
                    "merchant_id": row["merchant_id"],
                    "device_id": row["device_id"],
                    "card_token": row["card_id"],
                },
            ),
            source="import",
        )
        decision = Decision.objects.get(transaction__external_id=answer.transaction_id)
        vectors.append(unpack(decision.numbers, decision.texts, decision.catalogue_version))
        drain_outbox()
        for label in labels.filter(tx_id=row["tx_id"]).to_dicts():
            Label.objects.create(
                transaction=decision.transaction,
                institution_id=bank.institution_id,
                is_fraud=bool(label["y"]),
                source=Label.Source.IMPORT,
                known_at=datetime.fromtimestamp(label["known_at"], UTC),
            )
    return vectors


def test_the_engine_says_what_decisions_said(bank, history):
    events, labels = history
    engine = Engine(understand(events))
    engine.labels(labels)
    found = engine.events(events)
    vectors = online(bank, events, labels)
    assert set(Decision.objects.values_list("status", flat=True)) == {"approved"}, "all ordinary"
    names = [name for name in found.columns if name in CATALOGUE]
    names = [name for name in names if name not in NEED_DOLLARS | ELSEWHERE]
    assert {"merchant_fraud_rate_days", "amount_zscore", "velocity_7d", "is_night"} <= set(names)
    assert {"device_fraud_rate_week", "card_frauds_30d", "card_settled_fraud_month"} <= set(names)
    wrong = [
        (name, place, mine, theirs)
        for name in names
        for place, mine in enumerate(found[name].to_list())
        if not same(mine, theirs := vectors[place][CATALOGUE.index[name]])
    ]
    assert wrong == [], {name for name, *_ in wrong}
    assert found["merchant_known_frauds"].max() >= 3
    assert found["high_amounts_last_month"].max() >= 2
    assert found["merchant_settled_fraud_month"].n_unique() > 5


def same(mine, theirs):
    if mine is None or theirs is None:
        return mine is theirs
    if isinstance(mine, str):
        return mine == theirs
    return math.isclose(float(mine), float(theirs), rel_tol=1e-6, abs_tol=1e-7)
