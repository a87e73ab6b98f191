"""Each built-in rule: when it fires and with how many points, when not, and when it cannot know.

The tables give supplied fields; everything else of the transaction is a plain payment of 1,000 NGN
on Thursday 1 January 2026 at 10:00 UTC (see `rules/tests/cast.py`). 1 USD is 1,500 NGN.
"""

from functools import cache
from typing import Any

import pytest

from rules.catalogue import built_in_rules, built_in_verticals
from rules.definition import PublishedRule, Snapshot
from rules.engine import CompiledBook, Hit
from rules.tests.cast import CATALOGUE, evaluate

SATURDAY, SUNDAY, MONDAY = 1_767_434_400.0, 1_767_520_800.0, 1_767_607_200.0  # 10:00 UTC
DAY = 86_400.0

# rule, supplied fields, points (None: it stays silent)
ROWS: list[tuple[str, dict[str, Any], float | None]] = [
    ("aml_risk", {"aml_risk_score": 81}, 95),
    ("aml_risk", {"aml_risk_score": 80}, None),
    ("aml_risk", {}, None),
    ("amount_jump", {"amount": 1001, "avg_transaction_amount": 100}, 70),
    ("amount_jump", {"amount": 1000, "avg_transaction_amount": 100}, None),
    ("amount_jump", {"amount": 1001}, None),
    ("biometric_not_verified", {"requires_biometric": True, "biometric_verified": False}, 75),
    ("biometric_not_verified", {"biometric_verified": False}, 75),
    ("biometric_not_verified", {"requires_biometric": False, "biometric_verified": False}, None),
    ("biometric_not_verified", {"requires_biometric": True, "biometric_verified": True}, None),
    ("biometric_not_verified", {"requires_biometric": True}, None),
    ("blacklisted_email", {"is_blacklisted_email": True}, 100),
    ("blacklisted_email", {"is_blacklisted_email": False}, None),
    ("blacklisted_email", {"email": "ada@example.com"}, None),
    ("botnet_ip", {"ip_is_botnet": True}, 100),
    ("botnet_ip", {"ip_is_botnet": False}, None),
    ("botnet_ip", {}, None),
    ("card_previously_declined", {"card_previously_declined": True}, 75),
    ("card_previously_declined", {"card_previously_declined": False}, None),
    ("card_previously_declined", {}, None),
    ("cash_advance", {"is_cash_advance": True, "cash_advance_fee_high": True}, 60),
    ("cash_advance", {"is_cash_advance": True, "cash_advance_fee_high": False}, None),
    ("cash_advance", {"is_cash_advance": False, "cash_advance_fee_high": True}, None),
    ("cash_advance", {"is_cash_advance": True}, None),
    ("chargeback_history", {"chargebacks_last_year": 1}, 70),
    ("chargeback_history", {"chargebacks_last_year": 0}, None),
    ("chargeback_history", {}, None),
    ("country_mismatch", {"home_country": "NG", "country": "GH"}, 50),
    ("country_mismatch", {"home_country": "NG", "country": "NG"}, None),
    ("country_mismatch", {"home_country": "NG"}, None),
    ("country_mismatch", {"country": "GH"}, None),
    ("credential_stuffing", {"failed_login_attempts_last_hour": 6}, 90),
    ("credential_stuffing", {"failed_login_attempts_last_hour": 5}, None),
    ("credential_stuffing", {}, None),
    ("crypto_exchange", {"merchant_is_crypto_exchange": True}, 75),
    ("crypto_exchange", {"merchant_is_crypto_exchange": False}, None),
    ("crypto_exchange", {}, None),
    ("currency_not_allowed", {"currency": "JPY"}, 80),
    ("currency_not_allowed", {"currency": "GBP"}, None),
    ("currency_not_allowed", {"currency": None}, None),
    ("datacenter_ip", {"ip_is_datacenter": True}, 70),
    ("datacenter_ip", {"ip_is_datacenter": False}, None),
    ("datacenter_ip", {}, None),
    ("email_not_confirmed", {"email_confirmed": False}, 65),
    ("email_not_confirmed", {"email_confirmed": True}, None),
    ("email_not_confirmed", {}, None),
    ("emulator_detected", {"is_emulator": True}, 50),
    ("emulator_detected", {"gpu_info": "goldfish"}, 50),
    ("emulator_detected", {"gpu_info": "Android Emulator OpenGL ES (ranchu)"}, 50),
    ("emulator_detected", {"gpu_info": "Google SwiftShader"}, 50),
    ("emulator_detected", {"gpu_info": "llvmpipe (LLVM 15.0.7, 256 bits)"}, 50),
    ("emulator_detected", {"gpu_info": "VirtualBox Graphics Adapter"}, 50),
    ("emulator_detected", {"gpu_info": "VMware SVGA 3D", "is_emulator": False}, 50),
    ("emulator_detected", {"gpu_info": "Adreno (TM) 650"}, None),
    ("emulator_detected", {"gpu_info": "Apple GPU", "is_emulator": False}, None),
    ("emulator_detected", {}, None),
    ("expired_card", {"card_is_expired": True}, 100),
    ("expired_card", {"card_expiry": "11/25"}, 100),
    ("expired_card", {"card_expiry": "01/26"}, None),
    ("expired_card", {"card_is_expired": False}, None),
    ("expired_card", {"card_expiry": "soon"}, None),
    ("expired_card", {}, None),
    ("failed_logins", {"failed_login_attempts": 3}, 45),
    ("failed_logins", {"failed_login_attempts": 5}, 75),
    ("failed_logins", {"failed_login_attempts": 6}, 80),
    ("failed_logins", {"failed_login_attempts": 2}, None),
    ("failed_logins", {}, None),
    ("gambling", {"is_gambling": True, "account_type": "personal"}, 65),
    ("gambling", {"merchant_category_code": "7995", "account_type": "personal"}, 65),
    ("gambling", {"is_gambling": True, "account_type": "gambling"}, None),
    ("gambling", {"is_gambling": False, "account_type": "personal"}, None),
    ("gambling", {"is_gambling": True}, None),
    ("high_amount", {"amount": 5000.01, "currency": "USD"}, pytest.approx(40, abs=0.01)),
    ("high_amount", {"amount": 7_500_001}, pytest.approx(40, abs=0.01)),
    ("high_amount", {"amount": 7500, "currency": "USD"}, 60),
    ("high_amount", {"amount": 10_000, "currency": "USD"}, 80),
    ("high_amount", {"amount": 1e9, "currency": "USD"}, 80),
    ("high_amount", {"amount": 5000, "currency": "USD"}, None),
    ("high_amount", {"amount": 7_500_000}, None),
    ("high_amount", {"amount": 1e9, "currency": "JPY"}, None),  # no rate known
    ("high_velocity", {"transactions_last_hour": 6}, 30),
    ("high_velocity", {"transactions_last_hour": 5}, None),
    ("high_velocity", {}, None),
    ("id_document_unverified", {"id_verified": False}, 70),
    ("id_document_unverified", {"id_verified": True}, None),
    ("id_document_unverified", {}, None),
    ("identity_theft_alerts", {"identity_theft_alerts": 1}, 85),
    ("identity_theft_alerts", {"identity_theft_alerts": 0}, None),
    ("identity_theft_alerts", {}, None),
    (
        "impossible_travel",
        {"distance_from_last_location_km": 901, "hours_since_last_transaction": 1},
        95,
    ),
    (
        "impossible_travel",
        {"distance_from_last_location_km": 10, "hours_since_last_transaction": 0},
        95,
    ),
    (
        "impossible_travel",
        {"distance_from_last_location_km": 900, "hours_since_last_transaction": 1},
        None,
    ),
    ("impossible_travel", {"distance_from_last_location_km": 5000}, None),
    ("impossible_travel", {"hours_since_last_transaction": 1}, None),
    ("money_transfer", {"transaction_is_money_transfer": True, "amount": 15_000_001}, 70),
    ("money_transfer", {"transaction_is_money_transfer": True, "amount": 15_000_000}, 45),
    (
        "money_transfer",
        {"transaction_is_money_transfer": True, "amount": 10_001, "currency": "USD"},
        70,
    ),
    ("money_transfer", {"transaction_is_money_transfer": True, "currency": "JPY"}, 45),
    ("money_transfer", {"transaction_is_money_transfer": False, "amount": 1e9}, None),
    ("money_transfer", {"amount": 1e9}, None),
    ("multiple_cards", {"unique_cards_last_24h": 4}, 65),
    ("multiple_cards", {"unique_cards_last_24h": 3}, None),
    ("multiple_cards", {}, None),
    ("new_account", {"account_age_days": 0}, 70),
    ("new_account", {"account_age_days": 5}, 20),
    ("new_account", {"account_age_days": 6.5}, 5),
    ("new_account", {"account_created_at": 1_767_261_600.0 - 3 * DAY}, 40),
    ("new_account", {"account_age_days": 7}, None),
    ("new_account", {}, None),
    ("new_account_high_value", {"account_age_days": 5, "amount": 500_000}, 35),
    ("new_account_high_value", {"account_age_days": 29.9, "amount": 500_000}, 35),
    ("new_account_high_value", {"account_age_days": 30, "amount": 500_000}, None),
    ("new_account_high_value", {"account_age_days": 5, "amount": 499_999.99}, None),
    ("new_account_high_value", {"amount": 500_000}, None),
    ("password_changed_recently", {"password_changed_at": 1_767_261_600.0 - DAY + 1}, 60),
    ("password_changed_recently", {"password_changed_at": 1_767_261_600.0}, 60),
    ("password_changed_recently", {"password_changed_at": 1_767_261_600.0 - DAY}, None),
    ("password_changed_recently", {"password_changed_at": 1_767_261_600.0 + 60}, None),
    ("password_changed_recently", {}, None),
    ("private_ip", {"ip_address": "192.168.1.100"}, 90),
    ("private_ip", {"ip_address": "127.0.0.1"}, 90),
    ("private_ip", {"ip_address": "169.254.1.1"}, 90),
    ("private_ip", {"ip_address": "::1"}, 90),
    ("private_ip", {"ip_address": "fd00::1"}, 90),
    ("private_ip", {"ip_address": "::ffff:10.0.0.1"}, 90),
    ("private_ip", {"ip_address": "203.0.113.7"}, None),
    ("private_ip", {"ip_address": "8.8.8.8"}, None),
    ("private_ip", {"ip_address": "2001:4860:4860::8888"}, None),
    ("private_ip", {}, None),
    ("quick_refund", {"transaction_is_refund": True, "original_purchase_hours_ago": 5.9}, 50),
    ("quick_refund", {"transaction_type": "refund", "original_purchase_hours_ago": 1}, 50),
    ("quick_refund", {"transaction_is_refund": True, "original_purchase_hours_ago": 6}, None),
    ("quick_refund", {"transaction_is_refund": False, "original_purchase_hours_ago": 1}, None),
    ("quick_refund", {"transaction_is_refund": True}, None),
    ("residential_proxy", {"is_residential_proxy": True}, 75),
    ("residential_proxy", {"is_residential_proxy": False}, None),
    ("residential_proxy", {}, None),
    ("tor_exit", {"ip_is_tor": True}, 90),
    ("tor_exit", {"ip_is_tor": False}, None),
    ("tor_exit", {}, None),
    ("unverified_phone", {"phone": "+2348031234567", "phone_verified": False}, 60),
    ("unverified_phone", {"phone": "+2348031234567", "phone_verified": True}, None),
    ("unverified_phone", {"phone": "+2348031234567"}, None),
    ("unverified_phone", {"phone_verified": False}, None),
    ("vpn_or_proxy", {"ip_is_vpn": True}, 50),
    ("vpn_or_proxy", {"ip_is_proxy": True}, 50),
    ("vpn_or_proxy", {"ip_is_vpn": False, "ip_is_proxy": True}, 50),
    ("vpn_or_proxy", {"ip_is_vpn": False, "ip_is_proxy": False}, None),
    ("vpn_or_proxy", {"ip_is_vpn": False}, None),
    ("vpn_or_proxy", {}, None),
    (
        "weekend_business",
        {"is_business_account": True, "occurred_at": SATURDAY, "timezone_offset": 0},
        40,
    ),
    (
        "weekend_business",
        {"is_business_account": True, "occurred_at": SUNDAY, "timezone_offset": 0},
        40,
    ),
    (
        "weekend_business",
        {"is_business_account": True, "occurred_at": MONDAY, "timezone_offset": 0},
        None,
    ),
    (
        "weekend_business",
        {"is_business_account": False, "occurred_at": SUNDAY, "timezone_offset": 0},
        None,
    ),
    ("weekend_business", {"occurred_at": SUNDAY, "timezone_offset": 0}, None),
    ("weekend_business", {"is_business_account": True, "occurred_at": SUNDAY}, None),
]


@cache
def shipped_book() -> CompiledBook:
    """All built-in rules and verticals, as a first load publishes them."""
    rules = tuple(
        PublishedRule(
            code=b.code,
            version=1,
            state=b.state,
            canary_percent=100.0,
            definition=b.definition,
        )
        for b in built_in_rules()
    )
    snapshot = Snapshot(
        catalogue_version=CATALOGUE.version, rules=rules, verticals=built_in_verticals()
    )
    return CompiledBook(snapshot, 1)


def hits(vertical: str = "payments", **supplied: Any) -> dict[str, Hit]:
    evaluation = evaluate(shipped_book(), vertical, **supplied)
    assert not evaluation.errors
    return {hit.code: hit for hit in (*evaluation.hits, *evaluation.shadow_hits)}


@pytest.mark.parametrize(("code", "supplied", "points"), ROWS)
def test_a_built_in_rule_fires_as_its_table_says(
    code: str, supplied: dict[str, Any], points: float | None
) -> None:
    hit = hits(**supplied).get(code)
    assert (hit.score if hit else None) == points


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
        ({"ip_is_botnet": True}, "botnet_ip", "review"),
        ({"ip_is_tor": True}, "tor_exit", "score"),
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
    ],
)
def test_an_ordinary_payment_hits_nothing(supplied: dict[str, Any]) -> None:
    assert hits(**supplied) == {}
