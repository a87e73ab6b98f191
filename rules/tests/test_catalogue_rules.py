"""Each built-in rule: when it fires and with how many points, when not, and when it cannot know.

The tables are in `rules/tests/firing/`.
"""

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from features.catalogue import CATALOGUE
from rules.catalogue import built_in_rules, built_in_snapshot
from rules.definition import State
from rules.engine import CompiledBook, Hit
from rules.tests.cast import evaluate
from rules.tests.facts import promised, shipped
from rules.tests.firing import ROWS


@cache
def shipped_book() -> CompiledBook:
    """All built-in rules and verticals, as a first load publishes them."""
    return CompiledBook(built_in_snapshot(CATALOGUE.version), 1)


def hits(vertical: str = "payments", **supplied: Any) -> dict[str, Hit]:
    evaluation = evaluate(shipped_book(), vertical, **supplied)
    assert not evaluation.errors
    return {hit.code: hit for hit in (*evaluation.hits, *evaluation.shadow_hits)}


def on(feature: str, list_name: str) -> dict[str, Any]:
    """Fields of a transaction with that feature, which is on that list."""
    return {feature: "x", "listed": {(feature, list_name)}}


@pytest.mark.parametrize(("code", "supplied", "points"), ROWS)
def test_a_built_in_rule_fires_as_its_table_says(
    code: str, supplied: dict[str, Any], points: float | None
) -> None:
    hit = hits(**supplied).get(code)
    assert (hit.score if hit else None) == points


def test_the_catalogue_holds_every_promised_rule_with_its_facts() -> None:
    assert {rule.code: shipped(rule) for rule in built_in_rules()} == promised()
    assert len(promised()) == 89 + 18  # promised by the systems united here, and our own


def test_every_built_in_rule_has_rows_for_firing_not_firing_and_missing() -> None:
    rows = {code: [p for c, _, p in ROWS if c == code] for code, _, _ in ROWS}
    assert rows.keys() == {b.code for b in built_in_rules()}
    for code, points in rows.items():
        assert any(p is not None for p in points), code
        assert points.count(None) >= 2, code


def test_the_example_of_the_native_format_hits_velocity_vpn_and_new_account() -> None:
    found = hits(
        "fintech",
        amount=500_000,
        transaction_type="withdrawal",
        account_age_days=5,
        ip_is_vpn=True,
        transactions_last_hour=8,
    )
    assert found.keys() == {
        "high_velocity",
        "vpn_or_proxy",
        "new_account",
        "new_account_high_value",
    }
    assert found["vpn_or_proxy"].flag_type == "vpn_detected"
    assert found["high_velocity"].reason == "8 payments in the last hour (limit 5)"
    assert (
        found["new_account_high_value"].reason
        == "NGN 500,000 from an account 5 days old (high value from NGN 500,000)"
    )


@pytest.mark.parametrize(
    ("code", "vertical", "supplied"),
    [
        ("crypto_exchange", "crypto", {"merchant_is_crypto_exchange": True}),
        ("gambling", "betting", {"is_gambling": True, "account_type": "personal"}),
        ("gambling", "gaming", {"is_gambling": True, "account_type": "personal"}),
        ("money_transfer", "remittance", {"transaction_is_money_transfer": True}),
        ("money_transfer", "mobile_money", {"transaction_is_money_transfer": True}),
    ],
)
def test_a_rule_is_off_where_everything_would_hit_it(
    code: str, vertical: str, supplied: dict[str, Any]
) -> None:
    assert code in hits("banking", **supplied)
    assert code not in hits(vertical, **supplied)


@pytest.mark.parametrize(
    ("vertical", "score", "fires"),
    [
        ("crypto", 61, True),
        ("crypto", 60, False),
        ("lending", 76, True),
        ("lending", 75, False),
        ("mobile_money", 81, True),
        ("mobile_money", 80, False),
    ],
)
def test_aml_risk_is_measured_by_the_verticals_own_threshold(
    vertical: str, score: int, fires: bool
) -> None:
    assert ("aml_risk" in hits(vertical, aml_risk_score=score)) is fires


@pytest.mark.parametrize(
    ("vertical", "currency", "fires"),
    [("mobile_money", "KES", False), ("payments", "KES", True), ("mobile_money", "JPY", True)],
)
def test_currencies_are_the_verticals_own(vertical: str, currency: str, fires: bool) -> None:
    assert ("currency_not_allowed" in hits(vertical, currency=currency)) is fires


@pytest.mark.parametrize(
    ("supplied", "code", "effect"),
    [
        ({"is_blacklisted_email": True, "amount": 1_000_000}, "blacklisted_email", "decline"),
        ({"card_is_expired": True}, "expired_card", "decline"),
        ({"aml_risk_score": 99}, "aml_risk", "review"),
        ({"currency": "JPY"}, "currency_not_allowed", "review"),
        ({"duplicate_transaction_found": True}, "duplicate_transaction", "review"),
        (on("ip_address", "blocked_ips"), "blacklisted_ip", "decline"),
        (on("ip_address", "bad_ips"), "ip_reputation", "decline"),
        (on("device_id", "fraud_devices"), "known_fraud_device", "decline"),
        (on("email", "blocked_emails"), "blacklisted_email", "decline"),
        (on("phone", "consortium"), "consortium_fraud_list", "review"),
        (on("email_domain", "disposable_domains"), "suspicious_email_domain", "score"),
        ({"ip_is_botnet": True}, "botnet_ip", "review"),
        ({"ip_is_tor": True}, "tor_exit", "score"),
        ({"identity_theft_alerts": 1}, "identity_theft_alerts", "score"),
    ],
)
def test_certainties_carry_an_effect(supplied: dict[str, Any], code: str, effect: str) -> None:
    assert hits(**supplied)[code].effect == effect


@pytest.mark.parametrize(
    "supplied",
    [
        {},
        {"email": "ada@example.com", "phone": "+2348031234567", "ip_address": "203.0.113.7"},
        {"account_age_days": 800, "transactions_last_hour": 1, "id_verified": True},
        {"amount": 4999, "currency": "USD", "card_expiry": "12/29", "gpu_info": "Apple M2"},
        {"phone": "+254712345678", "phone_valid": True, "device_is_new": False},
        {"email": "ada@example.com", "listed": {("email", "good_customers")}},
    ],
)
def test_an_ordinary_payment_hits_nothing(supplied: dict[str, Any]) -> None:
    assert hits(**supplied) == {}


def test_a_new_account_is_worth_less_the_older_it_is() -> None:
    ages = [0, 1, 2, 3, 4, 5, 6]
    points = [hits(account_age_days=age)["new_account"].score for age in ages]
    assert points == sorted(points, reverse=True)


def test_the_reason_for_a_phone_number_names_what_is_wrong_with_it() -> None:
    typed = hits(phone="+2345551110009", phone_valid=False)["suspicious_phone"]
    assert "valid: no" in typed.reason
    assert "000, 111, 555" in typed.reason
    repeated = hits(phone="+1111111111", phone_valid=False)["suspicious_phone"]
    assert "digit 1 stands 10 times in a row" in repeated.reason


def test_several_names_for_one_cause_are_flagged_but_share_a_family() -> None:
    found = hits(ip_is_vpn=True, ip_is_tor=True, ip_is_datacenter=True, is_residential_proxy=True)
    assert found.keys() == {"vpn_or_proxy", "tor_exit", "datacenter_ip", "residential_proxy"}
    assert {hit.family for hit in found.values()} == {"anonymity"}


def test_rules_in_shadow_are_told_with_their_reason() -> None:
    page = (Path(__file__).parents[2] / "docs" / "rules.md").read_text(encoding="utf-8")
    told = page.partition("These ship in shadow.")[2].partition("\n### ")[0]
    shadow = {rule.code for rule in built_in_rules() if rule.state is State.SHADOW}
    assert shadow == set(re.findall(r"`(\w+)`", _first_cells(told)))


def _first_cells(table: str) -> str:
    return "\n".join(line.split("|")[1] for line in table.splitlines() if line.startswith("|"))


def test_what_the_examples_of_the_native_format_need_is_live() -> None:
    needed = {
        "high_velocity",
        "vpn_or_proxy",
        "new_account",
        "new_account_high_value",
        "emulator_detected",
        "blacklisted_email",
    }
    assert needed <= {rule.code for rule in built_in_rules() if rule.state is State.LIVE}
