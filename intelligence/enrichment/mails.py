"""What an e-mail address tells by itself: its country, and whose mailbox it is."""

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from features.computations.contacts import email_domain
from features.countries import CODES

_WORDS = tomllib.loads((Path(__file__).parents[1] / "data" / "mail.toml").read_text("ascii"))
_FREE = frozenset(_WORDS["free_providers"])
_FREE_BRANDS = frozenset(_WORDS["free_brands"])
_ROLES = frozenset(_WORDS["role_accounts"])
_GENERIC = frozenset(_WORDS["generic_country_domains"])
_COUNTRIES = {code.lower(): code for code in CODES if code.lower() not in _GENERIC} | {"uk": "GB"}


class Mail(NamedTuple):
    """None is missing."""

    country: str | None
    is_free: bool
    is_role: bool


@lru_cache(maxsize=16_384)
def _domain(name: str) -> tuple[str | None, bool]:
    """The country that the domain ends with, and whether it is a free provider's."""
    brand, _, rest = name.partition(".")
    abroad = brand in _FREE_BRANDS and (
        rest in _COUNTRIES or rest.startswith(("co.", "com.")) or rest == "com"
    )
    return _COUNTRIES.get(name.rpartition(".")[2]), abroad or name in _FREE


def read_mail(address: str) -> Mail | None:
    """What the address, in normal form, tells; None when it has no domain.

    >>> read_mail("info@shop.co.ke")
    Mail(country='KE', is_free=False, is_role=True)
    >>> read_mail("ada+bank@gmail.com")
    Mail(country=None, is_free=True, is_role=False)
    """
    name = email_domain(address)
    if name is None or "." not in name:
        return None
    country, is_free = _domain(name)
    local = address[: address.rindex("@")].partition("+")[0]
    return Mail(country, is_free, local in _ROLES)
