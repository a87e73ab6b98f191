"""What changed, as data and in words: between two definitions, two verticals, two snapshots."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from rules.definition import (
    Definition,
    Parameter,
    PublishedRule,
    Snapshot,
    State,
    VerticalConfig,
)
from rules.reasons import say_constant, say_number, say_value


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that differs; an empty text stands for nothing there."""

    what: str
    before: str
    after: str

    def __str__(self) -> str:
        if not self.before:
            return f"{self.what} added: {self.after}"
        if not self.after:
            return f"{self.what} removed: {self.before}"
        return f"{self.what}: {self.before} -> {self.after}"


@dataclass(frozen=True, slots=True)
class Changed:
    """A rule or vertical that is in both snapshots, and differs."""

    code: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class RulesetDiff:
    """From one snapshot to another."""

    added: tuple[PublishedRule, ...]
    removed: tuple[PublishedRule, ...]
    rules: tuple[Changed, ...]
    verticals: tuple[Changed, ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.rules or self.verticals)

    @property
    def words(self) -> list[str]:
        """One sentence a change, as evidence for whoever approves."""
        lines = [f"{r.code} is added as {r.state} (version {r.version})" for r in self.added]
        lines += [f"{r.code} is removed (was {r.state})" for r in self.removed]
        lines += [f"{r.code}: {change}" for r in self.rules for change in r.changes]
        lines += [f"vertical {v.code}: {change}" for v in self.verticals for change in v.changes]
        return lines


def diff_definitions(before: Definition, after: Definition) -> tuple[Change, ...]:
    """Field by field, parameters by name."""
    plain = [
        Change(_LABELS.get(field, field), _say(a), _say(b))
        for field in Definition.__struct_fields__
        if field != "parameters" and (a := getattr(before, field)) != (b := getattr(after, field))
    ]
    return (*plain, *_diff_parameters(before.parameters, after.parameters))


_LABELS = {"only": "only in", "exclude": "not in", "reason": "reason template"}


def _diff_parameters(before: Iterable[Parameter], after: Iterable[Parameter]) -> tuple[Change, ...]:
    old = {p.name: _say_parameter(p) for p in before}
    new = {p.name: _say_parameter(p) for p in after}
    return _diff_texts("parameter ", old, new)


def _say_parameter(parameter: Parameter) -> str:
    text = f"{say_value(parameter.value)} {parameter.unit}".strip()
    if parameter.minimum is None and parameter.maximum is None:
        return text
    return f"{text} [{_bound(parameter.minimum)} .. {_bound(parameter.maximum)}]"


def _bound(value: float | None) -> str:
    return "" if value is None else say_number(value)


def _diff_texts(prefix: str, old: Mapping[str, str], new: Mapping[str, str]) -> tuple[Change, ...]:
    return tuple(
        Change(f"{prefix}{name}", old.get(name, ""), new.get(name, ""))
        for name in dict.fromkeys([*old, *new])
        if old.get(name) != new.get(name)
    )


def diff_verticals(before: VerticalConfig, after: VerticalConfig) -> tuple[Change, ...]:
    """Field by field, rule weights by rule."""
    plain = tuple(
        Change(field.replace("_", " "), _say(a), _say(b))
        for field in VerticalConfig.__struct_fields__
        if field != "rule_weights" and (a := getattr(before, field)) != (b := getattr(after, field))
    )
    old, new = (
        {code: say_number(weight) for code, weight in vertical.rule_weights.items()}
        for vertical in (before, after)
    )
    return plain + _diff_texts("weight of ", old, new)


def diff_snapshots(before: Snapshot | None, after: Snapshot) -> RulesetDiff:
    """Added, removed and changed rules, changed verticals; from None everything is added."""
    old = {rule.code: rule for rule in before.rules} if before else {}
    new = {rule.code: rule for rule in after.rules}
    return RulesetDiff(
        added=tuple(rule for code, rule in new.items() if code not in old),
        removed=tuple(rule for code, rule in old.items() if code not in new),
        rules=tuple(
            Changed(code, _diff_published(old[code], rule))
            for code, rule in new.items()
            if code in old and old[code] != rule
        ),
        verticals=_diff_all_verticals(before, after),
    )


def _diff_published(before: PublishedRule, after: PublishedRule) -> tuple[Change, ...]:
    plain = tuple(
        Change(field, _say(a), _say(b))
        for field in ("version", "state")
        if (a := getattr(before, field)) != (b := getattr(after, field))
    )
    return (
        *plain,
        *_diff_share(before, after),
        *diff_definitions(before.definition, after.definition),
    )


def _diff_share(before: PublishedRule, after: PublishedRule) -> Iterator[Change]:
    """Of customers, which is told of canaries alone."""
    if after.state is not State.CANARY:
        return
    was = _say(before.canary_percent) if before.state is State.CANARY else ""
    now = _say(after.canary_percent)
    if was != now:
        yield Change("canary percent", was, now)


def _diff_all_verticals(before: Snapshot | None, after: Snapshot) -> tuple[Changed, ...]:
    old = {vertical.code: vertical for vertical in before.verticals} if before else {}
    return tuple(
        Changed(vertical.code, diff_verticals(old[vertical.code], vertical))
        for vertical in after.verticals
        if vertical.code in old and old[vertical.code] != vertical
    )


def _say(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "nothing"
    if isinstance(value, str):
        return value or "nothing"
    return say_constant(msgspec.to_builtins(value))
