"""The checked tree: names resolved, types known. Every meaning of a rule starts here.

Parameters are constants by now; only money and the vertical's values wait: for the transaction's
currency, and for the vertical that the ruleset is compiled for.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from features.types import Type
from rules.language.nodes import Tree
from rules.language.problems import NOWHERE, Problem, Span
from rules.language.scope import MoneyParameter

Value = float | bool | str | tuple[str, ...] | None
"""A value at run time. None is missing; a number is a finite double."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """Any part of a checked rule."""

    type: Type
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Constant(Term):
    """A literal or a parameter that is not money. A list is a tuple of strings or of floats."""

    value: float | bool | str | tuple[str, ...] | tuple[float, ...]


@dataclass(frozen=True, slots=True)
class MoneyConstant(Term):
    """A money parameter, converted when the transaction's currency is known."""

    parameter: MoneyParameter


@dataclass(frozen=True, slots=True)
class VerticalValue(Term):
    """``vertical.<name>``."""

    name: str


@dataclass(frozen=True, slots=True)
class FeatureTerm(Term):
    """A feature by name."""

    name: str


@dataclass(frozen=True, slots=True)
class Listed(Term):
    """Whether the feature's value stands on the named list."""

    feature: FeatureTerm
    list_name: str


@dataclass(frozen=True, slots=True)
class Apply(Term):
    """A function or operator of the table in `functions`, applied to its arguments."""

    function: str
    arguments: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Not(Term):
    """Kleene's not."""

    operand: Term


@dataclass(frozen=True, slots=True)
class And(Term):
    """Kleene's and."""

    operands: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Or(Term):
    """Kleene's or."""

    operands: tuple[Term, ...]


def is_zero(term: Term) -> bool:
    """Whether the term is the number 0, written out or as a parameter."""
    return isinstance(term, Constant) and isinstance(term.value, float) and term.value == 0.0


def children(term: Term) -> tuple[Term, ...]:
    """The parts directly below a term."""
    match term:
        case Apply(arguments=parts) | And(operands=parts) | Or(operands=parts):
            return parts
        case Not(operand=operand):
            return (operand,)
        case Listed(feature=feature):
            return (feature,)
        case _:
            return ()


def walk(term: Term) -> Iterator[Term]:
    """The term and everything below it, in the order of the text."""
    yield term
    for child in children(term):
        yield from walk(child)


@dataclass(frozen=True, slots=True)
class Dependencies:
    """What must be at hand to evaluate a rule, each in sorted order.

    ``lists`` are (feature, list) pairs; ``currencies`` those of the rule's money parameters;
    ``parameters`` all parameters that the text names.
    """

    features: tuple[str, ...]
    lists: tuple[tuple[str, str], ...]
    vertical: tuple[str, ...]
    parameters: tuple[str, ...]
    currencies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Checked:
    """An expression that passed the checker; its ``warnings`` do not keep it from being saved."""

    tree: Tree
    term: Term
    parameters: tuple[str, ...] = ()
    warnings: tuple[Problem, ...] = ()

    @property
    def type(self) -> Type:
        """What the expression gives: boolean for a condition, number for a score."""
        return self.term.type


def dependencies(checked: Checked) -> Dependencies:
    """The names that a checked rule uses."""
    parts = list(walk(checked.term))
    return Dependencies(
        features=tuple(sorted({part.name for part in parts if isinstance(part, FeatureTerm)})),
        lists=tuple(
            sorted(
                {(part.feature.name, part.list_name) for part in parts if isinstance(part, Listed)}
            )
        ),
        vertical=tuple(sorted({part.name for part in parts if isinstance(part, VerticalValue)})),
        parameters=checked.parameters,
        currencies=tuple(
            sorted({part.parameter.currency for part in parts if isinstance(part, MoneyConstant)})
        ),
    )
