"""Labelled hits of a version since it decides."""

from datetime import timedelta

import pytest
from django.utils import timezone as clock

from scoring.models import Decision
from scoring.services import score_transaction
from scoring.tests.conftest import bank, rule_book  # noqa: F401
from scoring.tests.making import make_suspicious
from studio.models import RuleWatch
from studio.rollout.checking import check_rules
from studio.rollout.counting import Watched, labelled_hits
from transactions.services import record_label

pytestmark = pytest.mark.django_db


@pytest.fixture
def hits(bank):  # noqa: F811
    """Three suspicious transactions that new_account hits, with our ids."""
    for number in range(3):
        request = make_suspicious(transaction_id=f"t-{number}", user_id=f"u-{number}")
        score_transaction(client=bank, request=request, source="test")
    return [decision.transaction for decision in Decision.objects.order_by("pk")]


def label(transaction, fraud: bool, source="client"):
    record_label(transaction_row=transaction, is_fraud=fraud, source=source, by="test")


def counted(bank, version=1, since=None):  # noqa: F811
    watched = Watched("new_account", version, since or clock.now() - timedelta(hours=1))
    return labelled_hits([watched], [bank.institution_id]).get("new_account")


def test_labelled_hits_are_counted_by_what_they_turned_out_to_be(bank, hits):  # noqa: F811
    assert counted(bank) is None
    label(hits[0], True)
    label(hits[1], False)
    assert counted(bank) == (1, 1)


def test_of_several_labels_the_current_one_counts(bank, hits):  # noqa: F811
    label(hits[0], True)
    label(hits[0], False, source="analyst")
    assert counted(bank) == (0, 1)


def test_another_version_or_an_earlier_decision_does_not_count(bank, hits):  # noqa: F811
    label(hits[0], True)
    assert counted(bank, version=2) is None
    assert counted(bank, since=clock.now() + timedelta(minutes=1)) is None


def test_an_institution_that_is_not_asked_for_does_not_count(bank, hits):  # noqa: F811
    label(hits[0], True)
    watched = Watched("new_account", 1, clock.now() - timedelta(hours=1))
    assert labelled_hits([watched], []) == labelled_hits([watched], [0]) == {}


def test_the_watch_demotes_for_precision(bank, hits, settings):  # noqa: F811
    settings.RULE_MIN_LABELLED, settings.RULE_MIN_PRECISION = 3, 0.6
    check_rules(now=clock.now() - timedelta(hours=2))
    RuleWatch.objects.update(since=clock.now() - timedelta(hours=2))
    for transaction in hits:
        label(transaction, False)
    assert check_rules(now=clock.now()) == []  # labels are counted when asked for
    gone = check_rules(now=clock.now() + timedelta(seconds=1), with_labels=True)
    assert "new_account" in {demotion.rule.code for demotion in gone}
    assert {demotion.cause for demotion in gone} == {"precision"}
