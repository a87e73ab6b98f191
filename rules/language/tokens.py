"""The words of a rule's text."""

from dataclasses import dataclass

from rules.language.problems import Span

WORD_OPERATORS = frozenset({"and", "or", "not", "in"})
LITERAL_WORDS = frozenset({"True", "False"})
SIGNS = frozenset(
    ["==", "!=", "<=", ">=", "<", ">", "+", "-", "*", "/", "//", "%", "(", ")", "[", "]", ",", "."]
)


@dataclass(frozen=True, slots=True)
class Token:
    """A word, number, string or operator and its place."""

    kind: str
    text: str
    span: Span
