"""What is wrong with a rule's text, told so that its author can mend it."""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """An error keeps a rule from being saved; a warning is shown beside it."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Span:
    """Where something stands: lines and columns count from 1, ``end_column`` is one after."""

    line: int
    column: int
    end_line: int
    end_column: int


NOWHERE = Span(0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding. ``line`` 0 means that it belongs to no place in the text (a parameter, say)."""

    message: str
    line: int = 0
    column: int = 0
    end_column: int = 0
    hint: str = ""
    severity: Severity = Severity.ERROR

    @classmethod
    def at(
        cls, span: Span, message: str, hint: str = "", severity: Severity = Severity.ERROR
    ) -> "Problem":
        """A problem that covers ``span``, or its first line when it covers several."""
        end_column = span.end_column if span.end_line == span.line else span.column + 1
        return cls(message, span.line, span.column, end_column, hint, severity)


class RuleProblems(ValueError):
    """A rule's text was refused. ``problems`` holds every finding, in the order of the text."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: (problem.line, problem.column)))
        super().__init__("; ".join(problem.message for problem in self.problems))


def suggest(word: str, known: Iterable[str]) -> str:
    """A "did you mean" hint with the nearest known words, or "" when none is near.

    >>> suggest("amonut", ["amount", "currency"])
    'did you mean `amount`?'
    >>> suggest("zzz", ["amount", "currency"])
    ''
    """
    if len(word) > 100:
        return ""
    near = difflib.get_close_matches(word, list(known), n=2, cutoff=0.65)
    return f"did you mean {' or '.join(f'`{name}`' for name in near)}?" if near else ""


def format_problems(text: str, problems: Sequence[Problem]) -> str:
    """The problems as a compiler prints them: the line, carets under the place, a hint.

    >>> problem = Problem("there is no `amonut`", 1, 1, 7, "did you mean `amount`?")
    >>> print(format_problems("amonut > 5", [problem]))
    error: there is no `amonut`
      |
    1 | amonut > 5
      | ^^^^^^
      = hint: did you mean `amount`?
    """
    lines = text.split("\n")
    return "\n\n".join(_format(lines, problem) for problem in problems)


def _format(lines: Sequence[str], problem: Problem) -> str:
    shown = [f"{problem.severity}: {problem.message}"]
    margin = " " * len(str(problem.line))
    if 0 < problem.line <= len(lines):
        source, shift = _window(lines[problem.line - 1], problem.column)
        carets = "^" * max(1, min(problem.end_column - problem.column, len(source) + 1))
        shown += [
            f"{margin} |",
            f"{problem.line} | {source}",
            f"{margin} | {' ' * (problem.column - 1 - shift)}{carets}",
        ]
    if problem.hint:
        shown.append(f"{margin} = hint: {problem.hint}")
    return "\n".join(line.rstrip() for line in shown)


def _window(line: str, column: int, width: int = 120) -> tuple[str, int]:
    """At most ``width`` printable characters around the column, and how many were cut before."""
    printable = "".join(character if character.isprintable() else " " for character in line)
    start = 0 if len(printable) <= width else max(0, column - 1 - width // 2)
    return printable[start : start + width], start
