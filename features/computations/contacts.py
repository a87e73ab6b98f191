"""What an e-mail address or a telephone number tells without being repeated."""

from itertools import groupby

# Sequences that people type when asked for a number which they do not want to give. Rules look at
# them only where the number is invalid anyway: valid numbers hold them by chance.
TYPED_PATTERNS = ("000", "111", "123", "555")


def email_domain(email: str) -> str | None:
    """The part behind the at sign, in lower case."""
    _, at, domain = email.rpartition("@")
    return domain.strip().rstrip(".").lower() or None if at else None


def email_digit_ratio(email: str) -> float | None:
    """Which share of the part before the at sign is digits."""
    local, at, _ = email.rpartition("@")
    return sum(c.isdigit() for c in local) / len(local) if at and local else None


def phone_digits(phone: str) -> str:
    return "".join(c for c in phone if "0" <= c <= "9")


def _longest_run(phone: str) -> tuple[int, str]:
    runs = [(len(list(group)), digit) for digit, group in groupby(phone_digits(phone))]
    return max(runs, key=lambda run: run[0], default=(0, ""))


def phone_longest_run(phone: str) -> float:
    """How often the most repeated digit stands in a row."""
    return float(_longest_run(phone)[0])


def phone_repeated_digit(phone: str) -> str | None:
    """The digit of the longest run, where it is a run of at least three."""
    length, digit = _longest_run(phone)
    return digit if length >= 3 else None


def phone_patterns(phone: str) -> tuple[str, ...]:
    """Which of the typed patterns the number holds."""
    digits = phone_digits(phone)
    return tuple(pattern for pattern in TYPED_PATTERNS if pattern in digits)
