"""The tree of a parsed rule: what the author wrote, before names and types are known.

Nodes are immutable and compare by what they say; where they stand (``span``) does not count.
"""

from dataclasses import dataclass, field

from rules.language.problems import NOWHERE, Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """Any part of a rule."""

    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Literal(Node):
    """A number (always a float), a string, True or False."""

    value: float | str | bool


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A feature or a parameter; which one, the scope decides."""

    name: str


@dataclass(frozen=True, slots=True)
class VerticalName(Node):
    """``vertical.<name>``: a value of the vertical that the transaction belongs to."""

    name: str


@dataclass(frozen=True, slots=True)
class Items(Node):
    """A literal list: the right side of ``in``, or the strings of ``contains_any``."""

    items: tuple[Literal, ...]


@dataclass(frozen=True, slots=True)
class Negative(Node):
    """Unary minus."""

    operand: Node


@dataclass(frozen=True, slots=True)
class Arithmetic(Node):
    """``left operator right`` with one of ``+ - * / // %``."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Comparison(Node):
    """Operands with an operator between each two; more than one operator makes a chain."""

    operators: tuple[str, ...]
    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Call(Node):
    """A function of the allow-list."""

    function: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class NotNode(Node):
    """``not operand``."""

    operand: Node


@dataclass(frozen=True, slots=True)
class Junction(Node):
    """Several conditions joined by ``and`` or by ``or``."""

    operator: str
    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Tree:
    """A parsed rule and the text that it came from (which does not count in comparisons)."""

    root: Node
    text: str = field(compare=False)
