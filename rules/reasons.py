"""Reasons for people: ``{name}`` templates, checked when saved, compiled once, filled per hit."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from types import MappingProxyType

from features.types import Type
from foundation.durations import SECONDS, say_duration, say_limit
from foundation.money import minor_units
from rules.definition import Money, Value

_PLACE = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?")
MAX_TEXT = 60  # characters of a client's own text that a reason repeats


class TemplateError(Exception):
    """A template that cannot be filled; the message is for its author."""


@dataclass(frozen=True, slots=True)
class Place:
    """A name in a template, to be replaced by its value; of a count, with the word that follows it,
    for one and for any other number."""

    name: str
    one: str = ""
    many: str = ""

    @property
    def follow(self) -> tuple[str, str]:
        """What is put after a value of 1, and after any other."""
        return (f" {self.one}", f" {self.many}") if self.one else ("", "")


@lru_cache(maxsize=1024)  # a ruleset compiles each template once for every vertical
def parse_template(text: str) -> tuple[str | Place, ...]:
    """Texts and places in order; ``{{`` and ``}}`` stand for braces. Raises TemplateError."""
    parts: list[str | Place] = []
    end = 0
    for match in _PLACE.finditer(text):
        parts.append(text[end : match.start()])
        parts.append(_part(match))
        end = match.end()
    parts.append(text[end:])
    return tuple(part for part in parts if part != "")


def _part(match: re.Match[str]) -> str | Place:
    if match[0] in {"{{", "}}"}:
        return match[0][0]
    if match[1] is None:
        raise TemplateError(
            f"A lone {match[0]} at column {match.start() + 1}: write {match[0] * 2} for a brace."
        )
    name, *words = match[1].split("|")
    if not _NAME.fullmatch(name):
        raise TemplateError(f"{{{name}}} is not a name: only names go between braces.")
    if words and (len(words) != 2 or not all(word.strip() for word in words)):
        raise TemplateError(
            f"{{{match[1]}}} needs two words: for one and for several, as {{{name}|time|times}}."
        )
    return Place(name, *words)


def places(text: str) -> tuple[str, ...]:
    """Names that a template uses, in order, each once."""
    names = [part.name for part in parse_template(text) if isinstance(part, Place)]
    return tuple(dict.fromkeys(names))


Getter = Callable[[Sequence[object], Sequence[float | None], str], str]


@dataclass(frozen=True, slots=True)
class Template:
    """A compiled template: constants are already text, the rest is looked up by position."""

    parts: tuple[str | Getter, ...]

    def render(self, values: Sequence[object], money: Sequence[float | None], currency: str) -> str:
        """The sentence for one transaction: its vector, its converted money parameters."""
        return "".join(
            [p if isinstance(p, str) else p(values, money, currency) for p in self.parts]
        )


def compile_template(
    text: str,
    features: Mapping[str, tuple[int, Type, str]],
    constants: Mapping[str, object],
    money: Mapping[str, int],
    units: Mapping[str, str] = MappingProxyType({}),
) -> Template:
    """Template over features (position, type, unit), constants and money parameters (position).

    `units` are those of the constants, by name. A length of time is told with a unit that suits it,
    and the template's own word for the unit after it is left out.
    """
    parts: list[str | Getter] = []
    unit = ""
    for part in parse_template(text):
        if isinstance(part, str):
            parts.append(_without(part, unit))
            unit = ""
        elif part.name in constants:
            unit = _time_unit(units.get(part.name, ""))
            parts.append(_say_constant(constants[part.name], unit, part))
        elif part.name in money:
            unit = ""
            parts.append(_money_getter(money[part.name]))
        else:
            position, kind, unit = features[part.name]
            unit = _time_unit(unit)
            parts.append(_feature_getter(position, kind, unit, part))
    return Template(tuple(parts))


def _time_unit(unit: str) -> str:
    return unit if unit in SECONDS else ""


def _without(text: str, unit: str) -> str:
    """The text after a length of time, without the word for its unit."""
    return re.sub(rf"^ {unit[:-1]}s?\b", "", text) if unit else text


def _money_getter(position: int) -> Getter:
    return lambda values, money, currency: say(money[position], Type.MONEY, currency)


def _feature_getter(position: int, kind: Type, unit: str, place: Place) -> Getter:
    one, many = place.follow
    if kind is not Type.NUMBER or not (unit or many):
        return lambda values, money, currency: say(values[position], kind, currency)
    return lambda values, money, currency: _say_measured(values[position], unit, one, many)


def _say_measured(value: object, unit: str, one: str, many: str) -> str:
    if not isinstance(value, int | float):
        return f"unknown{many}"
    text = say_duration(value, unit) if unit else say_number(value)
    return f"{text}{one if value == 1 else many}"


def _say_constant(value: object, unit: str, place: Place) -> str:
    one, many = place.follow
    text = say_limit(value, unit) if unit and isinstance(value, float) else say_constant(value)
    return f"{text}{one if value == 1 else many}"


def say(value: object, kind: Type, currency: str = "") -> str:
    """A value as people write it: 1,234.5 · NGN 500,000 · yes · 3 May 2026, 14:05 UTC · unknown."""
    if value is None:
        return "unknown"
    if kind is Type.MONEY and isinstance(value, int | float):
        return f"{currency} {say_amount(value, minor_units(currency))}"
    if kind is Type.TIMESTAMP and isinstance(value, int | float):
        return say_time(value)
    return say_constant(value)


def say_constant(value: object) -> str:
    """A value whose kind shows: booleans as yes and no, lists shortened after five."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return say_number(value)
    if isinstance(value, tuple | list):
        shown = ", ".join(_clean(str(item)) for item in value[:5])
        return shown + (" ..." if len(value) > 5 else "")
    return _clean(str(value))


def say_value(value: Value) -> str:
    """A parameter's value for people: ``5,000 USD (NGN 8,000,000)``."""
    if isinstance(value, Money):
        others = ", ".join(f"{c} {say_number(v)}" for c, v in sorted(value.overrides.items()))
        return f"{say_number(value.value)} {value.currency}" + (f" ({others})" if others else "")
    if isinstance(value, tuple):
        return ", ".join(value) or "nothing"
    return say_constant(value)


def say_number(value: float) -> str:
    """Thousands separated; two decimals at most, three digits below 1."""
    if abs(value) < 1:
        return f"{value:.3g}"
    text = f"{value:,.2f}"
    return text.rstrip("0").rstrip(".")


def say_amount(value: float, decimals: int) -> str:
    """An amount with all of its currency's decimals, or with none when they are zero."""
    text = f"{value:,.{decimals}f}"
    return text.removesuffix("." + "0" * decimals) if decimals else text


def say_time(epoch: float) -> str:
    """Minute precision, UTC; a time outside the calendar is told as its number."""
    try:
        moment = datetime.fromtimestamp(epoch, UTC)
    except (OverflowError, OSError, ValueError):
        return say_number(epoch)
    return f"{moment.day} {moment:%b %Y, %H:%M} UTC"


def _clean(text: str) -> str:
    """One line of printable text, at most MAX_TEXT characters."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= MAX_TEXT else line[: MAX_TEXT - 1] + "…"
