import base64

import pytest
from django.core.exceptions import ImproperlyConfigured

from foundation import crypto

KEY_1 = base64.b64encode(bytes(range(32))).decode()
KEY_2 = base64.b64encode(bytes(range(1, 33))).decode()


@pytest.fixture
def one_key(settings):
    settings.FRAUDSHIELD_KEYS = f"1:{KEY_1}"
    return settings


def test_a_sealed_value_opens_in_its_own_place(one_key):
    sealed = crypto.seal(b"+2348012345678", context=b"customer:1:phone")
    assert crypto.unseal(sealed, context=b"customer:1:phone") == b"+2348012345678"
    assert crypto.unseal(memoryview(sealed), context=b"customer:1:phone") == b"+2348012345678"
    assert crypto.sealed_version(sealed) == 1


def test_an_empty_value_can_be_sealed(one_key):
    assert crypto.unseal(crypto.seal(b"", context=b"x"), context=b"x") == b""


def test_sealing_twice_gives_two_texts(one_key):
    assert crypto.seal(b"a", context=b"x") != crypto.seal(b"a", context=b"x")


def test_a_sealed_value_does_not_open_in_another_place(one_key):
    sealed = crypto.seal(b"secret", context=b"customer:1:phone")
    with pytest.raises(crypto.TamperedValue):
        crypto.unseal(sealed, context=b"customer:2:phone")


def test_a_change_of_any_byte_is_noticed(one_key):
    sealed = crypto.seal(b"secret", context=b"x")
    for position in range(len(sealed)):
        changed = bytearray(sealed)
        changed[position] ^= 1
        with pytest.raises((crypto.TamperedValue, crypto.UnknownKeyVersion)):
            crypto.unseal(bytes(changed), context=b"x")


@pytest.mark.parametrize("length", [0, 1, 12, 28])
def test_a_value_cut_short_is_noticed(one_key, length):
    with pytest.raises(crypto.TamperedValue):
        crypto.unseal(b"\x01" * length, context=b"x")


def test_an_older_key_still_reads_while_the_new_one_writes(one_key):
    old = crypto.seal(b"secret", context=b"x")
    one_key.FRAUDSHIELD_KEYS = f"2:{KEY_2},1:{KEY_1}"
    assert crypto.unseal(old, context=b"x") == b"secret"
    assert crypto.sealed_version(crypto.seal(b"secret", context=b"x")) == 2
    one_key.FRAUDSHIELD_KEYS = f"2:{KEY_2}"
    with pytest.raises(crypto.UnknownKeyVersion):
        crypto.unseal(old, context=b"x")


def test_hashes_are_equal_for_equal_values_of_one_purpose_and_key(one_key):
    one = crypto.keyed_hash("ada@example.com", purpose="email")
    assert one == crypto.keyed_hash("ada@example.com", purpose="email")
    assert len(one) == 16
    assert one != crypto.keyed_hash("ada@example.com", purpose="customer")
    assert one != crypto.keyed_hash("Ada@example.com", purpose="email")


def test_a_look_up_during_rotation_asks_for_every_version(one_key):
    before = crypto.keyed_hash("C-1", purpose="customer")
    one_key.FRAUDSHIELD_KEYS = f"2:{KEY_2},1:{KEY_1}"
    assert crypto.hash_versions() == (2, 1)
    new, old = crypto.keyed_hashes("C-1", "customer")
    assert old == before == crypto.keyed_hash("C-1", purpose="customer", version=1)
    assert new == crypto.keyed_hash("C-1", purpose="customer") != old


def test_a_lone_surrogate_is_hashed_and_does_not_raise(one_key):
    assert crypto.keyed_hash("\ud800", purpose="customer")


def test_an_unknown_purpose_is_a_programming_error(one_key):
    with pytest.raises(ValueError, match="no purpose"):
        crypto.keyed_hash("x", purpose="pet")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "entry 1: expected <version"),
        ("nonsense", "entry 1: expected <version"),
        (f"0:{KEY_1}", "entry 1: expected <version"),
        (f"256:{KEY_1}", "entry 1: expected <version"),
        (f"²:{KEY_1}", "entry 1: expected <version"),
        ("1:***", "entry 1: the key is not valid base64"),
        ("1:c2hvcnQ=", "entry 1: the key has 5 bytes instead of 32"),
        (f"1:{KEY_1},1:{KEY_2}", "lists version 1 twice"),
        (f"2:{KEY_2},", "entry 2: expected <version"),
    ],
)
def test_a_wrong_list_of_keys_is_explained_without_showing_a_key(text, sentence):
    with pytest.raises(ImproperlyConfigured, match=sentence) as caught:
        crypto.parse_keys(text)
    assert KEY_1 not in str(caught.value)
