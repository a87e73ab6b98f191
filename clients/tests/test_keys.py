import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients import keys


def test_a_key_is_read_back_as_it_was_written():
    for _ in range(200):  # secrets may hold underscores and hyphens
        key = keys.generate()
        assert len(key.plaintext) == keys.MAX_LENGTH
        assert keys.parse(key.plaintext) == key


@pytest.mark.parametrize(
    "text",
    [
        "",
        "fs_",
        "fs_abcdefgh_" + "x" * 42,
        "fs_abcdefgh_" + "x" * 44,
        "fs_ABCDEFGH_" + "x" * 43,
        "xx_abcdefgh_" + "x" * 43,
        "fs_abcdefgh_" + "x" * 42 + "\n",
        "fs_abcdefgh_" + "x" * 42 + "\0",
        "fs_abcdefgh_" + "é" * 43,
        "fs_" + "x" * 10_000,
    ],
)
def test_what_cannot_be_a_key_is_none(text):
    assert keys.parse(text) is None


@given(st.text())
def test_any_text_is_read_without_error(text):
    assert keys.parse(text) is None
