"""Spellings of one identifier are one, and different identifiers stay different."""

import pytest

from features.identifiers import PURPOSES, normal_form


@pytest.mark.parametrize(
    ("name", "spellings", "form"),
    [
        ("email", ["ada@example.com", " Ada@Example.COM\n"], "ada@example.com"),
        ("phone", ["+254712345678", "+254 (712) 345-678", "00254712345678"], "+254712345678"),
        ("phone", ["0712 345 678"], "0712345678"),
        ("ip_address", ["8.8.8.8", " 8.8.8.8", "::ffff:8.8.8.8", "64:ff9b::808:808"], "8.8.8.8"),
        ("ip_address", ["2001:DB8:0::1", "2001:db8::1"], "2001:db8::1"),
        ("ip_address", ["not an address"], "not an address"),
        (
            "registered_address",
            ["12, Allen Ave.\nIkeja", "12 allen  AVE Ikeja"],
            "12 allen ave ikeja",
        ),
        ("transaction_address", ["Straße 1", "STRASSE 1"], "strasse 1"),
        ("user_agent", ["Mozilla/5.0  (X11) ", "Mozilla/5.0 (X11)"], "Mozilla/5.0 (X11)"),
        ("device_id", [" D-1 ", "D-1"], "D-1"),
    ],
)
def test_spellings_of_one_identifier_have_one_form(name, spellings, form):
    assert {normal_form(name, spelling) for spelling in spellings} == {form}


@pytest.mark.parametrize("name", PURPOSES)
def test_nothing_is_left_of_nothing(name):
    assert normal_form(name, "  ") is None


def test_only_identifiers_have_a_form():
    with pytest.raises(KeyError):
        normal_form("amount", "5")


def test_what_is_compared_is_hashed_alike():
    assert PURPOSES["registered_address"] == PURPOSES["transaction_address"]
    assert PURPOSES["stored_device_fingerprint"] == PURPOSES["current_device_fingerprint"]
