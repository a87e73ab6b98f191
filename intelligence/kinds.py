"""The kinds of value that a list may hold: how each is checked, brought into one form and hashed.

Identifiers are hashed under the key of their purpose, as in a transaction. Other values are no
secret: they stand in clear and are hashed without a key, so that one index serves all kinds.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from features.catalogue import CATALOGUE
from features.identifiers import PURPOSES, normal_form
from features.types import Type
from foundation.crypto import HASH_BYTES, keyed_hashes
from foundation.masking import DOTS, mask_email, mask_identifier, mask_ip, mask_phone
from intelligence import values

Check = Callable[[str], str]
Spread = Callable[[str], tuple[str, ...]]


def _alone(form: str) -> tuple[str, ...]:
    return (form,)


@dataclass(frozen=True, slots=True)
class Kind:
    """What a value is. `personal` values are sealed and hashed under a key.

    `local` ones are numbers of one institution's own making: the same number means somebody else
    at another, so no shared entry may hold one.
    """

    code: str
    title: str
    plural: str
    check: Check
    mask: Callable[[str], str] = str
    personal: bool = True
    local: bool = False
    spread: Spread = _alone  # the forms under which a transaction's value is looked up


def _hidden(_: str) -> str:
    return DOTS


def _identifier(
    purpose: str,
    title: str,
    plural: str,
    *,
    check: Check = values.any_identifier,
    mask: Callable[[str], str] = mask_identifier,
    local: bool = False,
) -> Kind:
    """A kind named as the purpose of its hash."""
    feature = next(name for name, known in PURPOSES.items() if known == purpose)

    def checked(text: str) -> str:
        form = normal_form(feature, check(text))
        if form is None:
            raise values.InvalidValue("is empty")
        return form

    return Kind(purpose, title, plural, checked, mask, local=local)


def _plain(code: str, title: str, plural: str, check: Check, spread: Spread = _alone) -> Kind:
    return Kind(code, title, plural, check, personal=False, spread=spread)


_ALL = (
    _identifier("email", "e-mail address", "e-mail addresses", check=values.email, mask=mask_email),
    _identifier(
        "phone", "telephone number", "telephone numbers", check=values.phone, mask=mask_phone
    ),
    _identifier("ip", "IP address", "IP addresses", check=values.ip, mask=mask_ip),
    _identifier("device", "device or fingerprint", "devices and fingerprints"),
    _identifier("card", "card token", "card tokens"),
    _identifier("bvn", "BVN", "BVNs", check=values.bvn, mask=_hidden),
    _identifier("customer", "customer number", "customer numbers", local=True),
    _identifier(
        "merchant", "merchant, seller or agent", "merchants, sellers and agents", local=True
    ),
    _identifier("beneficiary", "beneficiary", "beneficiaries", local=True),
    _identifier("bank_account", "bank account", "bank accounts", local=True),
    _identifier("address", "postal address", "postal addresses", mask=_hidden),
    _identifier("user_agent", "user agent", "user agents"),
    _plain("domain", "e-mail domain", "e-mail domains", values.domain, values.with_parents),
    _plain("carrier", "carrier or provider", "carriers and providers", values.words),
    _plain("gpu", "graphics unit", "graphics units", values.bare_words, values.telling_words),
    _plain("bin", "card BIN", "card BINs", values.bin_digits, values.shorter_bins),
    _plain("country", "country", "countries", values.country),
    _plain("text", "other text", "other texts", values.words),
)
KINDS: Mapping[str, Kind] = {kind.code: kind for kind in _ALL}

# Text features with a kind of their own; every other text feature is of the kind "text".
_TEXT_KINDS = {
    "email_domain": "domain",
    "mobile_carrier": "carrier",
    "isp_name": "carrier",
    "gpu_info": "gpu",
    "card_bin": "bin",
    **{f.name: "country" for f in CATALOGUE if f.reading == "country"},
}


def kind_of(feature: str) -> Kind | None:
    """The kind of value that this feature holds; None for one that no list can hold."""
    if feature in PURPOSES:
        return KINDS[PURPOSES[feature]]
    known = CATALOGUE.get(feature)
    if known is None or known.type is not Type.STRING:
        return None
    return KINDS[_TEXT_KINDS.get(feature, "text")]


def hashes_of(kind: Kind, form: str) -> list[bytes]:
    """Every hash under which an entry with this value may be stored, the current one first."""
    if kind.personal:
        return keyed_hashes(form, kind.code)
    return [plain_hash(kind.code, form)]


def plain_hash(kind: str, form: str) -> bytes:
    """16 bytes, without a key; equal values of different kinds have different ones."""
    data = form.encode("utf-8", "surrogatepass")
    return hashlib.blake2b(data, digest_size=HASH_BYTES, person=kind.encode()).digest()


@lru_cache(maxsize=8192)
def text_keys(feature: str, text: str) -> tuple[str, ...]:
    """The hashes, in hexadecimal, under which entries that match this feature's text are stored.

    A domain matches entries of its parent domains, a graphics unit entries of its words. Nothing
    for a text that no list could hold.
    """
    kind = kind_of(feature)
    if kind is None or kind.personal:
        return ()
    try:
        form = kind.check(text)
    except values.InvalidValue:
        return ()
    return tuple(plain_hash(kind.code, each).hex() for each in kind.spread(form))
