"""A past decision is made again, identically."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from rules.registry import registry
from scoring.models import Decision
from scoring.replay import replay
from scoring.services import score_transaction
from scoring.tests.making import make_request, make_suspicious

pytestmark = pytest.mark.django_db


def decide(client, request) -> Decision:
    answer = score_transaction(client=client, request=request, source="test")
    return Decision.objects.select_related("transaction").get(
        transaction__external_id=answer.transaction_id
    )


@pytest.mark.parametrize("make", [make_request, make_suspicious])
@pytest.mark.parametrize("currency", ["NGN", "USD", "XXX"])
def test_it_comes_out_identical(bank, make, currency):
    assert replay(decide(bank, make(currency=currency))) == []


def test_it_comes_out_identical_in_another_process(bank):
    decision = decide(bank, make_suspicious())
    registry.forget()
    assert replay(decision) == []


def test_the_command_says_identical(bank):
    decide(bank, make_suspicious(transaction_id="t-1"))
    out = StringIO()
    call_command("replay_decision", "t-1", stdout=out)
    assert "identical: declined" in out.getvalue()


def test_a_difference_is_shown(bank):
    decision = decide(bank, make_suspicious(transaction_id="t-1"))
    with connection.cursor() as cursor:  # what somebody with the database's password could do
        cursor.execute("SET LOCAL session_replication_role = replica")  # no triggers
        cursor.execute("UPDATE scoring_decision SET status = 'approved', rule_score = 1")
        cursor.execute("SET LOCAL session_replication_role = origin")
    decision.refresh_from_db()
    assert {difference.part for difference in replay(decision)} == {"status", "rule_score"}
    out = StringIO()
    with pytest.raises(CommandError, match="differently"):
        call_command("replay_decision", str(decision.pk), stdout=out)
    assert "stored   approved" in out.getvalue()


def test_an_unknown_decision_is_an_error(bank):
    with pytest.raises(CommandError, match="No decision"):
        call_command("replay_decision", "nobody")
