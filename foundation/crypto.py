"""Encryption of personal fields and keyed hashes to look them up by.

`settings.FRAUDSHIELD_KEYS` lists master keys by version, the current one first. From each, one key
is derived for sealing and one for every purpose of hashing (HKDF-SHA256), so that a hash of a phone
number says nothing about a device with the same characters, and neither opens a sealed value.
Derived keys are cached: sealing and hashing cost a few microseconds.
"""

import base64
import binascii
import hashlib
import os
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed

MASTER_BYTES = 32
HASH_BYTES = 16
_NONCE_BYTES = 12
_TAG_BYTES = 16
PURPOSES = (
    "customer",
    "device",
    "card",
    "email",
    "phone",
    "ip",
    "merchant",
    "beneficiary",
    "address",
    "bank_account",
    "bvn",
    "user_agent",
    "fingerprint",
    "account",
)


class UnknownKeyVersion(Exception):
    """The value was made with a key that FRAUDSHIELD_KEYS no longer lists."""


class TamperedValue(Exception):
    """The value was changed, cut short, or belongs to another row or field."""


class Keyring:
    """Master keys by version; the first one listed writes, all of them read."""

    def __init__(self, masters: Mapping[int, bytes]) -> None:
        self.masters = MappingProxyType(dict(masters))
        self.versions = tuple(self.masters)
        self.current = self.versions[0]
        self._sealers: dict[int, AESGCM] = {}
        self._hash_keys: dict[tuple[int, str], bytes] = {}

    def sealer(self, version: int) -> AESGCM:
        found = self._sealers.get(version)
        if found is None:
            found = self._sealers[version] = AESGCM(self._derive(version, "seal"))
        return found

    def hash_key(self, version: int, purpose: str) -> bytes:
        found = self._hash_keys.get((version, purpose))
        if found is None:
            if purpose not in PURPOSES:
                raise ValueError(f"{purpose!r} is no purpose of hashing; known: {PURPOSES}")
            found = self._derive(version, f"hash:{purpose}")
            self._hash_keys[version, purpose] = found
        return found

    def _derive(self, version: int, label: str) -> bytes:
        if version not in self.masters:
            raise UnknownKeyVersion(f"FRAUDSHIELD_KEYS lists no key version {version}.")
        info = f"fraudshield:{label}".encode()
        return HKDF(hashes.SHA256(), length=32, salt=None, info=info).derive(self.masters[version])


def parse_keys(text: str) -> dict[int, bytes]:
    """Master keys by version from "2:<base64>,1:<base64>", order kept.

    Raises ImproperlyConfigured with a sentence that never quotes the key itself.
    """
    masters: dict[int, bytes] = {}
    for position, entry in enumerate(text.split(","), start=1):
        version, key = _parse_entry(entry.strip(), position)
        if version in masters:
            raise ImproperlyConfigured(f"FRAUDSHIELD_KEYS lists version {version} twice.")
        masters[version] = key
    return masters


def _parse_entry(entry: str, position: int) -> tuple[int, bytes]:
    where = f"FRAUDSHIELD_KEYS, entry {position}"
    number, colon, encoded = entry.partition(":")
    if not colon or not number.isascii() or not number.isdigit() or not 1 <= int(number) <= 255:
        raise ImproperlyConfigured(f"{where}: expected <version 1 to 255>:<base64 key>.")
    try:
        key = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise ImproperlyConfigured(f"{where}: the key is not valid base64.") from None
    if len(key) != MASTER_BYTES:
        raise ImproperlyConfigured(
            f"{where}: the key has {len(key)} bytes instead of {MASTER_BYTES}."
        )
    return int(number), key


@lru_cache(maxsize=1)
def keyring() -> Keyring:
    """The keys of this process, parsed once."""
    return Keyring(parse_keys(settings.FRAUDSHIELD_KEYS))


def seal(plaintext: bytes, *, context: bytes) -> bytes:
    """The encrypted value: key version (1 byte), nonce (12), ciphertext and tag (16 more bytes).

    `context` names the row and field ("transactions.customer:17:phone"); a sealed value that was
    copied to another row or field doesn't open there.
    """
    ring = keyring()
    nonce = os.urandom(_NONCE_BYTES)
    head = bytes((ring.current,))
    return head + nonce + ring.sealer(ring.current).encrypt(nonce, plaintext, head + context)


def unseal(sealed: bytes | memoryview, *, context: bytes) -> bytes:
    """The plaintext. Raises UnknownKeyVersion or TamperedValue, never returns a wrong value."""
    sealed = bytes(sealed)  # psycopg2 hands out memoryviews
    if len(sealed) < 1 + _NONCE_BYTES + _TAG_BYTES:
        raise TamperedValue("The sealed value is too short to be one.")
    nonce, body = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
    try:
        return keyring().sealer(sealed[0]).decrypt(nonce, body, sealed[:1] + context)
    except InvalidTag:
        raise TamperedValue("The sealed value does not belong here or was changed.") from None


def sealed_version(sealed: bytes) -> int:
    """The version of the key that sealed this value."""
    return bytes(sealed[:1])[0]


def keyed_hash(value: str | bytes, *, purpose: str, version: int | None = None) -> bytes:
    """16 bytes (BLAKE2b, keyed) that are equal for equal values of one purpose and key version.

    Nothing is normalised: callers bring e-mail addresses and numbers into one form first.
    """
    ring = keyring()
    key = ring.hash_key(ring.current if version is None else version, purpose)
    data = value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass")
    return hashlib.blake2b(data, digest_size=HASH_BYTES, key=key).digest()


def keyed_hashes(value: str, purpose: str) -> list[bytes]:
    """The hash under each key version, current first: what a look-up during rotation asks for."""
    return [keyed_hash(value, purpose=purpose, version=v) for v in keyring().versions]


def hash_versions() -> tuple[int, ...]:
    """Key versions in use, current first."""
    return keyring().versions


def _forget_keys(*, setting: str, **_: object) -> None:
    if setting == "FRAUDSHIELD_KEYS":
        keyring.cache_clear()


setting_changed.connect(_forget_keys, dispatch_uid="foundation.crypto")
