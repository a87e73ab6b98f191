"""Patterns mean the same in RE2, in Polars and, for ASCII, in Python's own engine."""

import re

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.language.pattern_reader import MAX_PATTERN
from rules.language.patterns import PatternError, read_pattern, searcher

REFUSED = [
    "",
    "a" * (MAX_PATTERN + 1),
    "(",
    ")",
    "(a",
    "a)",
    "[",
    "[]",
    "[^]",
    "[a",
    "[b-a]",
    "[[:alpha:]]",
    "[a[b]]",
    r"[\D]",
    "]",
    "}",
    "{",
    "a{",
    "a{,5}",
    "a{5,2}",
    "a{501}",
    "a{x}",
    "a**",
    "a*+",
    "a{2}{3}",
    "*a",
    "^*",
    r"\b+",
    "(?=a)",
    "(?!a)",
    "(?<=a)",
    "(?P<n>a)",
    "(?i:a)",
    "a(?i)b",
    "(?x)a",
    r"\1",
    r"\pL",
    r"\Qa\E",
    r"\x41",
    r"\B",
    r"\A",
    r"\Z",
    "\\",
    "(((((((((((((((((((((a)))))))))))))))))))))",
    "(a{100}){100}",
]


@pytest.mark.parametrize("pattern", REFUSED)
def test_it_refuses_what_engines_may_read_differently(pattern: str) -> None:
    with pytest.raises(PatternError):
        read_pattern(pattern)


@pytest.mark.parametrize(
    ("pattern", "found", "not_found"),
    [
        (r"bot|crawler", "a crawler", "a BOT"),
        (r"(?i)bot", "a BOT", "b ot"),
        (r"(?i)k", "K", "\u212a"),
        (r"(?i)[^k]", "x", "Kk"),
        (r"^\d{3}$", "123", "123\n"),
        (r"^\d+$", "0123", "\u0663"),
        (r"\w", "_", "é"),
        (r"\W", "é", "a"),
        (r"\s", "\t", "\u00a0"),
        (r"a.c", "aéc", "a\nc"),
        (r"\bcat\b", "a cat.", "concat"),
        (r"[a-c&&]", "&", "d"),
        (r"[-a]", "-", "b"),
        (r"[\]\[]", "[", "x"),
        (r"(000|111|123)", "0123", "0012"),
        (r"x{2,}", "axx", "ax"),
        (r"\.com$", "x.com", "xcom"),
        (r"[É-Ü]", "Ê", "e"),
    ],
)
def test_it_finds_what_the_guide_promises(pattern: str, found: str, not_found: str) -> None:
    rust = read_pattern(pattern).rust
    table = pl.DataFrame({"s": [found, not_found]})
    assert table.select(pl.col("s").str.contains(rust))["s"].to_list() == [True, False]
    assert (searcher(pattern)(found), searcher(pattern)(not_found)) == (True, False)


_CHARACTERS = st.sampled_from("abAB01_-. é\n")
_ATOMS = st.one_of(
    st.sampled_from("abAB01_é").map(str),
    st.sampled_from([".", r"\d", r"\D", r"\w", r"\W", r"\s", r"\S", r"\.", r"\-", r"\n", " "]),
    st.sampled_from(["[ab]", "[^a]", "[a-b0-1]", r"[\d_]", r"[^\w]", "[é.-]"]),
)
_PATTERNS = st.recursive(
    st.one_of(_ATOMS, st.sampled_from(["^", "$", r"\b"])),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.builds("({}|{})".format, inner, inner),
        st.builds("(?:{}){}".format, inner, st.sampled_from(["*", "+", "?", "{2}", "{1,3}", "+?"])),
    ),
    max_leaves=6,
)


@settings(max_examples=300, deadline=None)
@given(
    st.booleans(),
    _PATTERNS.filter(lambda text: len(text) < MAX_PATTERN - 4),
    st.lists(st.text(_CHARACTERS, max_size=8), min_size=1, max_size=8),
)
def test_all_engines_find_the_same(folded: bool, text: str, subjects: list[str]) -> None:
    pattern = f"(?i){text}" if folded else text
    ours = [searcher(pattern)(subject) for subject in subjects]
    table = pl.DataFrame({"s": subjects})
    rust = table.select(pl.col("s").str.contains(read_pattern(pattern).rust))["s"].to_list()
    assert ours == rust
    # Python's `$` also matches before a last line break; elsewhere ASCII rules are the same.
    python = re.compile(text.replace("$", r"\Z"), re.ASCII | (re.IGNORECASE if folded else 0))
    assert ours == [python.search(subject) is not None for subject in subjects]
