"""What a rule may speak of: features, its own parameters, values of the vertical, lists."""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol

from features.types import Type

MAX_PARAMETER_STRING = 500
MAX_PARAMETER_ITEMS = 1_000


class Described(Protocol):
    """What the checker asks of a feature: a catalogue's feature will do, or a `Variable`."""

    @property
    def type(self) -> Type: ...
    @property
    def minimum(self) -> float | None: ...
    @property
    def maximum(self) -> float | None: ...
    @property
    def choices(self) -> Collection[str] | None: ...


@dataclass(frozen=True, slots=True)
class Variable:
    """A feature as the checker sees it: its type, and what is known of its values."""

    type: Type
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] | None = None


@dataclass(frozen=True)
class MoneyParameter:
    """An amount in a named currency, with amounts of its own for some currencies.

    ``overrides`` maps a currency to the amount that holds there instead of the converted one.
    """

    value: float
    currency: str
    overrides: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "overrides", MappingProxyType(dict(self.overrides)))

    def __hash__(self) -> int:
        return hash((self.value, self.currency, tuple(sorted(self.overrides.items()))))


def resolve_money(
    parameter: MoneyParameter, currency: str | None, rates: Mapping[str, float]
) -> float | None:
    """The parameter in the transaction's ``currency``, or None when it cannot be converted.

    ``rates`` maps a currency to the units of the transaction's currency that one unit of it costs.

    >>> limit = MoneyParameter(5_000.0, "USD", {"KES": 600_000.0})
    >>> resolve_money(limit, "NGN", {"USD": 1_500.0}), resolve_money(limit, "KES", {"USD": 129.0})
    (7500000.0, 600000.0)
    >>> resolve_money(limit, "USD", {}), resolve_money(limit, "GHS", {})
    (5000.0, None)
    """
    if currency is None:
        return None
    override = parameter.overrides.get(currency)
    if override is not None:
        return override
    if currency == parameter.currency:
        return parameter.value
    rate = rates.get(parameter.currency)
    converted = math.nan if rate is None else parameter.value * rate
    return converted if math.isfinite(converted) else None


type_of_value: Mapping[type, Type] = {
    bool: Type.BOOLEAN,
    int: Type.NUMBER,
    float: Type.NUMBER,
    str: Type.STRING,
    tuple: Type.STRINGS,
    list: Type.STRINGS,
    MoneyParameter: Type.MONEY,
}

ParameterValue = float | bool | str | tuple[str, ...] | MoneyParameter


@dataclass(frozen=True, slots=True)
class Parameter:
    """A named constant of a rule; bounds are for numbers and, in its own currency, money."""

    value: ParameterValue
    minimum: float | None = None
    maximum: float | None = None
    unit: str = ""

    @property
    def type(self) -> Type:
        """The type, read off the value."""
        return type_of_value.get(type(self.value), Type.NUMBER)


@dataclass(frozen=True, slots=True)
class Scope:
    """The names that a rule may use.

    ``vertical`` gives the types of the vertical's values; the values themselves come when a ruleset
    is compiled. ``lists`` None allows any list name. ``unreadable`` maps a name that exists but may
    not be used to the reason.
    """

    features: Mapping[str, Described] = field(default_factory=dict)
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    vertical: Mapping[str, Type] = field(default_factory=dict)
    lists: Collection[str] | None = None
    unreadable: Mapping[str, str] = field(default_factory=dict)
