"""What an e-mail address or a telephone number tells without being repeated.

Both are expected in normal form (see features/identifiers.py): a number is plus and digits.
"""

import re

# Sequences that people type when asked for a number which they do not want to give. Rules look at
# them only where the number is invalid anyway: valid numbers hold them by chance.
TYPED_PATTERNS = ("000", "111", "123", "555")
_RUN = re.compile(r"([0-9])\1*")
_DOUBLE = re.compile(r"([0-9])\1")
_TRIPLE = re.compile(r"([0-9])\1\1")


def email_domain(email: str) -> str | None:
    """The part behind the at sign, in lower case."""
    _, at, domain = email.rpartition("@")
    return domain.strip().rstrip(".").lower() or None if at else None


def email_digit_ratio(email: str) -> float | None:
    """Which share of the part before the at sign is digits."""
    local, at, _ = email.rpartition("@")
    return sum(c.isdigit() for c in local) / len(local) if at and local else None


def phone_longest_run(phone: str) -> float:
    """How often the most repeated digit stands in a row.

    >>> phone_longest_run("+1111111111")
    10.0
    """
    if _TRIPLE.search(phone) is None:  # nearly always, and much cheaper than looking at every run
        return 2.0 if _DOUBLE.search(phone) else 1.0
    return float(max(len(match[0]) for match in _RUN.finditer(phone)))


def phone_repeated_digit(phone: str) -> str | None:
    """The digit of the longest run, where it is a run of at least three."""
    if _TRIPLE.search(phone) is None:
        return None
    return max((match[0] for match in _RUN.finditer(phone)), key=len)[0]


def phone_patterns(phone: str) -> tuple[str, ...]:
    """Which of the typed patterns the number holds."""
    return tuple([pattern for pattern in TYPED_PATTERNS if pattern in phone])
