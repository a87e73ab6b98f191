"""The text of an API key: `fs_<prefix>_<secret>`, or one that the environment gives.

The prefix (8 characters) names the key in lists and logs. The secret is 256 random bits, so one
SHA-256 is enough to store it by: nobody can try out 2^256 secrets, and a slow password hash would
only cost every request what it is meant to cost a guesser of weak passwords.
"""

import base64
import hashlib
import re
import secrets
import string
from typing import NamedTuple

from django.conf import settings

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


def of_environment(text: str, digest: bytes) -> KeyText | None:
    """The parts of a key that the environment gives, whatever it looks like, or None.

    `digest` is the text's SHA-256. The whole text is the secret; the prefix follows from it.
    """
    given = (settings.FRONTEND_API_KEY, settings.ADMIN_API_KEY)
    # Compared by digest, so that the time tells nothing of the texts.
    if not any(key and hashlib.sha256(key.encode()).digest() == digest for key in given):
        return None
    return chosen_elsewhere(text)


def chosen_elsewhere(text: str) -> KeyText:
    digest = hashlib.sha256(text.encode()).digest()
    return KeyText(base64.b32encode(digest).decode().lower()[:_PREFIX_LENGTH], text)


def hash_secret(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
