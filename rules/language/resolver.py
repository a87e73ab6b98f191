"""Resolves names and types, from the author's tree to the checked one.

None stands for a part whose problem has been told: it poisons only what stands on it, so that the
rest of the rule is looked at as well.
"""

from dataclasses import dataclass, field

from features.types import Type
from rules.language import wording
from rules.language.calls import resolve_call
from rules.language.functions import OPERATORS, Function
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
from rules.language.problems import Problem, suggest
from rules.language.scope import MoneyParameter, Parameter, Scope, type_of_value
from rules.language.signatures import count_fits, fit
from rules.language.terms import (
    And,
    Apply,
    Constant,
    FeatureTerm,
    MoneyConstant,
    Not,
    Or,
    Term,
    VerticalValue,
)


@dataclass
class Resolver:
    """Walks one tree, collecting problems and the parameters that it names."""

    scope: Scope
    problems: list[Problem] = field(default_factory=list)
    parameters: set[str] = field(default_factory=set)

    def refuse(self, node: Node, message: str, hint: str = "") -> None:
        """Notes a problem, once."""
        problem = Problem.at(node.span, message, hint)
        if problem not in self.problems:
            self.problems.append(problem)

    def condition(self, node: Node) -> Term | None:
        """A term in a place where `and`, `or`, `not` and chains are welcome."""
        match node:
            case Junction(operator=operator, operands=operands):
                return _join(operator, [self.condition(operand) for operand in operands], node)
            case NotNode(operand=operand):
                inner = self.condition(operand)
                return Not(inner, type=Type.BOOLEAN, span=node.span) if inner else None
            case Comparison(operators=operators) if len(operators) > 1:
                return self._chain(node)
            case _:
                return self.leaf(node)

    def leaf(self, node: Node) -> Term | None:
        """A term that is true or false by itself."""
        term = self.value(node)
        if term and term.type is not Type.BOOLEAN:
            self.refuse(node, *wording.not_a_condition(node, term.type))
            return None
        return term

    def _chain(self, node: Comparison) -> Term | None:
        """`a < b < c` as `a < b and b < c`."""
        sides = zip(node.operands, node.operands[1:], strict=False)
        links = [
            self.value(Comparison((operator,), pair, span=node.span))
            for operator, pair in zip(node.operators, sides, strict=True)
        ]
        return _join("and", links, node)

    def value(self, node: Node) -> Term | None:
        """A term in a place where no `and`, `or`, `not` or chain may stand."""
        match node:
            case Literal(value=value):
                return Constant(value, type=type_of_value[type(value)], span=node.span)
            case Name():
                return self._name(node)
            case VerticalName():
                return self._vertical(node)
            case Negative(operand=operand):
                return self.apply(node, "negative", OPERATORS["negative"], (operand,))
            case Arithmetic(operator=operator, left=left, right=right):
                return self.apply(node, operator, OPERATORS[operator], (left, right))
            case Call():
                return resolve_call(self, node)
            case Comparison(operators=(operator,), operands=operands):
                return self._comparison(node, operator, operands)
            case Items():
                self.refuse(node, *wording.stray_list())
            case _:
                self.refuse(node, *wording.misplaced_condition(node))
        return None

    def _name(self, node: Name) -> Term | None:
        if node.name in self.scope.parameters:
            self.parameters.add(node.name)
            return _parameter_term(self.scope.parameters[node.name], node)
        feature = self.scope.features.get(node.name)
        reason = self.scope.unreadable.get(node.name)
        if reason is not None:
            self.refuse(node, f"`{node.name}` cannot be used in a rule", reason)
        elif feature is None:
            self.refuse(node, *wording.unknown_name(node.name, self.scope))
        else:
            return FeatureTerm(node.name, type=feature.type, span=node.span)
        return None

    def _vertical(self, node: VerticalName) -> Term | None:
        known = self.scope.vertical
        if node.name not in known:
            hint = suggest(node.name, known) or wording.choices(known)
            self.refuse(node, f"a vertical has no value `{node.name}`", hint)
            return None
        return VerticalValue(node.name, type=known[node.name], span=node.span)

    def apply(
        self, node: Node, name: str, function: Function, arguments: tuple[Node, ...]
    ) -> Apply | None:
        """A strict operator or function on its arguments, by the first signature that fits."""
        if not count_fits(function, len(arguments)):
            self.refuse(node, *wording.wrong_count(function.usage, len(arguments)))
            return None
        terms = self.all_of([self._argument(argument) for argument in arguments])
        if terms is None:
            return None
        fitted = fit(function, terms)
        if fitted is None:
            types = tuple(term.type for term in terms)
            self.refuse(node, *wording.wrong_types(name, function, arguments, types))
            return None
        return Apply(name, fitted[0], type=fitted[1], span=node.span)

    def all_of(self, terms: list[Term | None]) -> list[Term] | None:
        """The terms, unless one of them has a problem."""
        known = [term for term in terms if term is not None]
        return known if len(known) == len(terms) else None

    def _argument(self, node: Node) -> Term | None:
        """An operand of a function or of `in`, where a list may also stand."""
        return self._items(node) if isinstance(node, Items) else self.value(node)

    def _items(self, node: Items) -> Term | None:
        values = tuple(item.value for item in node.items)
        strings = tuple(value for value in values if isinstance(value, str))
        numbers = tuple(value for value in values if type(value) is float)
        if not values:
            self.refuse(node, "the list is empty")
        elif len(values) not in (len(strings), len(numbers)):
            self.refuse(node, "a list holds either strings or numbers")
        else:
            return Constant(strings or numbers, type=Type.STRINGS, span=node.span)
        return None

    def _comparison(
        self, node: Comparison, operator: str, operands: tuple[Node, ...]
    ) -> Term | None:
        if operator not in ("in", "not in"):
            return self.apply(node, operator, OPERATORS[operator], operands)
        left, right = operands
        terms = self.all_of([self.value(left), self._argument(right)])
        if terms is None:
            return None
        item, items = terms
        wanted = Type.NUMBER if _holds_numbers(items) else Type.STRING
        if items.type is not Type.STRINGS or item.type is not wanted:
            self.refuse(node, *wording.wrong_membership(left, item.type, right, items.type, wanted))
            return None
        found = Apply("in", (item, items), type=Type.BOOLEAN, span=node.span)
        return found if operator == "in" else Not(found, type=Type.BOOLEAN, span=node.span)


def _join(operator: str, parts: list[Term | None], node: Node) -> Term | None:
    terms = tuple(part for part in parts if part is not None)
    if len(terms) < len(parts):
        return None
    return (And if operator == "and" else Or)(terms, type=Type.BOOLEAN, span=node.span)


def _holds_numbers(term: Term) -> bool:
    """Whether the term is a literal list of numbers; every other list is of strings."""
    return (
        isinstance(term, Constant)
        and isinstance(term.value, tuple)
        and any(isinstance(value, float) for value in term.value)
    )


def _parameter_term(parameter: Parameter, node: Node) -> Term:
    value = parameter.value
    if isinstance(value, MoneyParameter):
        return MoneyConstant(value, type=Type.MONEY, span=node.span)
    if parameter.type is Type.NUMBER:
        # What is no number at all is told by parameter_problems; here it only must not raise.
        fits = isinstance(value, int | float) and abs(value) <= 1e300
        return Constant(float(value) if fits else 0.0, type=Type.NUMBER, span=node.span)  # type: ignore[arg-type]
    plain = tuple(value) if isinstance(value, list | tuple) else value
    return Constant(plain, type=parameter.type, span=node.span)
