"""Closed cases that looked like this one: which, in which order, and what is said of them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.models import Case
from cases.page import similar
from cases.page.similar import SHOWN, Past, similar_cases, summary
from clients.models import Institution
from clients.services import create_institution
from transactions.models import Customer

NOON = datetime(2026, 5, 3, 12, tzinfo=UTC)


@pytest.fixture
def ours(db) -> Institution:
    return create_institution(name="Bank", slug="bank", base_currency="NGN", by="test")


def make(institution: Institution, codes, *, days: int = 0, **fields) -> Case:
    """A case, closed as confirmed fraud where nothing else is said."""
    number = Case.objects.count() + 1
    customer = Customer.objects.create(
        institution=institution,
        reference_hash=number.to_bytes(16, "big"),
        reference_sealed=b"",
        hash_version=1,
        first_seen_at=NOON,
    )
    closed = NOON - timedelta(days=days)
    values = {
        "vertical": "fintech",
        "amount": Decimal(1_000),
        "status": "closed",
        "disposition": "confirmed_fraud",
        "closed_at": closed,
        **fields,
    }
    return Case.objects.create(
        institution=institution,
        customer=customer,
        codes=list(codes),
        score=80,
        level="high",
        loss=1.0,
        rank=1.0,
        opened_at=closed,
        due_at=closed,
        **values,
    )


def opened(institution: Institution, codes, **fields) -> Case:
    return make(institution, codes, status="open", disposition="", closed_at=None, **fields)


def found(case: Case) -> list[int]:
    return [one.past.pk for one in similar_cases(case).cases]


def test_cases_with_the_same_rules_are_similar_and_others_are_not(ours):
    alike, other = make(ours, ["vpn", "new_device"]), make(ours, ["night"])
    assert found(opened(ours, ["vpn", "new_device"])) == [alike.pk]
    assert found(opened(ours, ["night"])) == [other.pk]


@pytest.mark.parametrize("codes", [[], ["never_seen"]])
def test_a_case_without_rules_in_common_with_any_has_no_similar_ones(ours, codes):
    make(ours, ["vpn"])
    make(ours, [])
    assert similar_cases(opened(ours, codes)).summary == ""
    assert found(opened(ours, codes)) == []


def test_a_rare_rule_in_common_counts_more_than_a_common_one(ours):
    for _ in range(20):
        make(ours, ["high_amount"])
    rare = make(ours, ["sim_swap", "x"])
    common = make(ours, ["high_amount", "y"])
    order = found(opened(ours, ["sim_swap", "high_amount"]))
    assert order[0] == rare.pk
    assert common.pk not in order


def test_of_equals_the_newest_comes_first_and_no_more_than_some_are_shown(ours):
    cases = [make(ours, ["vpn"], days=day) for day in (5, 1, 9, 2, 7, 3)]
    by_time = [case.pk for case in sorted(cases, key=lambda case: case.closed_at, reverse=True)]
    assert found(opened(ours, ["vpn"])) == by_time[:SHOWN]


def test_vertical_and_amount_decide_between_cases_with_the_same_rules(ours):
    best = make(ours, ["vpn"], days=9)
    dearer = make(ours, ["vpn"], days=8, amount=Decimal(9_000))
    elsewhere = make(ours, ["vpn"], days=7, vertical="betting", amount=Decimal(90_000))
    assert found(opened(ours, ["vpn"])) == [best.pk, dearer.pk, elsewhere.pk]


def test_other_institutions_merged_and_open_cases_are_left_out(ours):
    theirs = create_institution(name="Other", slug="other", base_currency="USD", by="test")
    make(theirs, ["vpn"])
    into = opened(ours, ["vpn"])
    make(ours, ["vpn"], disposition="", merged_into=into)
    assert found(into) == []


def test_an_old_case_with_a_rare_rule_is_found_among_many_newer_ones(ours, monkeypatch):
    monkeypatch.setattr(similar, "RECENT", 10)
    old = make(ours, ["sim_swap"], days=900)
    for _ in range(12):
        make(ours, ["high_amount"])
    assert found(opened(ours, ["sim_swap"])) == [old.pk]


def test_an_amount_of_nothing_does_no_harm(ours):
    none = make(ours, ["vpn"], amount=Decimal(0))
    assert found(opened(ours, ["vpn"], amount=Decimal(0))) == [none.pk]
    assert found(opened(ours, ["vpn"])) == [none.pk]


def test_a_rule_that_fired_on_every_case_still_finds_them(ours):
    cases = {make(ours, ["vpn"]).pk for _ in range(3)}
    assert set(found(opened(ours, ["vpn"]))) == cases


def test_it_takes_two_queries_at_most(ours, monkeypatch):
    monkeypatch.setattr(similar, "RECENT", 3)
    for day in range(8):
        make(ours, ["vpn"], days=day)
    case = opened(ours, ["vpn", "rare"])
    with CaptureQueriesContext(connection) as queries:
        similar_cases(case)
    assert len(queries) == 2


def past(disposition: str, typology: str = "") -> Past:
    return Past(1, (), "fintech", Decimal(1), disposition, typology, NOON)


@pytest.mark.parametrize(
    ("cases", "words"),
    [
        ([], ""),
        ([past("genuine")], "1 similar: 1 genuine"),
        (
            [past("genuine"), *[past("confirmed_fraud", "account_takeover")] * 4],
            "5 similar: 4 confirmed fraud (account takeover), 1 genuine",
        ),
        (
            [
                past("confirmed_fraud", "sim_swap"),
                past("confirmed_fraud", "mule_fan_in"),
                past("confirmed_fraud", "sim_swap"),
                past("suspected"),
            ],
            "4 similar: 3 confirmed fraud (SIM swap, mule account, collecting), 1 suspected fraud",
        ),
    ],
)
def test_the_outcomes_are_told_in_a_sentence(cases, words):
    assert summary(cases) == words
