"""Profiles made anew: the same as those that followed the decisions, whatever still waits."""

import pytest
from django.core.management import CommandError, call_command

from foundation.models import AuditEntry, OutboxDelivery
from foundation.outbox import drain_outbox, redrive
from foundation.tests.conftest import allow, make_user
from scoring.models import CustomerProfile
from scoring.profiles import habits, rebuilding, receivers
from scoring.profiles.habits import as_facts
from scoring.profiles.rebuilding import rebuild_customers, rebuild_profiles
from scoring.services import score_transaction
from scoring.tests.making import make_request
from transactions.models import Customer

pytestmark = pytest.mark.django_db


def score(client, count=3, **fields):
    for number in range(count):
        request = make_request(
            **{
                "amount": 100.0 + number,
                "occurred_at": 1_777_809_600.0 + number * 86_400,
                "identifiers": {"device_id": f"d-{number}"},
                **fields,
            }
        )
        score_transaction(client=client, request=request, source="test")


def all_profiles():
    return {
        row.customer_id: as_facts(habits.read(row.habits))
        for row in CustomerProfile.objects.order_by("pk")
    }


def rebuild():
    rebuild_customers(dict(Customer.objects.values_list("pk", "institution_id")))


def test_they_are_what_they_were(bank, stranger):
    score(bank, user_id="ada")
    score(bank, user_id="bola")
    score(stranger)
    drain_outbox()
    before = all_profiles()
    CustomerProfile.objects.all().update(habits=b"")
    rebuild()
    assert all_profiles() == before
    assert len(before) == 3


def test_what_waits_in_the_outbox_is_left_to_the_worker(bank):
    score(bank)
    drain_outbox()
    score(bank, transaction_type="payment")
    rebuild()
    assert [held["attempts"] for held in all_profiles().values()] == [3]
    drain_outbox()
    assert [held["attempts"] for held in all_profiles().values()] == [6]
    rebuild()
    assert [held["attempts"] for held in all_profiles().values()] == [6]


def test_what_was_set_aside_is_left_to_its_redrive(bank, monkeypatch, settings):
    settings.OUTBOX_MAX_ATTEMPTS = 1
    with monkeypatch.context() as broken:
        broken.setattr(receivers, "happened", lambda transactions: 1 / 0)
        score(bank, count=1)
        drain_outbox()
    aside = OutboxDelivery.objects.get(subscriber="scoring.profiles", state="poisoned")
    rebuild()
    assert [held["attempts"] for held in all_profiles().values()] == [0]
    redrive(deliveries=[aside.pk], by=allow(make_user("eve"), "foundation.redrive_outbox"))
    drain_outbox()
    assert [held["attempts"] for held in all_profiles().values()] == [1]
    rebuild()
    assert [held["attempts"] for held in all_profiles().values()] == [1]


def test_it_goes_in_steps_and_goes_on_where_it_stopped(bank, monkeypatch):
    monkeypatch.setattr(rebuilding, "CUSTOMERS_AT_ONCE", 2)
    for name in "abcde":
        score(bank, user_id=name, count=1)
    drain_outbox()
    before = all_profiles()
    CustomerProfile.objects.all().update(habits=b"")
    first = next(rebuild_profiles(actor="test"))
    assert (first.customers, first.transactions) == (2, 2)
    *_, last = rebuild_profiles(actor="test", after=first.last)
    assert (last.customers, last.transactions) == (3, 3)
    assert all_profiles() == before


def test_the_command_keeps_to_the_institution_and_is_on_the_audit_trail(bank, stranger, capsys):
    score(bank)
    score(stranger)
    drain_outbox()
    CustomerProfile.objects.all().update(habits=b"")
    call_command("rebuild_profiles", institution="bank")
    assert "1 profiles made from 3 transactions" in capsys.readouterr().out
    rows = dict(CustomerProfile.objects.values_list("institution_id", "habits"))
    assert rows[bank.institution_id]
    assert not rows[stranger.institution_id]
    entries = AuditEntry.objects.filter(action__startswith="profiles.rebuild")
    assert [entry.action for entry in entries.order_by("pk")] == [
        "profiles.rebuild.start",
        "profiles.rebuild.end",
    ]
    assert entries.latest("pk").after == {"customers": 1, "transactions": 3}


def test_the_command_knows_its_institutions(db):
    with pytest.raises(CommandError, match="no institution nowhere; there are: "):
        call_command("rebuild_profiles", institution="nowhere")


def test_it_takes_the_same_few_statements_however_much_a_customer_did(
    bank, django_assert_max_num_queries
):
    score(bank, count=30)
    drain_outbox()
    with django_assert_max_num_queries(8):
        rebuild()
