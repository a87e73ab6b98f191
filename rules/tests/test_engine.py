"""Running a ruleset: hits, canaries, shadows, reasons, faults."""

import os
from typing import Any

import msgspec
import pytest

from rules import engine
from rules.definition import Effect, Money, Parameter, State
from rules.engine import NOTHING, UnknownVerticalError, bucket
from rules.tests.cast import (
    RATES_TO_NGN,
    evaluate,
    make_book,
    make_definition,
    make_values,
    publish,
)


def simple(condition: str = "transactions_last_hour > 5", **fields: Any) -> Any:
    fields = {"reason": "it fires", "parameters": (), **fields}
    return make_definition(condition=condition, **fields)


def test_a_hit_carries_what_a_decision_needs() -> None:
    book = make_book(publish(make_definition(), version=7), rule_weights={"high_amount": 1.5})
    (hit,) = evaluate(book, amount=9_000_000).hits
    assert msgspec.to_builtins(hit) == {
        "code": "high_amount",
        "version": 7,
        "name": "High amount",
        "category": "transaction",
        "flag_type": "high_amount",
        "family": "high_amount",
        "severity": "high",
        "effect": "score",
        "score": 30.0,
        "confidence": 0.8,
        "weight": 1.5,
        "reason": "NGN 9,000,000 is above NGN 7,500,000",
        "sentinel_id": "",
    }


def test_nothing_fires_and_nothing_is_made() -> None:
    assert evaluate(make_book(), amount=10) is NOTHING


@pytest.mark.parametrize(
    ("currency", "rates", "amount", "fires"),
    [
        ("USD", {}, 5000, False),
        ("USD", {}, 5000.01, True),
        ("NGN", {"USD": 1500.0}, 7_500_000, False),
        ("NGN", {"USD": 1500.0}, 7_500_001, True),
        ("NGN", {"USD": 1600.0}, 7_500_001, False),
        ("KES", {"USD": 130.0}, 600_001, True),  # an override beats the conversion
        ("KES", {"USD": 130.0}, 600_000, False),
        ("GHS", {}, 1e12, False),  # without a rate the limit is missing, and the rule silent
    ],
)
def test_an_amount_is_compared_in_the_transactions_currency(
    currency: str, rates: dict[str, float], amount: float, fires: bool
) -> None:
    limit = Parameter("limit", Money(5000, "USD", {"KES": 600_000}), 1, 9000)
    vertical = make_book(publish(make_definition(parameters=(limit,)))).vertical("payments")
    evaluation = vertical.evaluate(
        make_values(amount=amount, currency=currency),
        currency=currency,
        rates=rates,
        listed=frozenset(),
        customer_hash=None,
    )
    assert bool(evaluation.hits) is fires
    assert vertical.required_currencies == ("USD",)


def test_a_shadow_rule_is_told_apart_and_decides_nothing() -> None:
    book = make_book(publish(simple(), "shady", state=State.SHADOW), publish(simple(), "lively"))
    evaluation = evaluate(book, transactions_last_hour=6)
    assert [hit.code for hit in evaluation.hits] == ["lively"]
    assert [hit.code for hit in evaluation.shadow_hits] == ["shady"]


@pytest.mark.parametrize("percent", [0.0, 0.01, 10.0, 99.99, 100.0])
def test_a_canary_decides_for_its_share_of_customers(percent: float) -> None:
    book = make_book(publish(simple(), "tweety", state=State.CANARY, canary_percent=percent))
    for customer in (os.urandom(16) for _ in range(50)):
        evaluation = evaluate(book, transactions_last_hour=6, customer_hash=customer)
        decides = bucket("tweety", customer) < percent
        assert [hit.code for hit in evaluation.hits] == ["tweety"] * decides
        assert [hit.code for hit in evaluation.shadow_hits] == ["tweety"] * (not decides)


def test_a_canary_never_decides_without_a_customer() -> None:
    book = make_book(publish(simple(), "tweety", state=State.CANARY, canary_percent=100.0))
    evaluation = evaluate(book, transactions_last_hour=6, customer_hash=None)
    assert not evaluation.hits
    assert len(evaluation.shadow_hits) == 1


def test_customers_spread_evenly_over_the_buckets_and_differently_for_each_rule() -> None:
    customers = [i.to_bytes(16, "big") for i in range(4000)]
    share = sum(bucket("one", c) < 25 for c in customers) / 4000
    both = sum(bucket("one", c) < 25 and bucket("two", c) < 25 for c in customers) / 4000
    assert share == pytest.approx(0.25, abs=0.03)
    assert both == pytest.approx(0.0625, abs=0.02)
    assert bucket("one", customers[0]) == bucket("one", customers[0])


def test_a_rule_is_silent_in_verticals_that_it_excludes() -> None:
    book = make_book(publish(simple(exclude=("payments",)), "out"), publish(simple(), "in"))
    assert [hit.code for hit in evaluate(book, transactions_last_hour=6).hits] == ["in"]
    assert [rule.published.code for rule in book.vertical("payments").rules] == ["in"]


def test_a_rule_reads_its_verticals_own_values() -> None:
    definition = simple(
        "aml_risk_score > vertical.aml_threshold", reason="above {vertical.aml_threshold}"
    )
    (hit,) = evaluate(make_book(publish(definition), aml_threshold=75), aml_risk_score=76).hits
    assert hit.reason == "above 75"


@pytest.mark.parametrize(
    ("score", "points"),
    [
        ("transactions_last_hour - 600", 0.0),
        ("transactions_last_hour", 100.0),
        ("transactions_last_hour / 100", 5.0),
    ],
)
def test_scores_stay_within_0_and_100(score: str, points: float) -> None:
    book = make_book(publish(simple(score=score)))
    (hit,) = evaluate(book, transactions_last_hour=500).hits
    assert hit.score == points


def test_a_hit_whose_score_is_missing_still_flags_and_has_its_effect() -> None:
    rule = publish(simple(score="account_age_days * 2", effect=Effect.DECLINE), "aged")
    evaluation = evaluate(make_book(rule), transactions_last_hour=6)
    assert [(hit.code, hit.score, hit.effect) for hit in evaluation.hits] == [
        ("aged", 0.0, "decline")
    ]
    assert [(error.code, error.message) for error in evaluation.errors] == [
        ("aged", "its score is missing")
    ]


def test_a_rule_that_no_longer_compiles_is_skipped_and_told_while_others_decide() -> None:
    book = make_book(publish(simple("feature_of_old > 5"), "stale"), publish(simple(), "fresh"))
    evaluation = evaluate(book, transactions_last_hour=6)
    assert [hit.code for hit in evaluation.hits] == ["fresh"]
    assert [error.code for error in evaluation.errors] == ["stale"]
    assert "feature_of_old" in book.broken[0].message


def test_lists_are_named_for_the_gathering_step() -> None:
    definition = simple('listed(email, "bad_mails") or listed(ip_country, "far_away")')
    vertical = make_book(publish(definition, "on_list")).vertical("payments")
    assert vertical.listed_pairs == {("email", "bad_mails"), ("ip_country", "far_away")}
    assert vertical.required_lists == {"bad_mails", "far_away"}


def test_a_listed_pair_fires_the_rule() -> None:
    book = make_book(publish(simple('listed(email, "bad_mails")'), "on_list"))
    pairs = {("email", "bad_mails")}
    assert evaluate(book, email="a@example.com", listed=pairs).hits
    assert not evaluate(book, email="a@example.com").hits


def test_verticals_compile_when_first_asked_for_and_stay() -> None:
    book = make_book()
    assert book.in_use == ()
    assert book.vertical("payments") is book.vertical("payments")
    assert book.in_use == ("payments",)
    with pytest.raises(UnknownVerticalError):
        book.vertical("lottery")


def test_a_book_comes_back_from_its_stored_json() -> None:
    book = make_book()
    stored = msgspec.json.decode(msgspec.json.encode(book.snapshot.as_dict()))
    again = engine.CompiledBook.from_snapshot(stored, 3)
    assert again.snapshot == book.snapshot
    assert again.number == 3
    assert evaluate(again, amount=9e6) == evaluate(book, amount=9e6)


def test_conversions_are_remembered_but_not_without_bound(monkeypatch: Any) -> None:
    monkeypatch.setattr(engine, "MAX_CACHED_CONVERSIONS", 3)
    vertical = make_book().vertical("payments")
    for rate in range(1, 20):
        vertical.evaluate(
            make_values(amount=9e9),
            currency="NGN",
            rates={**RATES_TO_NGN, "USD": float(rate)},
            listed=frozenset(),
            customer_hash=None,
        )
    assert len(vertical._conversions) <= 3


def test_a_money_parameter_that_only_the_reason_names_is_told_as_written() -> None:
    definition = make_definition(
        condition="transactions_last_hour > 5", reason="normal up to {limit}"
    )
    (hit,) = evaluate(make_book(publish(definition)), transactions_last_hour=6).hits
    assert hit.reason == "normal up to 5,000 USD"
