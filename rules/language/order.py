"""Whether brackets match and values and operators take turns.

Python's parser would find this out as well, but says it less clearly, and deep nesting must not
reach it at all.
"""

from rules.language.problems import Problem, Span, suggest
from rules.language.tokens import LITERAL_WORDS, SIGNS, WORD_OPERATORS, Token

MAX_NESTING = 32

_PAIRS = {")": "(", "]": "["}


def nesting_problems(tokens: list[Token]) -> list[Problem]:
    """Brackets that do not match, or more of them (or of `not not`, `- -`) than is sane."""
    open_brackets: list[Token] = []
    prefixes = 0
    for token in tokens:
        prefixes = prefixes + 1 if token.text in ("not", "-", "+") else 0
        if token.text in ("(", "["):
            open_brackets.append(token)
        elif token.text in _PAIRS:
            if not open_brackets or open_brackets[-1].text != _PAIRS[token.text]:
                return [Problem.at(token.span, f"this `{token.text}` closes nothing")]
            open_brackets.pop()
        if len(open_brackets) + prefixes > MAX_NESTING:
            return [Problem.at(token.span, f"the rule is nested deeper than {MAX_NESTING} levels")]
    if open_brackets:
        return [
            Problem.at(open_brackets[-1].span, f"this `{open_brackets[-1].text}` is never closed")
        ]
    return []


_PREFIXES = frozenset({"not", "-", "+"})
_BETWEEN = (SIGNS | WORD_OPERATORS) - {"(", "[", ")", "]", "."}


def order_problems(tokens: list[Token]) -> list[Problem]:
    """The first place where a value or an operator is missing."""
    last = tokens[-1].span
    end_span = Span(last.line, last.end_column, last.line, last.end_column + 1)
    end = Token("end", "the end", end_span)
    previous = Token("start", "", tokens[0].span)
    for token in [*tokens, end]:
        look = _after_value if _ends_value(previous) else _before_value
        problem = look(previous, token)
        if problem:
            return [problem]
        previous = token
    return []


def _ends_value(token: Token) -> bool:
    return (
        token.kind in ("number", "string")
        or token.text in (")", "]")
        or (token.kind == "name" and token.text not in WORD_OPERATORS)
    )


def _before_value(previous: Token, token: Token) -> Problem | None:
    """The problem with a token where a value should begin."""
    closes_call_or_list = token.text in (")", "]") and previous.text in ("(", "[", ",")
    not_in = previous.text == "not" and token.text == "in"
    opens_value = token.kind in ("number", "string", "name") and token.text not in WORD_OPERATORS
    prefix = token.text in _PREFIXES or token.text in ("(", "[")
    if opens_value or prefix or closes_call_or_list or not_in:
        return None
    where = f"before `{token.text}`" if token.kind != "end" else "at the end"
    return Problem.at(token.span, f"a value is missing {where}")


def _after_value(previous: Token, token: Token) -> Problem | None:
    """The problem with a token where a value has just ended."""
    if previous.kind == "number" and token.kind == "name" and _touch(previous, token):
        return Problem.at(token.span, f"a space is missing before `{token.text}`")
    calls = token.text == "(" and previous.kind == "name" and previous.text not in LITERAL_WORDS
    looks_up = token.text == "." and previous.text == "vertical"
    if token.kind == "end" or token.text in _BETWEEN or token.text in _PAIRS or calls or looks_up:
        return None
    return _gap(previous, token)


def _gap(previous: Token, token: Token) -> Problem:
    """Says best what is wrong between two tokens that cannot follow each other."""
    if token.text == ".":
        return Problem.at(token.span, "only `vertical` has values behind a dot")
    if token.text == "[":
        return Problem.at(
            token.span, "there are no subscripts", 'to test against a list, write `x in ["a", "b"]`'
        )
    if token.kind == "string" and previous.kind == "name":
        return Problem.at(
            previous.span,
            f"`{previous.text}` may not stand before a string",
            'only r"..." is known',
        )
    message = f"an operator or a comma is missing between `{previous.text}` and `{token.text}`"
    hint = suggest(token.text, sorted(WORD_OPERATORS)) if token.kind == "name" else ""
    return Problem.at(token.span, message, hint)


def _touch(one: Token, other: Token) -> bool:
    return (one.span.line, one.span.end_column) == (other.span.line, other.span.column)
