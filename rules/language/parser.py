"""From text to tree: Python's own parser reads, an allow-list decides what of it exists here."""

import ast
import math
from collections.abc import Callable

from rules.language.lexer import MAX_NESTING, encodable, scan
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
from rules.language.problems import Problem, RuleProblems, Span

MAX_NODES = 1_000
MAX_NUMBER = 1e100

_ARITHMETIC: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
}
_COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.In: "in",
    ast.NotIn: "not in",
}


def parse(text: str) -> Tree:
    """The tree of a rule's text. Raises `RuleProblems`, and nothing else, whatever the text is.

    >>> parse("amount > 5").root
    Comparison(operators=('>',), operands=(Name(name='amount'), Literal(value=5.0)))
    """
    problems = scan(text)
    if problems:
        raise RuleProblems(problems)
    # The brackets let a rule run over several lines; the scan has made sure that the text cannot close them.
    try:
        body = ast.parse(f"({text}\n)", mode="eval").body
    except SyntaxError as error:
        raise RuleProblems([_unreadable(error, text)]) from error
    except (RecursionError, MemoryError, ValueError) as error:
        raise RuleProblems(
            [Problem("the rule is nested too deeply to be read", 1, 1, 2)]
        ) from error
    return Tree(_Reader(text).read(body, 0), text)


def _unreadable(error: SyntaxError, text: str) -> Problem:
    line = min(max(error.lineno or 1, 1), text.count("\n") + 1)
    column = max((error.offset or 1) - (line == 1), 1)
    return Problem("this cannot be read as a rule", line, column, column + 1)


class _Reader:
    """Turns Python's tree into ours, refusing what is not on the allow-list. Stops at the first refusal."""

    def __init__(self, text: str) -> None:
        self._lines = [line.encode() for line in text.split("\n")]
        self._count = 0
        self._readers: dict[type[ast.expr], Callable[[ast.expr, int], Node]] = {
            ast.Constant: self._constant,
            ast.Name: self._name,
            ast.Attribute: self._attribute,
            ast.Tuple: self._items,
            ast.List: self._items,
            ast.UnaryOp: self._unary,
            ast.BinOp: self._arithmetic,
            ast.Compare: self._comparison,
            ast.BoolOp: self._junction,
            ast.Call: self._call,
        }

    def read(self, part: ast.expr, depth: int) -> Node:
        self._count += 1
        if depth > MAX_NESTING:
            raise self._refuse(
                part,
                f"the rule is nested deeper than {MAX_NESTING} levels",
                "split it with brackets or into two rules",
            )
        if self._count > MAX_NODES:
            raise self._refuse(part, f"the rule is too long: over {MAX_NODES:,} parts")
        reader = self._readers.get(type(part))
        if reader is None:
            raise self._refuse(part, "this is not part of the rule language")
        return reader(part, depth)

    def _span(self, part: ast.expr) -> Span:
        end_line, end_offset = (
            part.end_lineno or part.lineno,
            part.end_col_offset or part.col_offset,
        )
        return Span(
            part.lineno,
            self._column(part.lineno, part.col_offset),
            end_line,
            self._column(end_line, end_offset),
        )

    def _column(self, line: int, offset: int) -> int:
        """From Python's offset (bytes, and one bracket ahead in line 1) to a column of characters from 1."""
        if not 0 < line <= len(self._lines):
            return 1
        return (
            len(self._lines[line - 1][: max(offset - (line == 1), 0)].decode(errors="replace")) + 1
        )

    def _refuse(self, part: ast.expr, message: str, hint: str = "") -> RuleProblems:
        return RuleProblems([Problem.at(self._span(part), message, hint)])

    def _constant(self, part: ast.expr, depth: int) -> Node:
        assert isinstance(part, ast.Constant)
        value = part.value
        if isinstance(value, bool):
            return Literal(value, span=self._span(part))
        if isinstance(value, int | float):
            if not math.isfinite(value) or abs(value) > MAX_NUMBER:
                raise self._refuse(
                    part, f"the number is too large; at most {MAX_NUMBER:g} is allowed"
                )
            return Literal(float(value), span=self._span(part))
        if isinstance(value, str):
            if not encodable(value) or "\0" in value:
                raise self._refuse(part, "the string holds a character that is not allowed")
            return Literal(value, span=self._span(part))
        raise self._refuse(part, "this is not part of the rule language")

    def _name(self, part: ast.expr, depth: int) -> Node:
        assert isinstance(part, ast.Name)
        return Name(part.id, span=self._span(part))

    def _attribute(self, part: ast.expr, depth: int) -> Node:
        assert isinstance(part, ast.Attribute)
        if not (isinstance(part.value, ast.Name) and part.value.id == "vertical"):
            raise self._refuse(part, "only `vertical` has values behind a dot")
        return VerticalName(part.attr, span=self._span(part))

    def _items(self, part: ast.expr, depth: int) -> Node:
        assert isinstance(part, ast.Tuple | ast.List)
        items = []
        for element in part.elts:
            item = self.read(element, depth + 1)
            if not isinstance(item, Literal):
                hint = "compare one by one (`x == a or x == b`), or use a list parameter"
                raise self._refuse(
                    element, "a list may hold only numbers and strings written out", hint
                )
            items.append(item)
        return Items(tuple(items), span=self._span(part))

    def _unary(self, part: ast.expr, depth: int) -> Node:
        assert isinstance(part, ast.UnaryOp)
        operand = self.read(part.operand, depth + 1)
        if isinstance(part.op, ast.Not):
            return NotNode(operand, span=self._span(part))
        if isinstance(part.op, ast.UAdd):
            raise self._refuse(part, "a leading `+` does nothing", "leave it out")
        if isinstance(operand, Literal) and isinstance(operand.value, float):
            return Literal(-operand.value, span=self._span(part))
        return Negative(operand, span=self._span(part))

    def _arithmetic(self, part: ast.expr, depth: int) -> Node:
        assert isinstance(part, ast.BinOp)
        operator = _ARITHMETIC.get(type(part.op))
        if operator is None:
            raise self._refuse(part, "this is not part of the rule language")
        left, right = self.read(part.left, depth + 1), self.read(part.right, depth + 1)
        return Arithmetic(operator, left, right, span=self._span(part))

    def _comparison(self, part: ast.expr, depth: int) -> Node:
        assert isinstance(part, ast.Compare)
        operators = tuple(_COMPARISONS.get(type(operator), "") for operator in part.ops)
        if "" in operators:
            raise self._refuse(part, "this is not part of the rule language")
        operands = tuple(
            self.read(operand, depth + 1) for operand in [part.left, *part.comparators]
        )
        return Comparison(operators, operands, span=self._span(part))

    def _junction(self, part: ast.expr, depth: int) -> Node:
        assert isinstance(part, ast.BoolOp)
        operands = tuple(self.read(operand, depth + 1) for operand in part.values)
        return Junction(
            "and" if isinstance(part.op, ast.And) else "or", operands, span=self._span(part)
        )

    def _call(self, part: ast.expr, depth: int) -> Node:
        assert isinstance(part, ast.Call)
        if not isinstance(part.func, ast.Name) or part.keywords:
            raise self._refuse(
                part, "only a function's own name may be called, with plain arguments"
            )
        arguments = tuple(self.read(argument, depth + 1) for argument in part.args)
        return Call(part.func.id, arguments, span=self._span(part))
