"""Whether a rule may be saved: every fault at once, with its place. No database here."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from features.catalogue import CATALOGUE
from features.framework import CATEGORIES, Feature
from features.types import Type
from foundation.money import is_currency
from rules import language
from rules.definition import VERTICALS, Definition, Money, Parameter
from rules.errors import Finding, Invalid
from rules.list_names import LIST_NAMES, Source
from rules.reasons import TemplateError, places

VERTICAL_TYPES = MappingProxyType(
    {
        "code": Type.STRING,
        "review_threshold": Type.NUMBER,
        "fraud_score_threshold": Type.NUMBER,
        "aml_threshold": Type.NUMBER,
        "currencies": Type.STRINGS,
    }
)
MAX_LENGTHS = {
    "name": 120,
    "description": 2_000,
    "reason": 300,
    "sentinel_id": 64,
    "owner": 120,
}
MAX_UNIT, MAX_DOC = 32, 300  # characters of a parameter's unit and description
_WORD = re.compile(r"[a-z][a-z0-9_]{1,63}")


@dataclass(frozen=True, slots=True)
class CheckedDefinition:
    """A definition that may be saved, its checked expressions, and what is merely doubtful."""

    definition: Definition
    condition: language.Checked
    score: language.Checked
    warnings: tuple[Finding, ...]


def register_list_source(source: Source) -> None:
    """From now on rules may name only lists that a source knows.

    Without any source every name is good. See `rules.list_names` for the order of several.
    """
    LIST_NAMES.register(source)


def check_definition(definition: Definition, *, any_list: bool = False) -> CheckedDefinition:
    """Raises Invalid with every finding.

    `any_list` lets the rule name lists that are not there: a published rule goes on deciding when
    one of its lists was taken away, since nothing is on it then.
    """
    findings = list(_plain_findings(definition))
    scope = make_scope(definition, any_list=any_list)
    condition = _expression("condition", definition.condition, scope, Type.BOOLEAN, findings)
    score = _expression("score", definition.score, scope, Type.NUMBER, findings)
    findings += _fixed_score(definition.score)
    if condition and score:
        used = {*condition.parameters, *score.parameters, *_places(definition.reason)}
        findings += _unused(definition, used)
    if findings or not (condition and score):
        raise Invalid(dict.fromkeys(findings))
    warnings = _warnings("condition", condition) + _warnings("score", score)
    return CheckedDefinition(definition, condition, score, warnings)


def make_scope(definition: Definition, *, any_list: bool = False) -> language.Scope:
    """The names that this rule may use."""
    return language.Scope(
        features=_readable(),
        parameters={p.name: language_parameter(p) for p in definition.parameters},
        vertical=VERTICAL_TYPES,
        lists=LIST_NAMES if LIST_NAMES and not any_list else None,
        unreadable=_unreadable(),
    )


@cache
def _readable() -> dict[str, Feature]:
    return {feature.name: feature for feature in CATALOGUE if feature.readable}


@cache
def _unreadable() -> dict[str, str]:
    reason = "is written after the decision, so no rule can read it"
    return {feature.name: reason for feature in CATALOGUE if not feature.readable}


def language_parameter(parameter: Parameter) -> language.Parameter:
    """A stored parameter as the language knows it."""
    value = parameter.value
    return language.Parameter(
        language.MoneyParameter(value.value, value.currency, value.overrides)
        if isinstance(value, Money)
        else value,
        minimum=parameter.minimum,
        maximum=parameter.maximum,
        unit=parameter.unit,
    )


def _expression(
    field: str, text: str, scope: language.Scope, expect: Type, findings: list[Finding]
) -> language.Checked | None:
    try:
        return language.check(language.parse(text), scope, expect=expect)
    except language.RuleProblems as error:
        findings += [_finding(field, text, problem) for problem in error.problems]
        return None


def _finding(field: str, text: str, problem: language.Problem) -> Finding:
    # Faults of parameters have no line; they are found with the condition and again with the score.
    return Finding(
        field if problem.line else "parameters",
        problem.message + (f" ({problem.hint})" if problem.hint else ""),
        language.format_problems(text, [problem]) if problem.line else "",
        problem,
    )


def _warnings(field: str, checked: language.Checked) -> tuple[Finding, ...]:
    return tuple(_finding(field, checked.tree.text, problem) for problem in checked.warnings)


def _fixed_score(text: str) -> Iterator[Finding]:
    """A score that is a plain number must be one of points; expressions are clipped when scored."""
    try:
        points = float(text)
    except ValueError:
        return
    if not 0 <= points <= 100:
        yield Finding("score", "Points lie between 0 and 100.")


def _unused(definition: Definition, used: set[str]) -> Iterator[Finding]:
    for parameter in definition.parameters:
        if parameter.name not in used:
            yield Finding("parameters", f"{parameter.name} is used nowhere in the rule.")


def _plain_findings(definition: Definition) -> Iterator[Finding]:
    yield from _text_findings(definition)
    yield from _word_findings(definition)
    yield from _vertical_findings(definition)
    yield from _parameter_findings(definition.parameters)
    yield from _reason_findings(definition)
    if not 0 <= definition.confidence <= 1:  # also refuses NaN
        yield Finding("confidence", "It must lie between 0 and 1.")


def _text_findings(definition: Definition) -> Iterator[Finding]:
    for field, limit in MAX_LENGTHS.items():
        text: str = getattr(definition, field)
        if len(text) > limit:
            yield Finding(field, f"At most {limit} characters, not {len(text)}.")
        if "\0" in text:
            yield Finding(field, "It holds a character that cannot be stored.")
    for field in ("name", "reason"):
        if not getattr(definition, field).strip():
            yield Finding(field, "It must not be empty.")


def _word_findings(definition: Definition) -> Iterator[Finding]:
    if definition.category not in CATEGORIES:
        yield Finding("category", f"One of {', '.join(CATEGORIES)}.")
    for field in ("family", "flag_type"):
        if not _WORD.fullmatch(getattr(definition, field)):
            yield Finding(field, "Use lower-case letters, digits and underscores.")
    for tag in definition.tags:
        if not 0 < len(tag) <= 32 or not tag.isprintable():
            yield Finding("tags", "A tag has 1 to 32 printable characters.")


def _vertical_findings(definition: Definition) -> Iterator[Finding]:
    for field in ("only", "exclude"):
        for code in getattr(definition, field):
            if code not in VERTICALS:
                yield Finding(field, f"There is no vertical {code[:64]}.")
    if definition.only and definition.exclude:
        yield Finding("exclude", "Name the verticals either in or out, not both.")


def _parameter_findings(parameters: Iterable[Parameter]) -> Iterator[Finding]:
    seen: set[str] = set()
    for parameter in parameters:
        if parameter.name in seen:
            yield Finding("parameters", f"{parameter.name} is there twice.")
        seen.add(parameter.name)
        for message in (*_bound_faults(parameter), *_note_faults(parameter)):
            yield Finding("parameters", f"{parameter.name} {message}")


def _bound_faults(parameter: Parameter) -> Iterator[str]:
    value, low, high = parameter.value, parameter.minimum, parameter.maximum
    numeric = isinstance(value, Money | int | float) and not isinstance(value, bool)
    if numeric and (low is None or high is None):
        yield "needs a minimum and a maximum."
    elif not -1e15 <= (low or 0) <= (high or 0) <= 1e15:
        yield "needs finite bounds, the minimum not above the maximum."
    if isinstance(value, Money):
        for currency in (value.currency, *value.overrides):
            if not is_currency(currency):
                yield f"has {currency[:10]!r}, which is no ISO 4217 currency."
        if any(not amount >= 0 for amount in (value.value, *value.overrides.values())):
            yield "needs amounts that are not negative."


def _note_faults(parameter: Parameter) -> Iterator[str]:
    if len(parameter.unit) > MAX_UNIT or len(parameter.doc) > MAX_DOC:
        yield f"has too long a unit (over {MAX_UNIT}) or description (over {MAX_DOC})."
    if "\0" in parameter.unit + parameter.doc:
        yield "holds a character that cannot be stored."


def _reason_findings(definition: Definition) -> Iterator[Finding]:
    try:
        names = places(definition.reason)
    except TemplateError as problem:
        yield Finding("reason", str(problem))
        return
    parameters = {parameter.name for parameter in definition.parameters}
    for name in names:
        if name not in parameters and (fault := _place_fault(name)):
            yield Finding("reason", f"{{{name}}} {fault}")


def _place_fault(name: str) -> str:
    """Why a name that is no parameter may not stand in a reason; empty when it may."""
    if name.startswith("vertical."):
        known = name.removeprefix("vertical.") in VERTICAL_TYPES
        return "" if known else "is no value of a vertical."
    feature = CATALOGUE.get(name)
    if feature is None:
        near = CATALOGUE.suggest(name)
        return "is no feature and no parameter." + (f" Did you mean {near}?" if near else "")
    if feature.type is Type.IDENTIFIER:
        return "identifies a person or device; reasons are shown and sent, so it stays out."
    return "" if feature.readable else _unreadable()[name] + "."


def _places(reason: str) -> tuple[str, ...]:
    try:
        return places(reason)
    except TemplateError:
        return ()
