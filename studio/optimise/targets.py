"""What can be slid: a number or amount of a rule, a threshold of a vertical, a rule's weight."""

from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from rules.definition import Definition, Money, Parameter, PublishedRule, State, VerticalConfig
from rules.models import Rule, Vertical
from rules.queries import published_snapshot
from studio.backtest.errors import BadEdit
from studio.optimise.values import parameter_values, threshold_values, weight_values

Kind = Literal["parameter", "threshold", "weight"]
THRESHOLDS = {
    "review_threshold": "Review threshold",
    "fraud_score_threshold": "Decline threshold",
}


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """`rule` of a parameter or weight; `name` of a parameter or threshold; `vertical` of a
    threshold or weight, and of a parameter the one alone that is looked at, if any."""

    kind: Kind
    rule: str = ""
    name: str = ""
    vertical: str = ""

    @property
    def slug(self) -> str:
        """As an address and the audit trail name it."""
        return ".".join(part for part in (self.vertical, self.rule, self.name) if part)


@dataclass(frozen=True, slots=True)
class Ladder:
    """A target with the values to be tried. `rules` or `configs` has one for each value."""

    target: Target
    title: str
    unit: str
    current: float
    values: list[float]
    rule: PublishedRule | None
    rules: list[PublishedRule]
    config: VerticalConfig | None


def ladder_of(target: Target) -> Ladder:
    """The values to try around the one in the rule book. Raises BadEdit."""
    if target.kind == "parameter":
        return _of_parameter(target)
    config = _config(target.vertical)
    return (
        _of_threshold(target, config) if target.kind == "threshold" else _of_weight(target, config)
    )


def _of_parameter(target: Target) -> Ladder:
    rule = in_book(target.rule)
    parameter = _parameter(rule.definition, target.name)
    current = _number(parameter.value)
    values = parameter_values(
        current, parameter.minimum, parameter.maximum, whole=_is_whole(parameter)
    )
    money = parameter.value if isinstance(parameter.value, Money) else None
    return Ladder(
        target=target,
        title=f"{rule.definition.name}: {target.name.replace('_', ' ')}",
        unit=money.currency if money else parameter.unit,
        current=current,
        values=values,
        rule=rule,
        rules=[with_parameter(rule, target.name, value) for value in values],
        config=None,
    )


def _of_threshold(target: Target, config: VerticalConfig) -> Ladder:
    if target.name not in THRESHOLDS:
        raise BadEdit(f"{target.name} is no threshold of a vertical.")
    is_review = target.name == "review_threshold"
    low, high = (1, config.fraud_score_threshold) if is_review else (config.review_threshold, 100)
    return Ladder(
        target=target,
        title=f"{config.name}: {THRESHOLDS[target.name].lower()}",
        unit="points",
        current=float(getattr(config, target.name)),
        values=threshold_values(low, high),
        rule=None,
        rules=[],
        config=config,
    )


def _of_weight(target: Target, config: VerticalConfig) -> Ladder:
    rule = in_book(target.rule)
    if not rule.definition.applies_to(config.code):
        raise BadEdit(f"The rule {rule.code} is not evaluated in {config.name}.")
    if rule.state not in (State.LIVE, State.CANARY):
        # Its weight matters once it decides: tried as if it did.
        rule = msgspec.structs.replace(rule, state=State.LIVE)
    current = config.rule_weights.get(rule.code, 1.0)
    values = weight_values(current)
    return Ladder(
        target=target,
        title=f"{config.name}: weight of {rule.definition.name}",
        unit="",
        current=current,
        values=values,
        rule=rule,
        rules=[rule] * len(values),
        config=config,
    )


def with_parameter(rule: PublishedRule, name: str, value: float) -> PublishedRule:
    """The rule with another value; of an amount the overrides go along in proportion."""
    changed = with_value(rule.definition, name, value)
    return msgspec.structs.replace(rule, definition=changed)


def with_value(definition: Definition, name: str, value: float) -> Definition:
    parameters = tuple(
        msgspec.structs.replace(p, value=_valued(p.value, value)) if p.name == name else p
        for p in definition.parameters
    )
    return msgspec.structs.replace(definition, parameters=parameters)


def _valued(old: Any, value: float) -> float | Money:
    if not isinstance(old, Money):
        return value
    ratio = value / old.value if old.value else 1.0
    overrides = {code: round(amount * ratio, 2) for code, amount in old.overrides.items()}
    return msgspec.structs.replace(old, value=value, overrides=overrides)


def in_book(code: str) -> PublishedRule:
    """The rule as the book has it, deciding: a draft, and what is in shadow, are tried as if live.
    Raises BadEdit for one that is not there."""
    rule = Rule.objects.select_related("current").filter(code=code).first()
    if rule is None or rule.current is None:
        raise BadEdit(f"There is no rule {code}.")
    in_force = published_snapshot()
    known = {one.code: one for one in in_force.rules} if in_force else {}
    published = known.get(code)
    is_canary = published is not None and published.state is State.CANARY
    return PublishedRule(
        code=code,
        version=rule.version.number,
        state=State.CANARY if is_canary else State.LIVE,
        canary_percent=float(rule.canary_percent) if is_canary else 100.0,
        definition=rule.version.definition,
    )


def sliding(definition: Definition) -> list[Parameter]:
    """Its parameters that can be slid."""
    return [p for p in definition.parameters if _is_number(p.value)]


def _parameter(definition: Definition, name: str) -> Parameter:
    for parameter in sliding(definition):
        if parameter.name == name:
            return parameter
    raise BadEdit(f"It has no number or amount named {name}.")


def _is_number(value: Any) -> bool:
    return isinstance(value, Money) or (
        isinstance(value, int | float) and not isinstance(value, bool)
    )


def _number(value: Any) -> float:
    return float(value.value if isinstance(value, Money) else value)


def _is_whole(parameter: Parameter) -> bool:
    """Whether only whole numbers are tried: of counts and ages, which are written so."""
    value = parameter.value
    return not isinstance(value, Money) and abs(_number(value)) >= 2 and _number(value).is_integer()


def _config(code: str) -> VerticalConfig:
    vertical = Vertical.objects.filter(code=code).first()
    if vertical is None:
        raise BadEdit(f"There is no vertical {code}.")
    return vertical.config
