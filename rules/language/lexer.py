"""The first gate: only the language's own characters and words, in a sensible order, reach Python's parser.

Python's grammar is far larger than ours, and its parser can be made to recurse deeply, to warn, to
normalise letters (NFKC turns a full-width `ｅｖａｌ` into `eval`) or to build enormous numbers. So the
text is cut into tokens here, with bounds, before `ast` sees any of it. What passes is ASCII outside
of strings.
"""

import keyword
import re
from dataclasses import dataclass

from rules.language.problems import Problem, Span, suggest

MAX_TEXT = 4_000
MAX_TOKENS = 1_500
MAX_NESTING = 32
MAX_NUMBER_TEXT = 40
MAX_STRING_TEXT = 500

WORD_OPERATORS = frozenset({"and", "or", "not", "in"})
LITERAL_WORDS = frozenset({"True", "False"})
_OPERATORS = frozenset(
    {"==", "!=", "<=", ">=", "<", ">", "+", "-", "*", "/", "//", "%", "(", ")", "[", "]", ",", "."}
)

_TOKEN = re.compile(
    r"""(?P<space>(?:[ \t\n]|\r\n)+)
    |(?P<number>(?:[0-9][0-9_]*(?:\.[0-9_]*)?|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9]+)?)
    |(?P<string>r?(?:"(?:[^"\\\r\n]|\\[^\r\n])*"|'(?:[^'\\\r\n]|\\[^\r\n])*'))
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<operator>\*\*|//|==|!=|<=|>=|<>|&&|\|\||:=|->|<<|>>|[-+*/%<>()\[\],.=!&|^~?:;{}@`$\#\\])
    |(?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(
    r"\\(?:[\\'\"nrt]|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})|(?P<bad>\\.)", re.DOTALL
)

_HINTS = {
    "=": "to compare, write `==`",
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


@dataclass(frozen=True, slots=True)
class Token:
    """A word, number, string or operator and its place."""

    kind: str
    text: str
    span: Span


def scan(text: str) -> list[Problem]:
    """What keeps the text from being read at all; empty when Python's parser may have it."""
    if len(text) > MAX_TEXT:
        return [
            Problem(
                f"the text has {len(text):,} characters; at most {MAX_TEXT:,} are allowed", 1, 1, 2
            )
        ]
    tokens = _tokens(text)
    if not tokens:
        return [Problem("the text is empty", 1, 1, 2, "write a condition such as `amount > limit`")]
    if len(tokens) > MAX_TOKENS:
        return [
            Problem.at(
                tokens[MAX_TOKENS].span,
                f"the rule is too long: over {MAX_TOKENS:,} words and signs",
            )
        ]
    problems = [problem for token in tokens for problem in _token_problems(token)]
    return problems or _nesting_problems(tokens) or _order_problems(tokens)


def _tokens(text: str) -> list[Token]:
    tokens = []
    line, line_start = 1, 0
    for match in _TOKEN.finditer(text):
        column = match.start() - line_start + 1
        span = Span(line, column, line, column + len(match.group()))
        if match.lastgroup == "space":
            newlines = match.group().count("\n")
            if newlines:
                line, line_start = line + newlines, match.start() + match.group().rfind("\n") + 1
        else:
            tokens.append(Token(match.lastgroup or "other", match.group(), span))
    return tokens


def _token_problems(token: Token) -> list[Problem]:
    check = {
        "number": _number_problem,
        "string": _string_problem,
        "name": _name_problem,
        "operator": _operator_problem,
    }
    found = check.get(token.kind, _other_problem)(token)
    return [found] if found else []


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
    if token.text in _OPERATORS:
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


_PAIRS = {")": "(", "]": "["}


def _nesting_problems(tokens: list[Token]) -> list[Problem]:
    """Brackets that do not match, and nesting (brackets, or `not not ...`, `- - ...`) deeper than is sane."""
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
_BETWEEN = (_OPERATORS | WORD_OPERATORS) - {"(", "[", ")", "]", "."}


def _order_problems(tokens: list[Token]) -> list[Problem]:
    """The first place where a value or an operator is missing: clearer than what Python's parser would say."""
    end = Token(
        "end",
        "the end",
        Span(
            tokens[-1].span.line,
            tokens[-1].span.end_column,
            tokens[-1].span.line,
            tokens[-1].span.end_column + 1,
        ),
    )
    previous = Token("start", "", tokens[0].span)
    for token in [*tokens, end]:
        problem = (
            _after_value(previous, token)
            if _ends_value(previous)
            else _before_value(previous, token)
        )
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
    closes_call_or_list = token.text in (")", "]") and previous.text in ("(", "[", ",")
    not_in = previous.text == "not" and token.text == "in"
    opens_value = token.kind in ("number", "string", "name") and token.text not in WORD_OPERATORS
    if (
        opens_value
        or token.text in ("(", "[")
        or token.text in _PREFIXES
        or closes_call_or_list
        or not_in
    ):
        return None
    where = f"before `{token.text}`" if token.kind != "end" else "at the end"
    return Problem.at(token.span, f"a value is missing {where}")


def _after_value(previous: Token, token: Token) -> Problem | None:
    if token.kind == "end" or token.text in _BETWEEN or token.text in (")", "]"):
        return None
    plain_name = previous.kind == "name" and previous.text not in LITERAL_WORDS
    if token.text == "(" and plain_name:
        return None
    if token.text == ".":
        return (
            None
            if previous.text == "vertical"
            else Problem.at(token.span, "only `vertical` has values behind a dot")
        )
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
    return Problem.at(
        token.span,
        message,
        suggest(token.text, sorted(WORD_OPERATORS)) if token.kind == "name" else "",
    )
