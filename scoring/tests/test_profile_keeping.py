"""Profiles follow decisions: on the real database, through the real outbox."""

import os
import random

import pytest
from django.db import connection

from foundation import outbox
from foundation.models import OutboxDelivery, OutboxEvent
from foundation.outbox import drain, drain_outbox
from foundation.tests.threads import at_once
from intelligence.models import ExchangeRate
from intelligence.rates import forget_rates
from scoring.models import CustomerProfile, Decision
from scoring.profiles import habits, keeping, receivers
from scoring.profiles.habits import Habits, as_facts, learn
from scoring.profiles.rebuilding import rebuild_customers
from scoring.profiles.stored import happened
from scoring.tests.habits_cast import (
    NOON,
    REFUSED,
    in_full,
    profile,
    score,
    verdicts_by_amount,  # noqa: F401  used by every test
)
from scoring.tests.people import alike
from transactions.models import Customer, Label, Transaction
from transactions.services import record_label


@pytest.mark.django_db
class TestOneDecision:
    def test_an_approved_one_teaches_all_that_it_tells(self, bank):
        score(bank, **in_full())
        drain_outbox()
        held = profile()
        assert (held.attempts, held.learned, held.first_at, held.last_at) == (1, 1, NOON, NOON)
        assert (held.counted, held.mean, held.largest) == (1, 1500.0, 1500.0)
        assert (held.whole, held.typed, held.refunds, held.coded, held.donations) == (1, 1, 0, 1, 1)
        hours, weekdays = held.hours_and_weekdays()
        assert hours[12:15] == (0.25, 0.5, 0.25)
        assert weekdays[6] == 1.0
        device = Transaction.objects.get().device_id
        assert held.devices.sightings() == {device: (int(NOON), int(NOON))}
        assert held.networks.newest == 36_873
        assert (*held.countries.members, *held.categories.members, *held.channels.members) == (
            "NG", "8398", "app",
        )  # fmt: skip
        assert len(held.merchants.sightings()) == len(held.beneficiaries.sightings()) == 1
        assert held.place == (6.5, 3.4, NOON, False)

    def test_a_flagged_one_is_an_attempt_and_teaches_nothing(self, bank):
        score(bank, amount=REFUSED, identifiers={"device_id": "d-9"}, occurred_at=NOON)
        drain_outbox()
        held = profile()
        assert (held.attempts, held.learned, held.last_at) == (1, 0, NOON)
        assert not held.devices.sightings()

    def test_amounts_are_learned_in_the_institutions_currency(self, bank):
        score(bank, amount=10.0, currency="USD", occurred_at=NOON)
        drain_outbox()
        rate = ExchangeRate.objects.filter(currency="NGN", day__lte="2026-05-03").latest("day")
        assert profile().mean == pytest.approx(10 * float(rate.per_usd))

    def test_an_amount_without_a_rate_is_not_counted(self, bank):
        score(bank, amount=10.0, currency="EUR", occurred_at=NOON)
        ExchangeRate.objects.filter(currency="EUR").delete()
        forget_rates()
        drain_outbox()
        forget_rates()
        assert (profile().learned, profile().counted) == (1, 0)

    def test_an_address_tells_the_place_when_nothing_else_does(self, bank):
        score(bank, occurred_at=NOON, supplied={"ip_latitude": 51.5, "ip_longitude": -0.1})
        drain_outbox()
        assert profile().place == (51.5, -0.1, NOON, True)

    def test_an_event_whose_transaction_is_unknown_is_passed_over(self, bank):
        receivers.learn_transactions(["00000000-0000-0000-0000-000000000000"])
        assert not CustomerProfile.objects.exists()


@pytest.mark.django_db
class TestABatch:
    def test_it_takes_five_statements_whatever_its_size(self, bank, django_assert_num_queries):
        for number in range(30):
            score(bank, user_id=f"u-{number % 7}", occurred_at=NOON + number)
        ids = [str(pk) for pk in Transaction.objects.values_list("pk", flat=True)]
        receivers.learn_transactions(ids[:1])  # the rates are in memory from now on
        with django_assert_num_queries(5):
            receivers.learn_transactions(ids[1:3])
        with django_assert_num_queries(5):
            receivers.learn_transactions(ids[3:])
        assert sum(profile(c).attempts for c in Customer.objects.all()) == 30

    def test_each_customer_of_each_institution_has_a_profile_of_their_own(self, bank, stranger):
        score(bank, amount=100.0)
        score(stranger, amount=900.0)
        score(stranger, amount=700.0, user_id="bola")
        drain_outbox()
        means = {
            (row.institution_id, habits.read(row.habits).mean)
            for row in CustomerProfile.objects.all()
        }
        assert means == {
            (bank.institution_id, 100.0),
            (stranger.institution_id, 900.0),
            (stranger.institution_id, 700.0),
        }

    def test_draining_again_changes_nothing(self, bank):
        score(bank)
        drain_outbox()
        before = profile()
        assert drain_outbox() == 0
        assert as_facts(profile()) == as_facts(before)

    def test_a_vector_newer_than_this_process_waits_for_one_that_can_read_it(
        self, bank, monkeypatch
    ):
        score(bank)
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE scoring_decision DISABLE TRIGGER decision_never_changes")
            cursor.execute("UPDATE scoring_decision SET catalogue_version = 30000")
            cursor.execute("ALTER TABLE scoring_decision ENABLE TRIGGER decision_never_changes")
        drain_outbox()
        trouble = OutboxDelivery.objects.get(subscriber="scoring.profiles")
        assert "catalogue version 30000" in trouble.error
        assert not CustomerProfile.objects.exists()


@pytest.mark.django_db
class TestLabels:
    def test_what_a_reviewer_cleared_is_ordinary_after_all(self, bank):
        score(bank, amount=REFUSED, identifiers={"device_id": "d-9"})
        drain_outbox()
        assert not profile().devices.sightings()
        record_label(
            transaction_row=Transaction.objects.get(),
            is_fraud=False,
            source=Label.Source.ANALYST,
            by="test",
        )
        drain_outbox()
        assert (profile().attempts, profile().learned) == (1, 1)
        assert profile().devices.sightings()

    def test_what_turned_out_to_be_fraud_is_unlearned(self, bank):
        score(bank, identifiers={"device_id": "d-1"}, occurred_at=NOON)
        score(bank, identifiers={"device_id": "d-9"}, occurred_at=NOON + 60, amount=9_999.0)
        drain_outbox()
        assert len(profile().devices.sightings()) == 2
        fraud = Transaction.objects.get(amount=9_999)
        record_label(
            transaction_row=fraud, is_fraud=True, source=Label.Source.CHARGEBACK, by="test"
        )
        drain_outbox()
        held = profile()
        assert (held.attempts, held.learned, held.largest) == (2, 1, 1500.0)
        assert fraud.device_id not in held.devices
        assert held.charged_back == len(held.charged_back_at) == 1

    def test_labels_of_imported_history_tell_nothing_before_their_time(self, bank):
        score(bank, identifiers={"device_id": "d-1"}, occurred_at=NOON)
        drain_outbox()
        row = Transaction.objects.get()
        record_label(transaction_row=row, is_fraud=True, source=Label.Source.IMPORT, by="test")
        drain_outbox()
        assert profile().learned == 1
        rebuild_customers({row.customer_id: row.institution_id})
        assert profile().learned == 1


class Crash(BaseException):
    """As if the process were killed: nothing catches it."""


@pytest.mark.django_db(transaction=True)
class TestSeveralWorkers:
    @pytest.mark.parametrize(
        ("module", "step"),
        [
            (receivers, "happened"),
            (receivers, "lock_profiles"),
            (receivers, "write_profiles"),
            (drain, "_settle"),
        ],
    )
    def test_a_crash_anywhere_loses_nothing_and_learns_nothing_twice(
        self, bank, monkeypatch, module, step
    ):
        for number in range(5):
            score(bank, amount=100.0 + number)
        real = getattr(module, step)

        def crash(*arguments):
            real(*arguments)
            raise Crash

        monkeypatch.setattr(module, step, crash)
        with pytest.raises(Crash):
            drain_outbox()
        monkeypatch.setattr(module, step, real)
        drain_outbox()
        assert (profile().attempts, profile().mean) == (5, 102.0)
        assert not OutboxEvent.objects.filter(handled_at=None).exists()

    def test_two_with_the_same_customers_lose_no_update(self, bank, monkeypatch):
        monkeypatch.setattr(drain, "BATCH", 10)
        for number in range(120):
            score(bank, user_id=f"u-{number * number % 11}", occurred_at=NOON + number)
        at_once(*[outbox.drain_outbox] * 4)
        drain_outbox()
        for customer in Customer.objects.all():
            expected = Transaction.objects.filter(customer=customer).count()
            assert profile(customer).attempts == profile(customer).learned == expected
        assert not OutboxDelivery.objects.exists()

    def test_a_rebuild_among_them_loses_none_and_counts_none_twice(self, bank, monkeypatch):
        monkeypatch.setattr(drain, "BATCH", 7)
        for number in range(90):
            score(bank, user_id=f"u-{number % 4}", occurred_at=NOON + number)
        institution_of = dict(Customer.objects.values_list("pk", "institution_id"))

        def rebuild():
            for _ in range(8):
                rebuild_customers(institution_of)

        results = at_once(drain_outbox, rebuild, drain_outbox)
        assert not any(isinstance(result, Exception) for result in results)
        drain_outbox()
        for customer in institution_of:
            expected = Transaction.objects.filter(customer=customer).count()
            assert profile(customer).attempts == expected


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(3))
def test_profiles_equal_a_plain_recomputation_over_random_histories(bank, monkeypatch, seed):
    chance = random.Random(seed)  # noqa: S311
    monkeypatch.setattr(drain, "BATCH", [1, 3, 10][seed])
    for _ in range(40):
        late = chance.random() < 0.2
        story = in_full(
            user_id=f"u-{chance.randrange(3)}",
            amount=REFUSED if chance.random() < 0.2 else round(chance.lognormvariate(8, 1), 2),
            occurred_at=NOON + chance.uniform(-20, -10 if late else 0) * 86_400,
            identifiers={"device_id": f"d-{chance.randrange(15)}"},
        )
        score(bank, **story)
        if chance.random() < 0.3:
            drain_outbox()
    drain_outbox()
    assert Decision.objects.exclude(status="approved").exists()
    for customer in Customer.objects.all():
        ids = Transaction.objects.filter(customer=customer).order_by("pk")
        stored = happened([str(pk) for pk in ids.values_list("pk", flat=True)])
        fresh = learn(Habits(), [one.seen for one in sorted(stored)])
        alike(profile(customer), fresh)


def test_a_row_is_less_than_two_kilobytes():
    row_header, columns = 24, 8 + 8 + 8 + 4
    assert habits.MOST_BYTES + row_header + columns < 2_000


@pytest.mark.django_db
def test_a_profile_is_never_moved_out_of_line(bank):
    score(bank)
    drain_outbox()
    row = CustomerProfile.objects.get()
    keeping.lock_profiles({row.customer_id: row.institution_id})
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE scoring_customerprofile SET habits = %s", [os.urandom(habits.MOST_BYTES)]
        )
        cursor.execute("SELECT reltoastrelid FROM pg_class WHERE relname='scoring_customerprofile'")
        (toast,) = cursor.fetchone()
        cursor.execute("SELECT pg_relation_size(%s::oid::regclass)", [toast])
        assert cursor.fetchone() == (0,)


@pytest.mark.django_db(transaction=True)
def test_a_label_that_comes_while_a_decision_is_learned_is_not_lost(bank, monkeypatch):
    score(bank, identifiers={"device_id": "d-9"})
    row = Transaction.objects.get()
    real = receivers.lock_profiles

    def lock_late(institution_of):
        record_label(transaction_row=row, is_fraud=True, source=Label.Source.ANALYST, by="test")
        rebuild_customers(institution_of)
        return real(institution_of)

    monkeypatch.setattr(receivers, "lock_profiles", lock_late)
    drain_outbox()
    assert (profile().attempts, profile().learned) == (1, 0)
