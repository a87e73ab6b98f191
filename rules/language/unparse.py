"""From tree back to text, in one canonical form, so that a diff shows only what changed."""

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

MAX_LINE = 88

# How tightly each form binds; a part that binds less tightly than its place is put in brackets.
_OR, _AND, _NOT, _COMPARE, _SUM, _PRODUCT, _NEGATIVE, _ATOM = range(8)
_LEVELS = {
    "or": _OR,
    "and": _AND,
    "+": _SUM,
    "-": _SUM,
    "*": _PRODUCT,
    "/": _PRODUCT,
    "//": _PRODUCT,
    "%": _PRODUCT,
}
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def unparse(tree: Tree) -> str:
    """The rule in canonical form; a long ``and`` or ``or`` has one condition a line.

    >>> from rules.language.parser import parse
    >>> unparse(parse("( amount>limit )and  not  (ip_country in ['NG','KE'])"))
    'amount > limit and not ip_country in ("NG", "KE")'
    """
    text = write(tree.root)
    root = tree.root
    if len(text) <= MAX_LINE or not isinstance(root, Junction):
        return text
    level = _LEVELS[root.operator]
    return f"\n{root.operator} ".join(_write(part, level + 1) for part in root.operands)


def write(node: Node) -> str:
    """One node as text, on one line."""
    return _write(node, _OR)


def _write(node: Node, level: int) -> str:
    text, own_level = _form(node)
    return text if own_level >= level else f"({text})"


def _form(node: Node) -> tuple[str, int]:
    match node:
        case Literal(value=value):
            negative = isinstance(value, float) and str(value).startswith("-")
            return write_value(value), _NEGATIVE if negative else _ATOM
        case Name(name=name):
            return name, _ATOM
        case VerticalName(name=name):
            return f"vertical.{name}", _ATOM
        case Items(items=items):
            comma = "," if len(items) == 1 else ""
            return f"({', '.join(_write(item, _SUM) for item in items)}{comma})", _ATOM
        case Call(function=function, arguments=arguments):
            return f"{function}({', '.join(_write(part, _OR) for part in arguments)})", _ATOM
        case _:
            return _operator_form(node)


def _operator_form(node: Node) -> tuple[str, int]:
    match node:
        case Negative(operand=operand):
            # Without brackets `--x` and `-5` would read back as something else.
            plain = isinstance(operand, Name | VerticalName | Call)
            return f"-{write(operand)}" if plain else f"-({write(operand)})", _NEGATIVE
        case Arithmetic(operator=operator, left=left, right=right):
            level = _LEVELS[operator]
            return f"{_write(left, level)} {operator} {_write(right, level + 1)}", level
        case Comparison(operators=operators, operands=operands):
            first, *rest = (_write(operand, _SUM) for operand in operands)
            return " ".join(
                [first, *(f"{o} {r}" for o, r in zip(operators, rest, strict=True))]
            ), _COMPARE
        case NotNode(operand=operand):
            return f"not {_write(operand, _NOT)}", _NOT
        case Junction(operator=operator, operands=operands):
            level = _LEVELS[operator]
            return f" {operator} ".join(_write(operand, level + 1) for operand in operands), level
        case _:
            raise TypeError(f"not a node of a rule: {type(node).__name__}")


def write_value(value: float | str | bool) -> str:
    """A literal as the language writes it.

    >>> write_value(10000.0), write_value(0.25), write_value("say \\"hi\\""), write_value(True)
    ('10000', '0.25', '"say \\\\"hi\\\\""', 'True')
    """
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e16 else repr(value)
    return f'"{"".join(_write_character(character) for character in value)}"'


def _write_character(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable():
        return character
    code = ord(character)
    return (
        f"\\x{code:02x}"
        if code < 0x100
        else f"\\u{code:04x}"
        if code < 0x10000
        else f"\\U{code:08x}"
    )
