"""The normal form of each identifier, so that one person's spellings hash alike.

Whoever hashes an identifier brings it into normal form first; computations on raw identifiers
expect it, too.
"""

import unicodedata
from collections.abc import Callable, Mapping

from features.catalogue import CATALOGUE
from features.computations.addresses import parse_address
from features.types import Type


def _email(text: str) -> str:
    return unicodedata.normalize("NFC", text.strip()).lower()


def _phone(text: str) -> str:
    """A plus sign and digits; the digits alone where the number came without a country.

    >>> _phone(" 00254 (712) 345-678")
    '+254712345678'
    """
    compact = text.strip()
    digits = "".join(c for c in compact if "0" <= c <= "9")
    if compact.startswith("+"):
        return "+" + digits if digits else ""
    return "+" + digits[2:] if digits.startswith("00") else digits


def _ip(text: str) -> str:
    address = parse_address(text)
    return text.strip() if address is None else str(address)


def _address(text: str) -> str:
    """Words and numbers alone: capitals, accents' composition, spaces and punctuation mean nothing.

    >>> _address("12, Allen  Ave.\\nIkeja") == _address("12 ALLEN AVE, Ikeja")
    True
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join("".join(c if c.isalnum() else " " for c in folded).split())


def _user_agent(text: str) -> str:
    return " ".join(text.split())


_BY_PURPOSE: Mapping[str, Callable[[str], str]] = {
    "email": _email,
    "phone": _phone,
    "ip": _ip,
    "address": _address,
    "user_agent": _user_agent,
}

# The purpose of the hash, by identifier feature. Features of one purpose can be compared.
PURPOSES: Mapping[str, str] = {f.name: f.purpose for f in CATALOGUE if f.type is Type.IDENTIFIER}
_NORMAL_FORMS = {name: _BY_PURPOSE.get(purpose, str.strip) for name, purpose in PURPOSES.items()}


def normal_form(name: str, text: str) -> str | None:
    """The identifier in normal form, or None when nothing is left of it.

    Raises KeyError for a name that is no identifier feature.
    """
    return _NORMAL_FORMS[name](text) or None
