"""Values of lists checked and brought into one form; complaints that finish "this value ..."."""

import re
from itertools import islice

from features.computations.addresses import parse_address
from features.countries import CODES, country_code

LONGEST = 500  # characters
LONGEST_TEXT = 200
SHORTEST_PHONE, LONGEST_PHONE = 6, 15  # digits (E.164)
MOST_LABELS = 6  # parts of a domain that are looked at, from the right
SHORT_BIN = 6  # digits
SHORTEST_WORD, MOST_WORDS = 4, 12  # of a graphics unit's name
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)", re.ASCII)
_WORD = re.compile(r"\w+")
_CARD_NUMBER = re.compile(r"[2-9][0-9]{12,18}", re.ASCII)


class InvalidValue(ValueError):
    """The sentence's end tells what is wrong, without repeating the value: it may be personal."""


def any_identifier(text: str) -> str:
    compact = re.sub(r"[ -]", "", text.strip())
    if not compact:
        raise InvalidValue("is empty")
    if len(text) > LONGEST:
        raise InvalidValue(f"is longer than {LONGEST} characters")
    if _CARD_NUMBER.fullmatch(compact) and _passes_luhn(compact):
        raise InvalidValue("looks like a full card number, which is never stored: use the token")
    return text


def _passes_luhn(digits: str) -> bool:
    plain, second = digits[::-1][::2], digits[::-1][1::2]
    return sum(map(int, plain + "".join(str(2 * int(digit)) for digit in second))) % 10 == 0


def email(text: str) -> str:
    local, at, host = text.strip().rpartition("@")
    if not at or not local or " " in text.strip():
        raise InvalidValue("is no e-mail address; one is name@example.com")
    domain(host)
    return any_identifier(text)


def phone(text: str) -> str:
    digits = sum("0" <= character <= "9" for character in text)
    if not SHORTEST_PHONE <= digits <= LONGEST_PHONE or re.search(r"[^\W\d_]", text):
        raise InvalidValue("is no telephone number; one is +254712345678")
    return text


def ip(text: str) -> str:
    if "/" in text:
        raise InvalidValue("is a range of addresses; a list holds single ones")
    if parse_address(text) is None:
        raise InvalidValue("is no IP address; one is 203.0.113.9 or 2001:db8::1")
    return text


def bvn(text: str) -> str:
    if not re.fullmatch(r"[0-9]{11}", text.strip(), re.ASCII):
        raise InvalidValue("is no BVN, which has 11 digits")
    return text


def domain(text: str) -> str:
    """Lower case, without dots and stars at the ends, in the ASCII form of international names.

    >>> domain(" *.Mailinator.COM. "), domain("bücher.example")
    ('mailinator.com', 'xn--bcher-kva.example')
    """
    name = text.strip().lstrip("@*.").rstrip(".").lower()
    if not name.isascii():
        try:
            name = name.encode("idna").decode("ascii")
        except UnicodeError:
            name = ""
    labels = name.split(".")
    if len(labels) < 2 or len(name) > 253 or not all(map(_LABEL.fullmatch, labels)):
        raise InvalidValue("is no domain; one is example.com")
    return name


def with_parents(name: str) -> tuple[str, ...]:
    """The domain and those above it, down to two labels.

    >>> with_parents("a.b.example.com")
    ('a.b.example.com', 'b.example.com', 'example.com')
    """
    labels = name.split(".")
    starts = range(max(0, len(labels) - MOST_LABELS), len(labels) - 1)
    parents = tuple(".".join(labels[start:]) for start in starts)
    return parents if parents[0] == name else (name, *parents)


def words(text: str) -> str:
    """Lower case, single spaces."""
    folded = " ".join(text.split()).casefold()
    if not folded:
        raise InvalidValue("is empty")
    if "\0" in folded:
        raise InvalidValue("holds a character that cannot be stored")
    if len(folded) > LONGEST_TEXT:
        raise InvalidValue(f"is longer than {LONGEST_TEXT} characters")
    return folded


def bare_words(text: str) -> str:
    """Lower-case words alone, without what stands between them.

    >>> bare_words("Google (SwiftShader)")
    'google swiftshader'
    """
    return words(" ".join(_WORD.findall(text)))


def telling_words(name: str) -> tuple[str, ...]:
    """The name, and its words of four letters or more; each further one costs every look-up.

    >>> telling_words("google swiftshader 4 1")
    ('google swiftshader 4 1', 'google', 'swiftshader')
    """
    parts = (word for word in name.split() if len(word) >= SHORTEST_WORD and word.isalpha())
    return tuple(dict.fromkeys((name, *islice(parts, MOST_WORDS))))


def bin_digits(text: str) -> str:
    digits = text.strip()
    if not re.fullmatch(r"[0-9]{6,8}", digits, re.ASCII):
        raise InvalidValue("is no BIN: the first 6 to 8 digits of a card's number")
    return digits


def shorter_bins(digits: str) -> tuple[str, ...]:
    """A BIN of more than six digits is found by entries of its first six, too."""
    return (digits,) if len(digits) == SHORT_BIN else (digits, digits[:SHORT_BIN])


def country(text: str) -> str:
    code = country_code(text)
    if code not in CODES:
        raise InvalidValue("is no country; one is NG or Nigeria")
    return code
