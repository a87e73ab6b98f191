from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation import masking
from foundation.money import format_money, is_currency, minor_units


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("C-20931", "C-••••1"),
        ("customer-1042", "cus••••42"),
        ("abcd", "••••"),
        ("", "••••"),
    ],
)
def test_an_identifier_shows_its_ends(value, shown):
    assert masking.mask_identifier(value) == shown


@given(st.text(max_size=40))
def test_masks_are_total_and_never_show_more_than_half_of_an_identifier(value):
    shown = masking.mask_identifier(value).replace(masking.DOTS, "", 1)
    assert len(shown) <= max(5, len(value)) // 2 + 1
    for mask in (masking.mask_email, masking.mask_phone, masking.mask_ip):
        assert isinstance(mask(value), str)


@pytest.mark.parametrize(
    ("value", "shown"),
    [("john@example.com", "j••••@example.com"), ("@example.com", "••••"), ("john", "••••")],
)
def test_an_email_shows_first_letter_and_domain(value, shown):
    assert masking.mask_email(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [("+234 801 234 5689", "+234••••89"), ("08012345689", "••••89"), ("12345", "••••")],
)
def test_a_phone_shows_country_and_last_two_digits(value, shown):
    assert masking.mask_phone(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [("203.0.113.9", "203.0.•.•"), ("2001:db8::1", "2001:db8::/32"), ("not an ip", "••••")],
)
def test_an_address_shows_its_network(value, shown):
    assert masking.mask_ip(value) == shown


@pytest.mark.parametrize(
    ("code", "known"), [("NGN", True), ("USD", True), ("ngn", False), ("XXX", False), ("", False)]
)
def test_currencies_are_active_iso_codes(code, known):
    assert is_currency(code) is known


def test_an_amount_shows_as_many_decimals_as_its_currency_has():
    assert minor_units("KWD") == 3
    assert format_money(Decimal("480000.005"), "NGN") == "NGN 480,000.00"
    assert format_money(Decimal("1500.5"), "JPY") == "JPY 1,500"
    assert format_money(1234.5, "UGX") == "UGX 1,234"
