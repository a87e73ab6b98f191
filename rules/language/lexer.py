"""The first gate: only the language's own characters and words reach Python's parser.

Python's grammar is far larger than ours, and its parser can be made to recurse deeply, to warn, to
normalise letters (NFKC turns full-width letters into plain ones, so that another `eval` appears) or
to build enormous numbers. So the text is cut into tokens here, with bounds, before `ast` sees any
of it. What passes is ASCII outside of strings.
"""

import re

from rules.language.order import nesting_problems, order_problems
from rules.language.problems import Problem, Span
from rules.language.spelling import token_problem
from rules.language.tokens import Token

MAX_TEXT = 4_000
MAX_TOKENS = 1_500

_TOKEN = re.compile(
    r"""(?P<space>(?:[ \t\n]|\r\n)+)
    |(?P<number>(?:[0-9][0-9_]*(?:\.[0-9_]*)?|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9]+)?)
    |(?P<string>r?(?:"(?:[^"\\\r\n]|\\[^\r\n])*"|'(?:[^'\\\r\n]|\\[^\r\n])*'))
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<operator>\*\*|//|==|!=|<=|>=|<>|=>|=<|&&|\|\||:=|->|<<|>>|[-+*/%<>()\[\],.=!&|^~?:;{}@`$\#\\])
    |(?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)


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
    problems = [problem for problem in map(token_problem, tokens) if problem]
    return problems or nesting_problems(tokens) or order_problems(tokens)


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
