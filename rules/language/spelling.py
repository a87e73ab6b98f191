"""Whether each token by itself belongs to the language, and what to write instead."""

import keyword
import re

from rules.language.problems import Problem
from rules.language.tokens import LITERAL_WORDS, SIGNS, WORD_OPERATORS, Token

MAX_NUMBER_TEXT = 40
MAX_STRING_TEXT = 500

_ESCAPE = re.compile(
    r"\\(?:[\\'\"nrt]|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})|(?P<bad>\\.)", re.DOTALL
)

_HINTS = {
    "=": "to compare, write `==`",
    "=>": "write `>=`",
    "=<": "write `<=`",
    "**": "write the product out: `x * x`",
    "&&": "write `and`",
    "&": "write `and`",
    "||": "write `or`",
    "|": "write `or`",
    "!": "write `not`",
    "~": "write `not`",
    "<>": "write `!=`",
    "?": "write `if_else(condition, a, b)`",
    ":": "write `if_else(condition, a, b)` for a choice",
    "{": 'write a list as `("a", "b")`',
    "}": 'write a list as `("a", "b")`',
    "#": "a rule's description is the place for remarks",
    "$": "names stand without `$`",
    "if": "write `if_else(condition, a, b)`",
    "else": "write `if_else(condition, a, b)`",
    "is": "write `==`, or `known(x)` to ask whether x is there",
    "None": "a value that is not there is missing: ask with `known(x)`",
    "null": "a value that is not there is missing: ask with `known(x)`",
    "nan": "a value that is not there is missing: ask with `known(x)`",
}


def token_problem(token: Token) -> Problem | None:
    """What is wrong with one token by itself, if anything."""
    check = {
        "number": _number_problem,
        "string": _string_problem,
        "name": _name_problem,
        "operator": _operator_problem,
    }
    return check.get(token.kind, _other_problem)(token)


def _number_problem(token: Token) -> Problem | None:
    if len(token.text) > MAX_NUMBER_TEXT:
        return Problem.at(token.span, f"a number may have at most {MAX_NUMBER_TEXT} characters")
    whole = token.text.partition(".")[0].lower().partition("e")[0]
    if re.search(r"__|_(?:[.eE]|$)|\._", token.text) or (len(whole) > 1 and whole.startswith("0")):
        return Problem.at(
            token.span,
            f"`{token.text}` is not a number",
            "write numbers like 5, 0.25, 10_000 or 1e6",
        )
    return None


def _string_problem(token: Token) -> Problem | None:
    if len(token.text) > MAX_STRING_TEXT:
        return Problem.at(token.span, f"a string may have at most {MAX_STRING_TEXT} characters")
    if not encodable(token.text) or "\0" in token.text:
        return Problem.at(token.span, "the string holds a character that is not allowed")
    bad = (
        None
        if token.text.startswith("r")
        else next((m for m in _ESCAPE.finditer(token.text) if m["bad"]), None)
    )
    if bad:
        hint = f'write `\\{bad.group()}`, or put r before the string: r"..."'
        return Problem.at(token.span, f"`{bad.group()}` means nothing in a string", hint)
    return None


def encodable(text: str) -> bool:
    """Whether the text is valid Unicode: no half of a surrogate pair."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _name_problem(token: Token) -> Problem | None:
    word = token.text
    if word in WORD_OPERATORS or word in LITERAL_WORDS:
        return None
    if keyword.iskeyword(word) or word in _HINTS:
        return Problem.at(
            token.span, f"`{word}` is not part of the rule language", _HINTS.get(word, "")
        )
    for right in WORD_OPERATORS | LITERAL_WORDS:
        if word.lower() == right.lower():
            return Problem.at(
                token.span, f"`{word}` is not part of the rule language", f"write `{right}`"
            )
    return None


def _operator_problem(token: Token) -> Problem | None:
    if token.text in SIGNS:
        return None
    return Problem.at(
        token.span, f"`{token.text}` is not part of the rule language", _HINTS.get(token.text, "")
    )


def _other_problem(token: Token) -> Problem:
    if token.text in "\"'":
        return Problem.at(
            token.span, "the string has no end", "close it with the same quote, on the same line"
        )
    shown = token.text if token.text.isprintable() else f"U+{ord(token.text):04X}"
    hint = (
        "outside of strings only plain letters a-z, digits and _ are allowed"
        if token.text.isalpha()
        else ""
    )
    return Problem.at(token.span, f"the character {shown} is not allowed here", hint)
