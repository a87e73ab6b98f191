"""Features as readers of a decision see them."""

import doctest

import pytest

from transactions import feature_text
from transactions.feature_text import shown_features
from transactions.presenting import supplied_names


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("account_age_days", 1.16, "28 hours"),
        ("minutes_since_sim_change", 2_197.43, "37 hours"),
        ("amount", 1_000.0, "NGN 1,000.00"),
        ("ip_is_vpn", True, "yes"),
        ("email_digit_ratio", 0.041666, "0.04167 of 1"),
        ("ip_reputation_score", 45.0, "45 of 100"),
        ("transactions_last_hour", 3.0, "3"),
        ("occurred_at", 0.0, "1970-01-01 00:00:00 UTC"),
        ("country", "NG", "NG"),
        ("of_an_older_catalogue", 0.123456789, "0.123456789"),
    ],
)
def test_a_feature_has_its_unit_and_four_digits_with_the_exact_value_beside(name, value, text):
    (shown,) = shown_features({name: value}, {name}, "NGN")
    assert shown.text == text
    assert shown.exact == feature_text.feature_text(name, value)
    assert shown.supplied


def test_what_the_client_gave_is_known_by_the_features_names():
    request = {"user_id": "ada", "amount": 5.0, "vertical": "payments", "currency": None}
    request |= {"supplied": {"hour": 3.0}, "identifiers": {"email": "x"}, "extras": {"y": 1}}
    assert supplied_names(request) == {"user_id", "amount", "industry", "hour", "email"}


def test_the_examples_are_true():
    assert doctest.testmod(feature_text).failed == 0
