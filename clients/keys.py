"""The text of an API key: `fs_<prefix>_<secret>`, pure.

The prefix (8 characters) names the key in lists and logs. The secret is 256 random bits, so one
SHA-256 is enough to store it by: nobody can try out 2^256 secrets, and a slow password hash would
only cost every request what it is meant to cost a guesser of weak passwords.
"""

import hashlib
import re
import secrets
import string
from typing import NamedTuple

_ALPHABET = string.ascii_lowercase + string.digits
_PREFIX_LENGTH = 8
_KEY = re.compile(r"fs_([a-z0-9]{8})_([A-Za-z0-9_-]{43})").fullmatch
MAX_LENGTH = 55


class KeyText(NamedTuple):
    prefix: str
    secret: str

    @property
    def plaintext(self) -> str:
        return f"fs_{self.prefix}_{self.secret}"


def generate() -> KeyText:
    prefix = "".join(secrets.choice(_ALPHABET) for _ in range(_PREFIX_LENGTH))
    return KeyText(prefix, secrets.token_urlsafe(32))


def parse(text: str) -> KeyText | None:
    """The parts, or None for anything that cannot be a key of ours, of any length and content."""
    match = _KEY(text) if len(text) == MAX_LENGTH else None
    return KeyText(*match.groups()) if match else None


def hash_secret(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
