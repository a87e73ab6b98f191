"""The kinds of value that a feature, a rule's operand or a parameter can have."""

from enum import StrEnum


class Type(StrEnum):
    """What a value is, and so which Python value stands for it in a row.

    ``NUMBER``, ``MONEY`` and ``TIMESTAMP`` (seconds since 1970, UTC) are floats, ``BOOLEAN`` is a
    bool, ``STRING`` a str, ``STRINGS`` a tuple of str. An ``IDENTIFIER`` is a str too, but never
    the identifier itself: it is the hexadecimal keyed hash of it. A value that is missing is None,
    whatever its type.
    """

    NUMBER = "number"
    MONEY = "money"
    BOOLEAN = "boolean"
    STRING = "string"
    TIMESTAMP = "timestamp"
    STRINGS = "strings"
    IDENTIFIER = "identifier"

    @property
    def is_numeric(self) -> bool:
        """Whether values of this type are stored among a vector's numbers (a boolean as 0 or 1)."""
        return self in _NUMERIC


_NUMERIC = frozenset({Type.NUMBER, Type.MONEY, Type.BOOLEAN, Type.TIMESTAMP})
