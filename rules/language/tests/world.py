"""A small world for random rules: names of every type, well-typed trees, rows."""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import polars as pl
from hypothesis import strategies as st

from features.types import Type
from rules.language import MoneyParameter, Parameter, Scope, Surroundings, Variable
from rules.language.functions import COMPARISONS
from rules.language.nodes import (
    Arithmetic,
    Call,
    Comparison,
    Items,
    Junction,
    Literal,
    Name,
    Negative,
    Node,
    NotNode,
    VerticalName,
)

FEATURES = {
    "age": Variable(Type.NUMBER),
    "count": Variable(Type.NUMBER, minimum=0.0, maximum=1_000.0),
    "ratio": Variable(Type.NUMBER),
    "amount": Variable(Type.MONEY),
    "average": Variable(Type.MONEY),
    "vpn": Variable(Type.BOOLEAN),
    "new_device": Variable(Type.BOOLEAN),
    "country": Variable(Type.STRING, choices=("NG", "KE", "ÉÇ", "")),
    "agent": Variable(Type.STRING),
    "carrier": Variable(Type.STRING),
    "made_at": Variable(Type.TIMESTAMP),
    "seen_at": Variable(Type.TIMESTAMP),
    "email": Variable(Type.IDENTIFIER),
    "categories": Variable(Type.STRINGS),
}
PARAMETERS = {
    "threshold": Parameter(7.0, 0.0, 100.0),
    "limit": Parameter(MoneyParameter(5_000.0, "USD", {"KES": 600_000.0, "NGN": -1.0})),
    "floor_amount": Parameter(MoneyParameter(10.0, "EUR")),
    "home": Parameter("NG"),
    "bots": Parameter(("bot", "Spider", "é")),
    "nobody": Parameter(()),
    "strict": Parameter(True),
}
VERTICAL_TYPES = {
    "aml_threshold": Type.NUMBER,
    "unset": Type.NUMBER,
    "currencies": Type.STRINGS,
    "label": Type.STRING,
    "cap": Type.MONEY,
}
VERTICAL: dict[str, Any] = {
    "aml_threshold": 75.5,
    "unset": None,
    "currencies": ("NGN", "NG", "bot"),
    "label": "bot",
    "cap": MoneyParameter(100.0, "EUR", {"GHS": 5.0}),
}
LISTS = ("blocked", "disposable")
SCOPE = Scope(FEATURES, PARAMETERS, VERTICAL_TYPES, LISTS)
POSITIONS = {name: place for place, name in enumerate(reversed(FEATURES))}
PAIRS = [(feature, name) for feature in ("email", "agent") for name in LISTS]
PATTERNS = (
    r"bot",
    r"(?i)BOT|spider",
    r"^\d+$",
    r"\w+\s\w*",
    r"[^a-zé]{2,3}?",
    r"\bNG\b",
    r"(a+)+$",
    r".\.",
    r"^$",
    r"\W|[\d_-]",
    r"[É-Ü]",
    r"(?i)[k-s]",
)

# ---- trees

_NUMBERS = st.one_of(
    st.sampled_from([0.0, -0.0, 1.0, -1.0, 0.5, 2.5, 3.5, 7.0, 24.0, 100.0, 1e100, -1e100, 1e-300]),
    st.integers(-50, 50).map(float),
    st.floats(-1e6, 1e6),
)
_STRINGS = st.sampled_from(
    ["", "NG", "KE", "bot", "Spider", "É", "é", "a", "straße", '"', "\\", "\t", "İ", "😀"]
)


def _names(kind: Type) -> st.SearchStrategy[Node]:
    named = {**FEATURES, **PARAMETERS}
    found = [Name(name) for name, held in named.items() if held.type is kind]
    vertical = [VerticalName(name) for name, held in VERTICAL_TYPES.items() if held is kind]
    return st.sampled_from([*found, *found, *vertical])


def _call(function: str, *arguments: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    return st.tuples(*arguments).map(lambda parts: Call(function, parts))


def _arithmetic(
    operators: str, left: st.SearchStrategy[Node], right: st.SearchStrategy[Node]
) -> st.SearchStrategy[Node]:
    return st.builds(Arithmetic, st.sampled_from(operators.split()), left, right)


def _compare(operators: Any, side: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    return st.builds(
        lambda o, a, b: Comparison((o,), (a, b)), st.sampled_from(operators), side, side
    )


def _negative(operand: Node) -> Node:
    """What the parser makes of a minus: a number with a sign, or a node."""
    if isinstance(operand, Literal):
        return Literal(-float(operand.value))
    return Negative(operand)


def _literals(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Node]:
    return values.map(Literal)


def _branching(
    kind: st.SearchStrategy[Node], leaf: st.SearchStrategy[Node]
) -> list[st.SearchStrategy[Node]]:
    return [_call("default", kind, kind), _call("if_else", leaf, kind, kind)]


def _many(kind: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    function = st.sampled_from(["min", "max"])
    return st.builds(Call, function, st.lists(kind, min_size=2, max_size=4).map(tuple))


def _one(kind: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    function = st.sampled_from(["abs", "round", "floor", "ceil"])
    return st.builds(Call, function, kind.map(lambda part: (part,)))


_STRING_ITEMS = st.lists(_literals(_STRINGS), min_size=1, max_size=4).map(
    lambda items: Items(tuple(items))
)
_NUMBER_ITEMS = st.lists(_literals(_NUMBERS), min_size=1, max_size=4).map(
    lambda items: Items(tuple(items))
)
_LIST_NAMES = [Name("bots"), Name("nobody"), VerticalName("currencies")]
_ALL_LISTS = [*_LIST_NAMES, Name("categories")]
_FIXED_LISTS = st.one_of(_STRING_ITEMS, st.sampled_from(_LIST_NAMES))


class Trees:
    """Strategies for trees of each type, down to a depth."""

    def __init__(self, depth: int) -> None:
        self.below = Trees(depth - 1) if depth > 0 else None

    @cached_property
    def number(self) -> st.SearchStrategy[Node]:
        simple = st.one_of(_literals(_NUMBERS), _names(Type.NUMBER), _names(Type.NUMBER))
        if self.below is None:
            return simple
        number, money, moment = self.below.number, self.below.money, self.below.moment
        string, leaf = self.below.string, self.below.leaf
        return st.one_of(
            simple,
            _arithmetic("+ - * / // %", number, number),
            _arithmetic("/ //", money, money),
            number.map(_negative),
            _many(number),
            _one(number),
            _call("length", st.one_of(string, st.sampled_from(_ALL_LISTS))),
            *(_call(f"{unit}_between", moment, moment) for unit in ("seconds", "hours", "days")),
            _call("hour_of", moment),
            _call("hour_of", moment, number),
            _call("weekday_of", moment),
            _call("weekday_of", moment, number),
            *_branching(number, leaf),
        )

    @cached_property
    def money(self) -> st.SearchStrategy[Node]:
        simple = _names(Type.MONEY)
        if self.below is None:
            return simple
        number, money, leaf = self.below.number, self.below.money, self.below.leaf
        return st.one_of(
            simple,
            _arithmetic("+ - %", money, money),
            _arithmetic("* /", money, number),
            _arithmetic("*", number, money),
            money.map(_negative),
            _many(money),
            _one(money),
            st.builds(lambda part: Call("max", (part, Literal(0.0))), money),
            *_branching(money, leaf),
        )

    @cached_property
    def moment(self) -> st.SearchStrategy[Node]:
        simple = _names(Type.TIMESTAMP)
        if self.below is None:
            return simple
        return st.one_of(simple, simple, *_branching(self.below.moment, self.below.leaf))

    @cached_property
    def string(self) -> st.SearchStrategy[Node]:
        simple = st.one_of(_literals(_STRINGS), _names(Type.STRING), _names(Type.STRING))
        if self.below is None:
            return simple
        string, leaf = self.below.string, self.below.leaf
        return st.one_of(
            simple, _call("lower", string), _call("upper", string), *_branching(string, leaf)
        )

    @cached_property
    def leaf(self) -> st.SearchStrategy[Node]:
        """A condition without `and`, `or` and `not`."""
        listed = st.builds(
            lambda pair: Call("listed", (Name(pair[0]), Literal(pair[1]))), st.sampled_from(PAIRS)
        )
        simple = st.one_of(
            _names(Type.BOOLEAN),
            listed,
            st.sampled_from(list(FEATURES)).map(lambda name: Call("known", (Name(name),))),
        )
        if self.below is None:
            return simple
        below = self.below
        number, money, moment = below.number, below.money, below.moment
        string, leaf = below.string, below.leaf
        membership = st.sampled_from(["in", "not in"])
        return st.one_of(
            simple,
            _compare(COMPARISONS, number),
            _compare(COMPARISONS, money),
            _compare(COMPARISONS, moment),
            _compare(["==", "!="], string),
            st.builds(
                lambda o, a: Comparison((o,), (a, Literal(0.0))),
                st.sampled_from(COMPARISONS),
                money,
            ),
            st.builds(
                lambda o, a, b: Comparison((o,), (a, b)),
                membership,
                string,
                st.one_of(_FIXED_LISTS, st.just(Name("categories"))),
            ),
            st.builds(lambda o, a, b: Comparison((o,), (a, b)), membership, number, _NUMBER_ITEMS),
            *(
                _call(function, string, string)
                for function in ("startswith", "endswith", "contains")
            ),
            _call("contains_any", string, _FIXED_LISTS),
            _call("matches", string, _literals(st.sampled_from(PATTERNS))),
            _call("is_whole", st.one_of(number, money)),
            _call("known", st.one_of(number, money, string, leaf)),
            *_branching(leaf, leaf),
        )

    @cached_property
    def condition(self) -> st.SearchStrategy[Node]:
        leaf = self.leaf
        if self.below is None:
            return leaf
        inner = self.below.condition
        chain = st.builds(
            lambda operators, operands: Comparison(tuple(operators), tuple(operands)),
            st.lists(st.sampled_from(COMPARISONS), min_size=2, max_size=2),
            st.lists(self.below.number, min_size=3, max_size=3),
        )
        joined = st.builds(
            Junction,
            st.sampled_from(["and", "or"]),
            st.lists(inner, min_size=2, max_size=3).map(tuple),
        )
        return st.one_of(leaf, leaf, inner.map(NotNode), joined, joined, chain)


# ---- rows

_FLOATS = st.one_of(
    st.none(),
    st.sampled_from(
        [
            0.0,
            -0.0,
            1.0,
            -1.0,
            0.5,
            2.5,
            7.0,
            math.nan,
            math.inf,
            -math.inf,
            1e308,
            -1e308,
            5e-324,
            2.0**53,
        ]
    ),
    st.integers(-20, 120).map(float),
    st.floats(),
)
_TEXTS = st.one_of(
    st.none(),
    st.sampled_from(
        [
            "",
            "NG",
            "bot",
            "a bot.",
            "BOT",
            "Spider",
            "é",
            "É",
            "12",
            "\u017f\u212a",
            "İ",
            "a\nb",
            "NG é",
            "😀",
            "\0",
        ]
    ),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
)
_MOMENTS = st.one_of(_FLOATS, st.floats(-1e9, 4e9), st.integers(0, 2_000_000_000).map(float))
_VALUES: dict[Type, st.SearchStrategy[Any]] = {
    Type.NUMBER: _FLOATS,
    Type.MONEY: _FLOATS,
    Type.TIMESTAMP: _MOMENTS,
    Type.BOOLEAN: st.sampled_from([None, True, False]),
    Type.STRING: _TEXTS,
    Type.IDENTIFIER: st.sampled_from([None, "3f", "a0"]),
    Type.STRINGS: st.one_of(
        st.none(), st.lists(_TEXTS.filter(lambda text: text is not None), max_size=3).map(tuple)
    ),
}


@dataclass(frozen=True)
class Row:
    """One transaction of the random world."""

    values: dict[str, Any]
    listed: frozenset[tuple[str, str]]
    currency: str | None
    rates: dict[str, float | None]

    @property
    def vector(self) -> list[Any]:
        return [self.values[name] for name in sorted(POSITIONS, key=POSITIONS.__getitem__)]

    @property
    def surroundings(self) -> Surroundings:
        return Surroundings(VERTICAL, self.listed, self.currency, self.known_rates)

    @property
    def known_rates(self) -> dict[str, float]:
        return {currency: rate for currency, rate in self.rates.items() if rate is not None}


ROWS = st.builds(
    Row,
    st.fixed_dictionaries({name: _VALUES[held.type] for name, held in FEATURES.items()}),
    st.frozensets(st.sampled_from(PAIRS)),
    st.sampled_from(["NGN", "USD", "KES", "GHS", None]),
    st.fixed_dictionaries({"USD": _FLOATS, "EUR": _FLOATS}),
)

_DTYPES = {
    Type.NUMBER: pl.Float64,
    Type.MONEY: pl.Float64,
    Type.TIMESTAMP: pl.Float64,
    Type.BOOLEAN: pl.Boolean,
    Type.STRING: pl.String,
    Type.IDENTIFIER: pl.String,
    Type.STRINGS: pl.List(pl.String),
}


def frame(rows: list[Row]) -> pl.DataFrame:
    """The rows as the table that Polars rules read."""
    columns = [
        pl.Series(name, [row.values[name] for row in rows], dtype=_DTYPES[held.type])
        for name, held in FEATURES.items()
    ]
    columns += [
        pl.Series(f"listed:{feature}:{name}", [(feature, name) in row.listed for row in rows])
        for feature, name in PAIRS
    ]
    columns.append(pl.Series("currency", [row.currency for row in rows], dtype=pl.String))
    columns += [
        pl.Series(f"fx:{currency}", [row.rates[currency] for row in rows], dtype=pl.Float64)
        for currency in ("USD", "EUR")
    ]
    return pl.DataFrame(columns)
