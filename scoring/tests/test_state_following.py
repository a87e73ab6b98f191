"""Decisions and counters together: outages, outcomes, labels, rebuilds."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django.db import IntegrityError

from features.catalogue import CATALOGUE
from features.vector import unpack
from foundation import redis_scripts
from foundation.outbox import drain_outbox
from foundation.redis_scripts import client as redis_client
from scoring import services
from scoring.management.commands import rebuild_counters as rebuild_counters_command
from scoring.models import Decision
from scoring.services import score_transaction
from scoring.state import rebuilding
from scoring.state.counters import state_name
from scoring.state.following import record_missed
from scoring.state.labels import tell_due_labels
from scoring.state.rebuilding import is_complete, rebuild_counters
from scoring.state.stored import stored_recordings
from scoring.tests.making import make_request
from transactions.models import Label, Transaction
from transactions.services import record_label

pytestmark = pytest.mark.django_db

NOW = datetime.now(UTC).replace(microsecond=0)
SHOP = {"merchant_id": "shop", "card_token": "card", "device_id": "phone"}


@pytest.fixture(autouse=True)
def _fresh_connection():
    redis_scripts.forget_failure()
    yield
    redis_scripts.forget_failure()


@pytest.fixture
def redis_away(settings):
    def leave():
        settings.REDIS_URL = "redis://127.0.0.1:1/0"

    address = settings.REDIS_URL

    def return_():
        settings.REDIS_URL = address
        redis_scripts.forget_failure()

    leave.back = return_
    return leave


def score(bank, minutes_ago=0.0, **fields):
    at = (NOW - timedelta(minutes=minutes_ago)).timestamp()
    defaults = {"occurred_at": at, "identifiers": SHOP}
    answer = score_transaction(
        client=bank, request=make_request(**{**defaults, **fields}), source="test"
    )
    return Decision.objects.get(
        transaction__external_id=answer.transaction_id,
        institution_id=bank.institution_id,
    )


def feature(decision, name):
    values = unpack(decision.numbers, decision.texts, decision.catalogue_version)
    return values[CATALOGUE.index[name]]


def institution_of(bank):
    return Transaction.objects.filter(institution_id=bank.institution_id)[0].institution


def forget_state(bank):
    server = redis_client()
    for key in server.scan_iter(f"fs:{{{bank.institution_id}}}:*", count=10_000):
        server.delete(key)


def test_the_vector_holds_what_was_counted(bank):
    score(bank, minutes_ago=90)
    score(bank, minutes_ago=2)
    decision = score(bank, minutes_ago=1)
    assert feature(decision, "transactions_last_hour") == 2
    assert feature(decision, "transactions_last_day") == 3
    assert feature(decision, "time_since_last_transaction") == 60
    assert decision.degraded == []


def test_a_supplied_count_beats_ours(bank):
    score(bank, minutes_ago=2)
    decision = score(bank, supplied={"transactions_last_hour": 9.0})
    assert feature(decision, "transactions_last_hour") == 9
    assert decision.inputs["computed"]["transactions_last_hour"] == 2


def test_sums_are_given_in_the_transactions_currency(bank):
    score(bank, minutes_ago=2, amount=3_060.0, currency="NGN")
    decision = score(bank, minutes_ago=1, amount=2.0, currency="USD")
    name = next(f for f in services.CATALOGUE if f.windowed and _is_customers_day_sum(f)).name
    # 1 USD is 1,530 NGN in the shipped rates
    assert feature(decision, name) == pytest.approx(4.0)


def _is_customers_day_sum(feature):
    asked = feature.windowed
    return (asked.entity, asked.window, asked.aggregate) == ("customer", "24h", "sum")


def test_without_redis_a_decision_is_made_and_marked(bank, redis_away):
    score(bank, minutes_ago=5)
    redis_away()
    decision = score(bank, minutes_ago=4)
    assert decision.degraded == ["counters"]
    assert feature(decision, "transactions_last_hour") is None


def test_what_was_decided_without_redis_is_counted_afterwards(bank, redis_away):
    score(bank, minutes_ago=5)
    redis_away()
    score(bank, minutes_ago=4)
    redis_away.back()
    drain_outbox()
    drain_outbox()
    assert feature(score(bank, minutes_ago=3), "transactions_last_hour") == 3


def test_a_gap_older_than_a_day_is_admitted(bank, redis_away):
    score(bank, minutes_ago=50 * 60)
    redis_away()
    old = score(bank, minutes_ago=26 * 60)
    redis_away.back()
    score(bank, minutes_ago=1)
    record_missed(list(stored_recordings([old.pk])))
    decision = score(bank)
    assert feature(decision, "transactions_last_hour") == 2
    assert feature(decision, "transactions_last_day") == 2
    assert feature(decision, "velocity_7d") is None


def test_a_retry_after_a_failed_write_counts_once(bank, monkeypatch):
    def fail(*_, **__):
        raise IntegrityError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(services, "write", fail)
        with pytest.raises(IntegrityError):
            score(bank, minutes_ago=2, transaction_id="once")
    score(bank, minutes_ago=2, transaction_id="once")
    assert feature(score(bank, minutes_ago=1), "transactions_last_hour") == 2


def test_another_request_under_the_id_of_a_lost_one_is_told_its_own_windows(bank, monkeypatch):
    def fail(*_, **__):
        raise IntegrityError("disk full")

    for minutes in (9, 8, 7):
        score(bank, minutes_ago=minutes, user_id="busy")
    with monkeypatch.context() as patch:
        patch.setattr(services, "write", fail)
        with pytest.raises(IntegrityError):
            score(bank, minutes_ago=2, user_id="busy", transaction_id="once")
    other = score(bank, minutes_ago=2, transaction_id="once", identifiers={"device_id": "new"})
    assert feature(other, "transactions_last_hour") == 1
    assert feature(score(bank, minutes_ago=1), "transactions_last_hour") == 2


def test_a_declined_card_is_known_as_such_after_the_decision(bank):
    declined = score(bank, minutes_ago=3, supplied={"card_is_expired": True})
    assert declined.status == "declined"
    assert feature(declined, "card_declines_24h") == 0
    drain_outbox()
    assert feature(score(bank, minutes_ago=2), "card_declines_24h") == 1


def test_memory_lost_makes_windows_missing_and_a_rebuild_restores_them(bank):
    for minutes in (3000, 50, 40):
        score(bank, minutes_ago=minutes)
    score(bank, minutes_ago=30, supplied={"card_is_expired": True})
    drain_outbox()
    forget_state(bank)
    blind = score(bank, minutes_ago=20)
    assert feature(blind, "transactions_last_hour") is None
    assert blind.degraded == []
    counted = rebuild_counters(institution_of(bank), by="test", settle=lambda _: None)
    assert counted == 5
    decision = score(bank, minutes_ago=10)
    assert feature(decision, "transactions_last_hour") == 5
    assert feature(decision, "velocity_7d") == 6
    assert feature(decision, "card_declines_24h") == 1


def test_the_command_rebuilds_what_is_not_complete_and_leaves_the_rest(bank, capsys):
    score(bank, minutes_ago=50)
    call_command("rebuild_counters", if_incomplete=True)
    assert capsys.readouterr().out.count("counted") == 0
    forget_state(bank)
    call_command("rebuild_counters", if_incomplete=True, at_most=0)
    assert "bank: 1 transactions to count" in capsys.readouterr().out
    call_command("rebuild_counters", if_incomplete=True)
    assert "bank: 1 transactions counted" in capsys.readouterr().out
    assert feature(score(bank, minutes_ago=1), "velocity_30d") == 2


def test_the_command_says_what_it_waits_for_and_what_lies_beyond_its_reach(
    bank, capsys, monkeypatch
):
    waited = []
    monkeypatch.setattr(rebuild_counters_command, "sleep", waited.append)
    for minutes in (60 * 1440, 50):
        score(bank, minutes_ago=minutes)
    call_command("rebuild_counters", institution="bank")
    told = capsys.readouterr()
    assert waited == [15]
    assert "Waiting 15 s for decisions that were under way" in told.err
    assert "bank: 1 transactions counted. 1 are older than the longest window" in told.out


def test_a_rebuild_changes_no_answer(bank):
    for minutes in (40 * 1440, 20 * 1440, 3000, 50):
        score(bank, minutes_ago=minutes, supplied={"latitude": 6.5, "longitude": 3.4})
    here = {"latitude": 6.5, "longitude": 3.4}
    before = score(bank, minutes_ago=40, supplied=here)
    rebuild_counters(institution_of(bank), by="test", settle=lambda _: None)
    server = redis_client()
    keys = server.keys(f"fs:{{{bank.institution_id}}}:*")
    generations = {key.split(b":")[2] for key in keys if key.count(b":") > 2}
    assert len(generations) == 1  # what the old state held is gone
    again = score(bank, minutes_ago=40, transaction_id="again", supplied=here)
    counts = [f.name for f in CATALOGUE if f.windowed and f.windowed.aggregate == "count"]
    counted = [n for n in counts if not CATALOGUE[n].windowed.where and feature(before, n)]
    assert counted
    for name in counted:
        assert feature(again, name) == feature(before, name) + 1, name
    assert feature(again, "last_latitude") == 6.5


def test_a_rebuild_counts_what_arrives_meanwhile_once(bank):
    score(bank, minutes_ago=9)

    def meanwhile(_):
        score(bank, minutes_ago=5, transaction_id="after the swap")

    rebuild_counters(
        institution_of(bank),
        by="test",
        progress=lambda _: score(bank, minutes_ago=8, transaction_id="during"),
        settle=meanwhile,
    )
    assert feature(score(bank, minutes_ago=1), "transactions_last_hour") == 4


def test_a_rebuild_that_was_interrupted_at_its_end_is_not_taken_for_complete(bank):
    score(bank, minutes_ago=9)

    def interrupt(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rebuild_counters(institution_of(bank), by="test", settle=interrupt)
    assert not is_complete(institution_of(bank))
    rebuild_counters(institution_of(bank), by="test", settle=lambda _: None)
    assert is_complete(institution_of(bank))


def label(decision, *, is_fraud=True, known_at=None):
    return record_label(
        transaction_row=decision.transaction,
        is_fraud=is_fraud,
        source=Label.Source.CHARGEBACK,
        by="test",
        known_at=known_at,
    )


def test_a_fraud_raises_the_risk_when_it_becomes_known_and_not_before(bank):
    fraud = score(bank, minutes_ago=60)
    before = feature(score(bank, minutes_ago=50), "merchant_fraud_rate")
    label(fraud)
    drain_outbox()
    drain_outbox()
    after = score(bank, minutes_ago=40)
    assert feature(after, "merchant_fraud_rate") > before + 0.03
    assert feature(after, "previous_fraud_count") == 1
    label(fraud, is_fraud=False)
    drain_outbox()
    assert feature(score(bank, minutes_ago=30), "previous_fraud_count") == 0


def test_imported_labels_count_from_the_time_they_are_known_by_the_events_clock(bank):
    fraud = score(bank, minutes_ago=5000)
    Label.objects.create(
        transaction=fraud.transaction,
        institution_id=bank.institution_id,
        is_fraud=True,
        source=Label.Source.IMPORT,
        known_at=NOW - timedelta(minutes=3000),
    )
    tell_due_labels(bank.institution_id, until=NOW - timedelta(minutes=3500))
    assert feature(score(bank, minutes_ago=3400), "previous_fraud_count") == 0
    assert tell_due_labels(bank.institution_id, until=NOW - timedelta(minutes=2000)) == 1
    assert tell_due_labels(bank.institution_id, until=NOW - timedelta(minutes=1000)) == 0
    assert feature(score(bank, minutes_ago=900), "previous_fraud_count") == 1


def test_no_key_holds_what_a_client_sent(bank):
    score(bank, user_id="ada.lovelace@example.com", identifiers={**SHOP, "phone": "+2348012345678"})
    server = redis_client()
    keys = b" ".join(server.keys(state_name(bank.institution_id)[:6] + "*"))
    for told in (b"ada.lovelace", b"example.com", b"8012345678", b"shop"):
        assert told not in keys


def test_frauds_of_transactions_that_were_not_counted_raise_no_rate(bank):
    for minutes in range(5):
        score(bank, minutes_ago=minutes)
    for number in range(3):
        late = score(
            bank, minutes_ago=3000 + number, user_id="other", identifiers={"merchant_id": "far"}
        )
        label(late)
    drain_outbox()
    drain_outbox()
    after = score(bank, identifiers={"merchant_id": "never seen"})
    assert feature(after, "merchant_fraud_rate") < 0.01


def test_an_outcome_does_not_shorten_the_memory_of_a_fraud(bank):
    label(score(bank, minutes_ago=60))
    drain_outbox()
    score(bank, minutes_ago=50)
    drain_outbox()
    server = redis_client()
    (key,) = server.keys(f"fs:{{{bank.institution_id}}}:*:customer:*")
    assert server.ttl(key) > 200 * 86_400


def test_a_label_recorded_during_a_rebuild_is_not_lost(bank):
    fraud = score(bank, minutes_ago=60)
    rebuild_counters(
        institution_of(bank), by="test", settle=lambda _: (label(fraud), drain_outbox())
    )
    assert feature(score(bank, minutes_ago=1), "previous_fraud_count") == 1


def test_a_rebuild_tells_labels_in_the_order_in_which_they_became_known(bank, monkeypatch):
    """What they usually take is the mean of the latest."""
    first, second = score(bank, minutes_ago=9_000), score(bank, minutes_ago=8_000)
    for decision, minutes in ((first, 1_000), (second, 7_000)):
        label(decision, known_at=NOW - timedelta(minutes=minutes))
    told = []
    monkeypatch.setattr(rebuilding, "tell_risk", lambda ids, **_: told.extend(ids))
    rebuild_counters(institution_of(bank), by="test", settle=lambda _: None)
    assert told[:2] == [second.pk, first.pk]


def test_a_row_that_does_not_open_is_left_out_of_a_rebuild(bank):
    score(bank, minutes_ago=5)
    score(bank, minutes_ago=4, transaction_id="torn")
    Transaction.objects.filter(external_id="torn").update(sealed=b"torn")
    counted = rebuild_counters(institution_of(bank), by="test", settle=lambda _: None)
    assert counted == 1


def test_everybody_who_follows_is_known_to_a_process_that_only_loads_the_application():
    code = (
        "import django; django.setup()\n"
        "from foundation.outbox.events import registry\n"
        "print(*sorted(registry.subscribers))"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    ).stdout.split()
    assert {"scoring.counters", "scoring.risk", "scoring.profiles"} <= set(found)
