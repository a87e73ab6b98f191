r"""The patterns of ``matches``: the part of regular expressions that means the same everywhere.

RE2 (scoring) and Rust's regex (history) both run in linear time, but differ in corners: what ``\d``
covers, how case is folded, ``[a&&b]``, ``\<``. So a pattern is read here and written out again in
the plain words that both agree on: ASCII classes, ASCII case folding, code points in hexadecimal.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import re2

from rules.language.pattern_reader import BOUNDARY, MAX_PATTERN, PatternError, PatternReader

__all__ = ["Pattern", "PatternError", "read_pattern", "searcher"]


@dataclass(frozen=True, slots=True)
class Pattern:
    """One pattern in each engine's words."""

    re2: str
    rust: str


@lru_cache(maxsize=4_096)
def read_pattern(text: str) -> Pattern:
    r"""The pattern for both engines. Raises `PatternError` when it is outside of the language.

    >>> read_pattern("^a.b$").re2
    '\\Aa[^\\x{A}]b\\z'
    >>> read_pattern("(?i)x").rust
    '[\\x{58}\\x{78}]'
    """
    if not text or len(text) > MAX_PATTERN:
        raise PatternError(f"a pattern has 1 to {MAX_PATTERN} characters", 0)
    folded = text.startswith("(?i)")
    reader = PatternReader(text, 4 if folded else 0, folded)
    written, _ = reader.alternatives(0)
    if reader.peek():
        raise PatternError("this `)` closes nothing", reader.position)
    return Pattern(written.replace(BOUNDARY, r"\b"), written.replace(BOUNDARY, r"(?-u:\b)"))


@lru_cache(maxsize=4_096)
def searcher(text: str) -> Callable[[str], bool]:
    r"""A function that tells whether the pattern occurs anywhere in a string, in linear time.

    >>> searcher(r"bot|crawl\w+")("a crawler"), searcher("^a$")("ab")
    (True, False)
    """
    options = re2.Options()
    options.never_capture = True
    options.log_errors = False
    # A pattern of bytes spares the wrapper the decoding of positions that nobody asks for.
    search = re2.compile(read_pattern(text).re2.encode(), options).search

    def found(subject: str) -> bool:
        return search(subject.encode()) is not None

    return found
