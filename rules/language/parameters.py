"""Checks a rule's parameters: their names, their values and their bounds."""

import keyword
import math
import re
from collections.abc import Iterator, Mapping

from rules.language.functions import FUNCTION_NAMES
from rules.language.problems import Problem
from rules.language.scope import (
    MAX_PARAMETER_ITEMS,
    MAX_PARAMETER_STRING,
    MoneyParameter,
    Parameter,
    Scope,
    type_of_value,
)
from rules.language.spelling import encodable

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_CURRENCY = re.compile(r"[A-Z]{3}")


def parameter_problems(scope: Scope) -> Iterator[Problem]:
    """Every fault of the scope's parameters; they stand outside of the text, without a line."""
    for name, parameter in scope.parameters.items():
        for message in (*_name_faults(name, scope), *_value_faults(parameter)):
            yield Problem(f"parameter `{name[:80]}` {message}")


def _name_faults(name: str, scope: Scope) -> Iterator[str]:
    if not _NAME.fullmatch(name) or keyword.iskeyword(name):
        yield "needs a name of small letters, digits and _"
    elif name in scope.features or name in scope.unreadable:
        yield "has the name of a feature"
    elif name in FUNCTION_NAMES or name == "vertical":
        yield "has a name that belongs to the language"


def _value_faults(parameter: Parameter) -> Iterator[str]:
    value = parameter.value
    if type(value) not in type_of_value:
        yield "has a value of an unknown type"
    elif isinstance(value, MoneyParameter):
        yield from _money_faults(value, parameter)
    elif isinstance(value, str):
        yield from _string_faults(value)
    elif isinstance(value, tuple | list):
        yield from _list_faults(value)
    elif not isinstance(value, bool):
        yield from _number_faults(value, parameter)


def _number_faults(value: float, parameter: Parameter) -> Iterator[str]:
    if not _is_number(value):
        yield "must be a finite number"
    elif parameter.minimum is not None and value < parameter.minimum:
        yield f"is {value:g}, below its minimum {parameter.minimum:g}"
    elif parameter.maximum is not None and value > parameter.maximum:
        yield f"is {value:g}, above its maximum {parameter.maximum:g}"


def _money_faults(value: MoneyParameter, parameter: Parameter) -> Iterator[str]:
    amounts: Mapping[str, float] = {value.currency: value.value, **value.overrides}
    if not all(isinstance(currency, str) and _CURRENCY.fullmatch(currency) for currency in amounts):
        yield "needs currencies by their three capital letters"
    if not all(_is_number(amount) for amount in (value.value, *value.overrides.values())):
        yield "needs finite amounts"
    else:
        yield from _number_faults(value.value, parameter)


def _is_number(value: object) -> bool:
    """Whether the value is a number that a double can hold."""
    try:
        return (
            isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        )
    except OverflowError:
        return False


def _string_faults(value: str) -> Iterator[str]:
    if len(value) > MAX_PARAMETER_STRING:
        yield f"is too long; at most {MAX_PARAMETER_STRING} characters are allowed"
    if not encodable(value) or "\0" in value:
        yield "holds a character that is not allowed"


def _list_faults(value: tuple[str, ...] | list[str]) -> Iterator[str]:
    if len(value) > MAX_PARAMETER_ITEMS:
        yield f"has too many entries; at most {MAX_PARAMETER_ITEMS:,} are allowed"
    elif not all(isinstance(item, str) for item in value):
        yield "must hold strings only"
    else:
        yield from {fault for item in value for fault in _string_faults(item)}
