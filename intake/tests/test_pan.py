"""Card numbers are found wherever they hide, and little else is taken for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.pan import is_secret_name, mask_card_numbers


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("4111111111111111", "411111******1111"),
        ("4111 1111 1111 1111", "4111 11** **** 1111"),
        ("5555-5555-5555-4444", "5555-55**-****-4444"),
        ("374245455400126", "374245*****0126"),
        ("6304 0000 0000 0000 000", "6304 00** **** ***0 000"),
        ("card 4111111111111111 123 thanks", "card 411111******1111 123 thanks"),
        ("6011000990139424 4111111111111111", "601100******9424 411111******1111"),
    ],
)
def test_a_card_number_keeps_its_first_six_and_last_four(text, masked):
    assert mask_card_numbers(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "",
        "411111111111",  # twelve digits
        "4111111111111112",  # fails the check digit
        "41111111111111111111",  # twenty digits
        "1700000000000000",  # microseconds since 1970
        "0000000000000000",
        "2026-03-01T14:30:00",
        "411111******1111",
    ],
)
def test_other_digits_are_left_alone(text):
    assert mask_card_numbers(text) == text


def check_digit(digits: str) -> str:
    doubled = [int(d) * (2 if i % 2 == 0 else 1) for i, d in enumerate(reversed(digits))]
    return str(-sum(n - 9 if n > 9 else n for n in doubled) % 10)


@given(st.from_regex("[2-9][0-9]{11,17}", fullmatch=True), st.text("abc .,", max_size=5))
def test_every_luhn_number_is_masked_in_any_company(digits, company):
    number = digits + check_digit(digits)
    masked = mask_card_numbers(f"{company}x {number},{company}")
    assert number not in masked
    assert number[:6] in masked


def test_hostile_text_costs_little():
    for text in ("4 " * 8_000, "4" * 16_000, "4-" * 8_000):
        mask_card_numbers(text)  # quadratic would take minutes


@pytest.mark.parametrize("name", ["card_bin", "card_token", "panel", "pinned", "tracking", "span"])
def test_names_that_only_resemble_secrets_are_no_secrets(name):
    assert not is_secret_name(name)
