"""What the string functions mean. Upper and lower case are ASCII's, so that every engine agrees."""

import string

from rules.language.patterns import searcher

_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_UPPER = str.maketrans(string.ascii_lowercase, string.ascii_uppercase)


def starts_with(text: str, start: str) -> bool:
    """Whether the string begins with ``start``.

    >>> starts_with("+254712345678", "+254")
    True
    """
    return text.startswith(start)


def ends_with(text: str, end: str) -> bool:
    """Whether the string ends with ``end``.

    >>> ends_with("mail.example.com", ".com")
    True
    """
    return text.endswith(end)


def contains(text: str, part: str) -> bool:
    """Whether ``part`` stands anywhere in the string; capitals count.

    >>> contains("Googlebot/2.1", "bot"), contains("Googlebot/2.1", "Bot")
    (True, False)
    """
    return part in text


def contains_any(text: str, parts: tuple[str, ...]) -> bool:
    """Whether any of ``parts`` stands in the string.

    >>> contains_any("a crawler", ("bot", "crawler")), contains_any("a crawler", ())
    (True, False)
    """
    return any(part in text for part in parts)


def matches(text: str, pattern: str) -> bool:
    r"""Whether the pattern is found anywhere in the string.

    >>> matches("room 101", r"\d{3}"), matches("room 101", r"^\d{3}$")
    (True, False)
    """
    return searcher(pattern)(text)


def lower(text: str) -> str:
    """The string with A-Z made small; other letters stay as they are.

    >>> lower("ÀBC")
    'Àbc'
    """
    return text.lower() if text.isascii() else text.translate(_LOWER)


def upper(text: str) -> str:
    """The string with a-z made capital; other letters stay as they are.

    >>> upper("straße")
    'STRAßE'
    """
    return text.upper() if text.isascii() else text.translate(_UPPER)


def length(value: str | tuple[str, ...]) -> float:
    """How many characters (code points) a string has, or how many entries a list.

    >>> length("naïve"), length(("a", "b"))
    (5.0, 2.0)
    """
    return float(len(value))
