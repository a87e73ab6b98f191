"""Resolves names and types. All problems of a rule are found in one go; a wrong part poisons only what stands on it."""

from dataclasses import dataclass, field

from features.types import Type
from rules.language import wording
from rules.language.analysis import findings
from rules.language.functions import (
    COMPARISONS,
    FUNCTION_NAMES,
    FUNCTIONS,
    OPERATORS,
    SPECIAL,
    Function,
    Signature,
)
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
    Tree,
    VerticalName,
)
from rules.language.parameters import parameter_problems
from rules.language.patterns import PatternError, read_pattern
from rules.language.polars_patterns import polars_refusal
from rules.language.problems import Problem, RuleProblems, Severity, suggest
from rules.language.scope import MoneyParameter, Parameter, Scope
from rules.language.terms import (
    And,
    Apply,
    Checked,
    Constant,
    FeatureTerm,
    Listed,
    MoneyConstant,
    Not,
    Or,
    Term,
    VerticalValue,
    is_zero,
)

_BRANCH_TYPES = (Type.NUMBER, Type.MONEY, Type.STRING, Type.BOOLEAN, Type.TIMESTAMP)


def check(tree: Tree, scope: Scope, expect: Type = Type.BOOLEAN) -> Checked:
    """The tree with names and types resolved. Raises `RuleProblems` with everything that is wrong.

    ``expect`` is BOOLEAN for a condition and NUMBER for a score. A condition that can never fire,
    or that fires always, is an error; a part of it that does nothing is a warning.
    """
    checked = resolve(tree, scope, expect)
    found = findings(checked.term, scope)
    errors = [problem for problem in found if problem.severity is Severity.ERROR]
    if errors:
        raise RuleProblems(found)
    return Checked(checked.tree, checked.term, checked.parameters, tuple(found))


def resolve(tree: Tree, scope: Scope, expect: Type = Type.BOOLEAN) -> Checked:
    """As `check`, without asking whether the condition can fire."""
    resolver = _Resolver(scope, list(parameter_problems(scope)))
    root = tree.root
    term = resolver.condition(root) if expect is Type.BOOLEAN else resolver.value(root)
    if term and term.type is not expect:
        resolver.refuse(root, *wording.wrong_result(root, term.type, expect))
    if resolver.problems or term is None:
        raise RuleProblems(resolver.problems)
    return Checked(tree, term, tuple(sorted(resolver.parameters)))


@dataclass
class _Resolver:
    """Walks the author's tree and builds the checked one. None stands for a part with a problem already told."""

    scope: Scope
    problems: list[Problem] = field(default_factory=list)
    parameters: set[str] = field(default_factory=set)

    def refuse(self, node: Node, message: str, hint: str = "") -> None:
        self.problems.append(Problem.at(node.span, message, hint))

    def condition(self, node: Node) -> Term | None:
        """A term in a place where `and`, `or`, `not` and chains are welcome."""
        match node:
            case Junction(operator=operator, operands=operands):
                parts = [self.condition(operand) for operand in operands]
                return self._join(operator, parts, node)
            case NotNode(operand=operand):
                inner = self.condition(operand)
                return Not(inner, type=Type.BOOLEAN, span=node.span) if inner else None
            case Comparison(operators=operators) if len(operators) > 1:
                return self._chain(node)
            case _:
                term = self.value(node)
                if term and term.type is not Type.BOOLEAN:
                    self.refuse(node, *wording.not_a_condition(node, term.type))
                    return None
                return term

    def _join(self, operator: str, parts: list[Term | None], node: Node) -> Term | None:
        terms = tuple(part for part in parts if part is not None)
        if len(terms) < len(parts):
            return None
        return (And if operator == "and" else Or)(terms, type=Type.BOOLEAN, span=node.span)

    def _chain(self, node: Comparison) -> Term | None:
        pairs = zip(node.operators, node.operands, node.operands[1:], strict=False)
        links = [
            self.value(Comparison((operator,), (left, right), span=node.span))
            for operator, left, right in pairs
        ]
        # A wrong middle operand is looked at twice; its problem is told once.
        self.problems[:] = dict.fromkeys(self.problems)
        return self._join("and", links, node)

    def value(self, node: Node) -> Term | None:
        """A term in a place where no `and`, `or`, `not` or chain may stand."""
        match node:
            case Literal(value=value):
                kind = (
                    Type.BOOLEAN
                    if isinstance(value, bool)
                    else Type.STRING
                    if isinstance(value, str)
                    else Type.NUMBER
                )
                return Constant(value, type=kind, span=node.span)
            case Name():
                return self._name(node)
            case VerticalName():
                return self._vertical(node)
            case Negative(operand=operand):
                return self._apply(node, "negative", OPERATORS["negative"], (operand,))
            case Arithmetic(operator=operator, left=left, right=right):
                return self._apply(node, operator, OPERATORS[operator], (left, right))
            case Call():
                return self._call(node)
            case Comparison(operators=(_,)):
                return self._comparison(node)
            case Items():
                self.refuse(node, *wording.stray_list(node))
            case _:
                self.refuse(node, *wording.misplaced_condition(node))
        return None

    def _name(self, node: Name) -> Term | None:
        if node.name in self.scope.parameters:
            self.parameters.add(node.name)
            return _parameter_term(self.scope.parameters[node.name], node)
        feature = self.scope.features.get(node.name)
        if node.name in self.scope.unreadable:
            self.refuse(
                node, f"`{node.name}` cannot be used in a rule", self.scope.unreadable[node.name]
            )
        elif feature is None:
            self.refuse(node, *wording.unknown_name(node.name, self.scope))
        else:
            return FeatureTerm(node.name, type=feature.type, span=node.span)
        return None

    def _vertical(self, node: VerticalName) -> Term | None:
        kind = self.scope.vertical.get(node.name)
        if kind is None:
            self.refuse(
                node,
                f"a vertical has no value `{node.name}`",
                suggest(node.name, self.scope.vertical) or wording.choices(self.scope.vertical),
            )
            return None
        return VerticalValue(node.name, type=kind, span=node.span)

    def _call(self, node: Call) -> Term | None:
        if node.function not in FUNCTION_NAMES:
            hint = (
                suggest(node.function, FUNCTION_NAMES)
                or "docs/rule-language.md lists the functions"
            )
            self.refuse(node, f"there is no function `{node.function}`", hint)
            return None
        if node.function in SPECIAL:
            return self._special(node)
        function = FUNCTIONS[node.function]
        term = self._apply(node, node.function, function, node.arguments)
        if isinstance(term, Apply) and not self._constants_stand(node, function, term):
            return None
        return term

    def _constants_stand(self, node: Call, function: Function, term: Apply) -> bool:
        """Whether the arguments that must be constants are, and a pattern is a good one."""
        for position in function.constants:
            argument = term.arguments[position]
            if not isinstance(argument, Constant | VerticalValue) or (
                node.function == "matches" and not isinstance(argument, Constant)
            ):
                self.refuse(node.arguments[position], *wording.not_constant(node.function))
                return False
            if node.function == "matches" and isinstance(argument, Constant):
                return self._pattern_stands(node.arguments[position], str(argument.value))
        return True

    def _pattern_stands(self, node: Node, pattern: str) -> bool:
        try:
            refusal = polars_refusal(read_pattern(pattern))
        except PatternError as error:
            refusal = f"{error} (at character {error.position + 1} of the pattern)"
        if refusal:
            self.refuse(node, f"the pattern cannot be used: {refusal}")
        return not refusal

    def _apply(
        self, node: Node, name: str, function: Function, arguments: tuple[Node, ...]
    ) -> Term | None:
        """A strict operator or function on its arguments, by the first signature that fits."""
        if not self._count_fits(node, function, len(arguments)):
            return None
        terms = [self._argument(argument) for argument in arguments]
        known = [term for term in terms if term is not None]
        if len(known) < len(terms):
            return None
        for exact in (True, False):
            for signature in function.signatures:
                fitted = _fit(signature, known, variadic=function.variadic, exact=exact)
                if fitted:
                    return Apply(name, fitted, type=signature.gives, span=node.span)
        types = tuple(term.type for term in known)
        self.refuse(node, *wording.wrong_types(name, function, arguments, types))
        return None

    def _argument(self, node: Node) -> Term | None:
        """An argument of a function, where a list may also stand."""
        if isinstance(node, Items):
            return self._items(node)
        return self.value(node)

    def _count_fits(self, node: Node, function: Function, count: int) -> bool:
        counts = {len(signature.takes) for signature in function.signatures}
        if count in counts or (function.variadic and min(counts) <= count <= 32):
            return True
        self.refuse(node, *wording.wrong_count(function.usage, count))
        return False

    def _items(self, node: Items) -> Term | None:
        values = tuple(item.value for item in node.items)
        if not values:
            self.refuse(node, "the list is empty")
            return None
        if all(isinstance(value, str) for value in values) or all(
            type(value) is float for value in values
        ):
            return Constant(values, type=Type.STRINGS, span=node.span)  # type: ignore[arg-type]
        self.refuse(node, "a list holds either strings or numbers")
        return None

    def _comparison(self, node: Comparison) -> Term | None:
        operator, (left, right) = node.operators[0], node.operands
        if operator in ("in", "not in"):
            return self._membership(node, left, right, negated=operator == "not in")
        assert operator in COMPARISONS
        return self._apply(node, operator, OPERATORS[operator], (left, right))

    def _membership(self, node: Node, left: Node, right: Node, *, negated: bool) -> Term | None:
        item, items = self.value(left), self._argument(right)
        if item is None or items is None:
            return None
        wanted = Type.NUMBER if _holds_numbers(items) else Type.STRING
        if items.type is not Type.STRINGS or item.type is not wanted:
            self.refuse(node, *wording.wrong_membership(left, item.type, right, items.type, wanted))
            return None
        found = Apply("in", (item, items), type=Type.BOOLEAN, span=node.span)
        return Not(found, type=Type.BOOLEAN, span=node.span) if negated else found

    def _special(self, node: Call) -> Term | None:
        counts = {"listed": 2, "known": 1, "default": 2, "if_else": 3}
        if len(node.arguments) != counts[node.function]:
            self.refuse(node, *wording.wrong_count(SPECIAL[node.function], len(node.arguments)))
            return None
        if node.function == "listed":
            return self._listed(node)
        terms = [self.value(argument) for argument in node.arguments]
        known = [term for term in terms if term is not None]
        if len(known) < len(terms):
            return None
        if node.function == "known":
            return Apply("known", tuple(known), type=Type.BOOLEAN, span=node.span)
        return self._branches(node, known)

    def _branches(self, node: Call, terms: list[Term]) -> Term | None:
        """`default` and `if_else`: both outcomes have one type."""
        if node.function == "if_else" and terms[0].type is not Type.BOOLEAN:
            self.refuse(
                node.arguments[0], *wording.not_a_condition(node.arguments[0], terms[0].type)
            )
            return None
        for kind in _BRANCH_TYPES:
            one, other = (_as_type(term, kind, exact=False) for term in terms[-2:])
            if one and other:
                return Apply(node.function, (*terms[:-2], one, other), type=kind, span=node.span)
        self.refuse(node, *wording.unlike_branches(node.function, terms[-2].type, terms[-1].type))
        return None

    def _listed(self, node: Call) -> Term | None:
        feature, name = self.value(node.arguments[0]), node.arguments[1]
        if not (isinstance(name, Literal) and isinstance(name.value, str)):
            self.refuse(
                name,
                "a list is named by a string written out",
                'such as `listed(email, "blocked_emails")`',
            )
            return None
        lists = self.scope.lists
        if lists is not None and name.value not in lists:
            self.refuse(
                name,
                f'there is no list "{name.value}"',
                suggest(name.value, lists) or wording.choices(lists),
            )
            return None
        if feature is None:
            return None
        if not isinstance(feature, FeatureTerm) or feature.type not in (
            Type.IDENTIFIER,
            Type.STRING,
        ):
            self.refuse(
                node.arguments[0],
                "`listed` looks up an identifier or a string by its feature's own name",
            )
            return None
        return Listed(feature, name.value, type=Type.BOOLEAN, span=node.span)


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
        # A value that is no number is told by parameter_problems; here it only must not raise.
        number = float(value) if isinstance(value, int | float) and abs(value) < 1e300 else 0.0
        return Constant(number, type=Type.NUMBER, span=node.span)
    plain = tuple(value) if isinstance(value, list | tuple) else value
    return Constant(plain, type=parameter.type, span=node.span)


def _fit(
    signature: Signature, terms: list[Term], *, variadic: bool, exact: bool
) -> tuple[Term, ...]:
    """The arguments as the signature takes them, or an empty tuple."""
    takes = signature.takes
    if variadic:
        takes += takes[-1:] * (len(terms) - len(takes))
    if len(takes) != len(terms):
        return ()
    pairs = zip(terms, takes, strict=True)
    fitted = [term for term in (_as_type(term, kind, exact=exact) for term, kind in pairs) if term]
    return tuple(fitted) if len(fitted) == len(terms) else ()


def _as_type(term: Term, kind: Type, *, exact: bool) -> Term | None:
    """The term if it has the type. A zero written out is money as well, in whatever currency."""
    if term.type is kind:
        return term
    if not exact and kind is Type.MONEY and term.type is Type.NUMBER and is_zero(term):
        return Constant(0.0, type=Type.MONEY, span=term.span)
    return None
