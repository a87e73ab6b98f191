"""Open cases that share something: which are proposed, why, and what is no reason."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone as clock

from cases.graph.presenting import neighbourhood_of
from cases.models import Case
from cases.page.related import PROPOSED, TOO_MANY, related_cases
from cases.tests.linking import alerted, convicted, used
from cases.tests.test_links import spread

pytestmark = pytest.mark.django_db


def related(case: Case):
    return related_cases(case, neighbourhood_of(case))


@pytest.mark.parametrize(
    ("identifier", "value", "reason"),
    [
        ("device_id", "device-77", "shares device de••••77"),
        ("card_token", "token-4242", "shares card tok••••42"),
        ("beneficiary_id", "payee-1234", "shares beneficiary pay••••34"),
        ("ip_address", "102.89.1.2", "shares IP 102.89.•.•"),
        ("email", "ada@example.com", "shares e-mail a••••@example.com"),
        ("phone", "+2348031234567", "shares phone +234••••67"),
    ],
)
def test_an_open_case_with_something_in_common_is_proposed_with_the_reason(
    bank, identifier, value, reason
):
    case = alerted(bank, "ada", **{identifier: value})
    other = alerted(bank, "eve", **{identifier: value})
    alerted(bank, "bob", **{identifier: "another@example.com" if identifier == "email" else "x-1"})
    [proposal] = related(case).proposals
    assert proposal.case == other
    assert proposal.reason == reason
    assert proposal.customer == "••••"  # of three letters none is shown


def test_a_merchant_in_common_is_no_reason(bank):
    case = alerted(bank, "ada", merchant_id="shop-1")
    alerted(bank, "eve", merchant_id="shop-1")
    assert not related(case).proposals


def test_closed_cases_and_customers_without_a_case_are_not_proposed(bank):
    case = alerted(bank, "ada", device_id="device-77")
    convicted(bank, "mallory", device_id="device-77")
    used(bank, "bob", device_id="device-77")
    assert not related(case).proposals


def test_cases_of_other_institutions_are_not_proposed(bank, stranger):
    case = alerted(bank, "ada", device_id="device-77")
    alerted(stranger, "eve", device_id="device-77")
    assert not related(case).proposals


def test_most_in_common_goes_first_and_the_rest_is_counted(bank):
    case = alerted(bank, "ada", device_id="device-77", card_token="token-4242")
    for n in range(PROPOSED):
        alerted(bank, f"eve-{n}", device_id="device-77")
    most = alerted(bank, "bob", device_id="device-77", card_token="token-4242")
    found = related(case)
    assert found.proposals[0].case == most
    assert found.proposals[0].reason == "shares card tok••••42 and device de••••77"
    assert len(found.proposals) == PROPOSED
    assert found.more == 1


@pytest.mark.parametrize(
    ("others", "words"),
    [
        (TOO_MANY, ""),
        (TOO_MANY + 1, "IP 102.89.•.• is no reason to merge: more than 20 customers share that."),
        (60, "IP 102.89.•.• is no reason to merge: more than 50 customers share that."),
    ],
)
def test_what_too_many_share_is_no_reason_and_that_is_said(bank, others, words):
    case = alerted(bank, "ada", ip_address="102.89.1.2")
    spread(case.alerts.get().transaction, others - 1)
    alerted(bank, "eve", ip_address="102.89.1.2")
    found = related(case)
    assert bool(found.proposals) == (not words)
    assert found.passed_over == words


def test_a_case_without_links_has_no_proposals(bank):
    found = related(alerted(bank, "ada"))
    assert not found.proposals
    assert not found.passed_over


def test_proposals_take_as_many_queries_for_many_as_for_one(bank):
    case = alerted(bank, "ada", device_id="device-77", card_token="token-4242", phone="+2348031")
    alerted(bank, "eve", device_id="device-77", card_token="token-4242", phone="+2348031")
    with CaptureQueriesContext(connection) as few:
        related(case)
    for n in range(8):
        alerted(bank, f"eve-{n}", device_id="device-77", phone="+2348031")
    with CaptureQueriesContext(connection) as many:
        related(case)
    assert len(many) == len(few) <= 8


def test_a_case_that_was_closed_meanwhile_is_left_out(bank):
    case = alerted(bank, "ada", device_id="device-77")
    other = alerted(bank, "eve", device_id="device-77")
    around = neighbourhood_of(case)
    Case.objects.filter(pk=other.pk).update(
        status="closed", disposition="genuine", closed_at=clock.now()
    )
    assert not related_cases(case, around).proposals
