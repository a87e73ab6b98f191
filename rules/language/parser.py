"""From text to tree: Python's own parser reads, an allow-list decides what of it exists here."""

import ast

from rules.language.lexer import scan
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
from rules.language.order import MAX_NESTING
from rules.language.problems import Problem, RuleProblems, Span
from rules.language.spelling import encodable

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
    # The brackets let a rule run over several lines; the scan made sure that it cannot close them.
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
    """Turns Python's tree into ours and stops at the first thing that is not on the allow-list."""

    def __init__(self, text: str) -> None:
        self._lines = [line.encode() for line in text.split("\n")]
        self._count = 0

    def read(self, part: ast.expr, depth: int) -> Node:
        self._count += 1
        if depth > MAX_NESTING:
            raise self._refuse(
                part,
                f"the rule is nested deeper than {MAX_NESTING} levels",
                "split it into two rules",
            )
        if self._count > MAX_NODES:
            raise self._refuse(part, f"the rule is too long: over {MAX_NODES:,} parts")
        return self._value(part, depth + 1) or self._operation(part, depth + 1)

    def _value(self, part: ast.expr, below: int) -> Node | None:
        match part:
            case ast.Constant():
                return self._constant(part)
            case ast.Name():
                return Name(part.id, span=self._span(part))
            case ast.Attribute(value=ast.Name(id="vertical")):
                return VerticalName(part.attr, span=self._span(part))
            case ast.Tuple() | ast.List():
                return self._items(part, below)
            case ast.Call(func=ast.Name(id=function), keywords=[]):
                arguments = tuple(self.read(argument, below) for argument in part.args)
                return Call(function, arguments, span=self._span(part))
            case _:
                return None

    def _operation(self, part: ast.expr, below: int) -> Node:
        match part:
            case ast.UnaryOp():
                return self._unary(part, below)
            case ast.BinOp() if type(part.op) in _ARITHMETIC:
                left, right = self.read(part.left, below), self.read(part.right, below)
                return Arithmetic(_ARITHMETIC[type(part.op)], left, right, span=self._span(part))
            case ast.Compare() if all(type(operator) in _COMPARISONS for operator in part.ops):
                operators = tuple(_COMPARISONS[type(operator)] for operator in part.ops)
                sides = [part.left, *part.comparators]
                operands = tuple(self.read(side, below) for side in sides)
                return Comparison(operators, operands, span=self._span(part))
            case ast.BoolOp():
                operands = tuple(self.read(operand, below) for operand in part.values)
                word = "and" if isinstance(part.op, ast.And) else "or"
                return Junction(word, operands, span=self._span(part))
            case _:
                raise self._refuse(part, "this is not part of the rule language")

    def _constant(self, part: ast.Constant) -> Node:
        value = part.value
        if isinstance(value, bool):
            return Literal(value, span=self._span(part))
        if isinstance(value, int | float):
            if not abs(value) <= MAX_NUMBER:
                raise self._refuse(
                    part, f"the number is too large; at most {MAX_NUMBER:g} is allowed"
                )
            return Literal(float(value), span=self._span(part))
        if isinstance(value, str) and encodable(value) and "\0" not in value:
            return Literal(value, span=self._span(part))
        raise self._refuse(part, "the string holds a character that is not allowed")

    def _items(self, part: ast.Tuple | ast.List, below: int) -> Node:
        items = []
        for element in part.elts:
            item = self.read(element, below)
            if not isinstance(item, Literal):
                hint = "compare one by one (`x == a or x == b`), or use a list parameter"
                raise self._refuse(
                    element, "a list may hold only numbers and strings written out", hint
                )
            items.append(item)
        return Items(tuple(items), span=self._span(part))

    def _unary(self, part: ast.UnaryOp, below: int) -> Node:
        operand = self.read(part.operand, below)
        if isinstance(part.op, ast.Not):
            return NotNode(operand, span=self._span(part))
        if not isinstance(part.op, ast.USub):
            raise self._refuse(part, "a leading `+` does nothing", "leave it out")
        if isinstance(operand, Literal) and isinstance(operand.value, float):
            return Literal(-operand.value, span=self._span(part))
        return Negative(operand, span=self._span(part))

    def _span(self, part: ast.expr) -> Span:
        end_line, end = part.end_lineno or part.lineno, part.end_col_offset or part.col_offset
        start_column = self._column(part.lineno, part.col_offset)
        return Span(part.lineno, start_column, end_line, self._column(end_line, end))

    def _column(self, line: int, offset: int) -> int:
        """The column, in characters from 1, of Python's offset.

        Python counts bytes, and in line 1 it sees one bracket more than the author wrote.
        """
        if not 0 < line <= len(self._lines):
            return 1
        before = self._lines[line - 1][: max(offset - (line == 1), 0)]
        return len(before.decode(errors="replace")) + 1

    def _refuse(self, part: ast.expr, message: str, hint: str = "") -> RuleProblems:
        return RuleProblems([Problem.at(self._span(part), message, hint)])
