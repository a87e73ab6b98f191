"""The live check: everything wrong with a draft, where it stands, and the builder's view of it.

Nothing is read from the database but the names of lists, which stay in memory for seconds.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from features.types import Type
from rules import language
from rules.checking import check_definition, make_scope
from rules.definition import Definition, Parameter, Severity
from rules.diffs import diff_definitions
from rules.errors import Finding, Invalid
from rules.language.nodes import Tree
from studio.editor.builder import from_builder, to_builder
from studio.editor.drafts import ROWS, Draft, Mistake

_EXPECTED = {"condition": Type.BOOLEAN, "score": Type.NUMBER}
_NAME = re.compile(r"^(?:parameter )?`?([a-z][a-z0-9_]*)`? ")


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """One thing wrong (or, as a warning, doubtful). Lines and columns count from 1."""

    field: str
    message: str
    hint: str = ""
    severity: str = "error"
    line: int = 0
    column: int = 0
    end_column: int = 0
    parameter: str = ""
    block: str = ""


class Checkup(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a draft. `sound`: it may be saved. `builder` is None when the condition cannot
    be read; `canonical` is its text as the language writes it. `changes` are in words."""

    sound: bool
    found: tuple[Found, ...]
    builder: dict[str, Any] | None
    canonical: str
    changes: tuple[tuple[str, str, str], ...]


def check_up(draft: Draft, *, base: Definition | None) -> Checkup:
    """All there is to say about the draft while it is typed; `base` is what it changes."""
    definition = draft.definition
    found = tuple(_of_definition(definition) if definition else _of_half(draft))
    tree = _tree(draft.typed["condition"])
    return Checkup(
        sound=all(one.severity != "error" for one in found),
        found=found,
        builder=to_builder(tree.root) if tree else None,
        canonical=language.unparse(tree) if tree else "",
        changes=_in_words(base, definition),
    )


def text_of_builder(part: object) -> str:
    """The condition that a builder describes, in canonical form. Raises RuleProblems."""
    return language.unparse(Tree(from_builder(part), ""))


def errors_in(definition: Definition) -> tuple[Found, ...]:
    """The errors, without the warnings, of a whole definition."""
    return tuple(one for one in _of_definition(definition) if one.severity == "error")


def _of_definition(definition: Definition) -> Iterator[Found]:
    names = {parameter.name for parameter in definition.parameters}
    try:
        checked = check_definition(definition)
    except Invalid as error:
        yield from (_found(finding, names) for finding in error.findings)
    else:
        yield from (_found(finding, names) for finding in checked.warnings)


def _of_half(draft: Draft) -> Iterator[Found]:
    """The forms' mistakes, and those of the expressions as far as they can be told."""
    yield from (_of_mistake(mistake) for mistake in draft.mistakes)
    scope = make_scope(_half(draft.parameters()))
    empty = {mistake.field for mistake in draft.mistakes if not mistake.parameter}
    for field, expect in _EXPECTED.items():
        text = draft.typed[field]
        problems = () if field in empty else _problems(text, scope, expect)
        yield from (_of_problem(field, text, problem) for problem in problems if problem.line)


def _half(parameters: tuple[Parameter, ...]) -> Definition:
    """Whatever has these parameters: what an expression may name does not depend on the rest."""
    return Definition(
        name="", category="", condition="", score="", confidence=0.0, severity=Severity.LOW,
        reason="", family="", flag_type="", parameters=parameters,
    )  # fmt: skip


def _problems(text: str, scope: language.Scope, expect: Type) -> Iterable[language.Problem]:
    try:
        return language.check(language.parse(text), scope, expect=expect).warnings
    except language.RuleProblems as error:
        return error.problems


def _tree(text: str) -> Tree | None:
    try:
        return language.parse(text)
    except language.RuleProblems:
        return None


def _found(finding: Finding, names: set[str]) -> Found:
    problem = finding.problem
    if problem and problem.line:
        return msgspec.structs.replace(_at(finding.field, problem), block=finding.block)
    named = _NAME.match(finding.message) if finding.field == ROWS else None
    parameter = named[1] if named and named[1] in names else ""
    return Found(field=finding.field, message=finding.message, parameter=parameter)


def _of_problem(field: str, text: str, problem: language.Problem) -> Found:
    block = language.format_problems(text, [problem])
    return msgspec.structs.replace(_at(field, problem), block=block)


def _at(field: str, problem: language.Problem) -> Found:
    return Found(
        field=field,
        message=problem.message,
        hint=problem.hint,
        severity=problem.severity.value,
        line=problem.line,
        column=problem.column,
        end_column=problem.end_column,
    )


def _of_mistake(mistake: Mistake) -> Found:
    return Found(field=mistake.field, message=mistake.message, parameter=mistake.parameter)


def _in_words(
    base: Definition | None, definition: Definition | None
) -> tuple[tuple[str, str, str], ...]:
    if base is None or definition is None:
        return ()
    return tuple((c.what, c.before, c.after) for c in diff_definitions(base, definition))
