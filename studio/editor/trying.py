"""Trying a draft on one transaction: the value of each part of its condition, score and reason."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from features.catalogue import CATALOGUE
from features.framework import Value
from features.types import Type
from rules import language
from rules.checking import CheckedDefinition, check_definition, language_parameter, make_scope
from rules.definition import Definition, PublishedRule, State, VerticalConfig
from rules.engine import CompiledVertical, vertical_values
from rules.language.interpreter import Surroundings, interpret, interpret_term
from rules.language.nodes import (
    Arithmetic,
    Call,
    Comparison,
    Junction,
    Name,
    Negative,
    Node,
    NotNode,
    VerticalName,
)
from rules.language.resolver import Resolver
from rules.language.scope import ParameterValue
from rules.language.unparse import write
from rules.reasons import say, say_constant, say_number
from transactions.feature_text import readable

CODE = "draft"


@dataclass(frozen=True, slots=True)
class Subject:
    """A transaction to try a rule on. `values` is its vector; `rates` are units of `currency` for
    one unit of each other; `notes` tell what of it is not as it would be."""

    title: str
    values: Sequence[Value | None]
    currency: str
    rates: Mapping[str, float]
    listed: Collection[tuple[str, str]]
    vertical: VerticalConfig
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the condition with its value in Kleene's logic: "true", "false" or "missing".

    `operands` are the names in a part that has no parts itself, each with what it is here.
    """

    text: str
    value: str
    join: str = ""
    parts: tuple["Part", ...] = ()
    operands: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of it. `score` in points, and `reason`, only where it fires."""

    title: str
    fires: bool
    value: str
    applies: bool
    root: Part
    score: str = ""
    reason: str = ""
    notes: tuple[str, ...] = field(default=())


def try_out(definition: Definition, subject: Subject) -> Trial:
    """Raises rules.errors.Invalid when the draft is not sound."""
    checked = check_definition(definition)
    looker = _Looker(definition, subject)
    root = looker.part(checked.condition.tree.root)
    return Trial(
        title=subject.title,
        fires=root.value == "true" and definition.applies_to(subject.vertical.code),
        value=root.value,
        applies=definition.applies_to(subject.vertical.code),
        root=root,
        notes=subject.notes,
        **_told(checked, subject, looker.around),
    )


def _told(checked: CheckedDefinition, subject: Subject, around: Surroundings) -> dict[str, str]:
    """Score and reason as the engine itself gives them."""
    rule = PublishedRule(
        code=CODE, version=1, state=State.LIVE, canary_percent=100.0, definition=checked.definition
    )
    evaluation = CompiledVertical(subject.vertical, [(rule, checked)]).evaluate(
        subject.values,
        currency=subject.currency,
        rates=subject.rates,
        listed=subject.listed,
        customer_hash=None,
    )
    if not evaluation.hits:
        return {}
    [hit] = evaluation.hits
    missing = interpret(checked.score, _by_name(subject), around) is None
    score = "missing, so it counts 0 points" if missing else f"{say_constant(hit.score)} points"
    return {"score": score, "reason": hit.reason}


def _by_name(subject: Subject) -> dict[str, Value | None]:
    return {feature.name: value for feature, value in zip(CATALOGUE, subject.values, strict=True)}


class _Looker:
    """Walks what the author wrote, and asks the reference interpreter for each condition in it."""

    def __init__(self, definition: Definition, subject: Subject) -> None:
        self.scope = make_scope(definition, any_list=True)
        self.row = _by_name(subject)
        self.currency = subject.currency
        held = vertical_values(subject.vertical)
        self.around = Surroundings(held, subject.listed, subject.currency, subject.rates)
        self.parameters = {p.name: language_parameter(p).value for p in definition.parameters}

    def part(self, node: Node) -> Part:
        term = Resolver(self.scope).condition(node)
        if term is None:
            raise ValueError("a checked condition has a part that is none")
        value = _kleene(interpret_term(term, self.row, self.around))
        inner = self._inner(node)
        if inner:
            join = node.operator if isinstance(node, Junction) else "not"
            return Part(write(node), value, join, tuple(self.part(one) for one in inner))
        operands = dict(self._operand(name) for name in _names(node))
        return Part(write(node), value, operands=tuple(operands.items()))

    def _inner(self, node: Node) -> tuple[Node, ...]:
        if isinstance(node, Junction):
            return node.operands
        if isinstance(node, NotNode) and isinstance(node.operand, Junction | NotNode):
            return (node.operand,)
        return ()

    def _operand(self, node: Name | VerticalName) -> tuple[str, str]:
        if isinstance(node, VerticalName):
            return f"vertical.{node.name}", say_constant(
                self.around.vertical.get(node.name) or "unknown"
            )
        if node.name in self.parameters:
            return node.name, self._say_parameter(self.parameters[node.name])
        value = self.row.get(node.name)
        return node.name, "missing" if value is None else readable(node.name, value, self.currency)

    def _say_parameter(self, value: ParameterValue) -> str:
        if not isinstance(value, language.MoneyParameter):
            return say_constant(value)
        told = f"{say_number(value.value)} {value.currency}"
        here = language.resolve_money(value, self.currency, self.around.rates)
        if here is None:
            return f"{told}, without a rate into {self.currency}"
        same = value.currency == self.currency
        return told if same else f"{told}, here {say(here, Type.MONEY, self.currency)}"


def _names(node: Node) -> Iterator[Name | VerticalName]:
    """Names in the order of the text."""
    match node:
        case Name() | VerticalName():
            yield node
        case Negative(operand=operand) | NotNode(operand=operand):
            yield from _names(operand)
        case Arithmetic(left=left, right=right):
            yield from _names(left)
            yield from _names(right)
        case Comparison(operands=parts) | Call(arguments=parts) | Junction(operands=parts):
            for part in parts:
                yield from _names(part)


def _kleene(value: object) -> str:
    return "missing" if value is None else "true" if value else "false"
