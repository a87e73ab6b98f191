"""Passwords of accounts, and the work that checking one takes: the same for every address.

Accounts of one e-mail address share a salt, so that one run of the hash tells which of them, if
any, a password opens. Of an address without accounts the salt is made up the same way.
"""

import base64
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.crypto import constant_time_compare, salted_hmac

from foundation.models import User

LONGEST: Final = 128
hasher: Final = PBKDF2PasswordHasher()


class Recipe(NamedTuple):
    """How a password is hashed."""

    salt: str
    iterations: int


def fresh_recipe(email: str) -> Recipe:
    """For the first account of an address (in normal form)."""
    digest = salted_hmac("clients.accounts.salt", email, algorithm="sha256").digest()
    return Recipe(base64.urlsafe_b64encode(digest[:18]).decode(), hasher.iterations)


def recipe_of(encoded: str) -> Recipe:
    decoded = hasher.decode(encoded)
    return Recipe(str(decoded["salt"]), int(decoded["iterations"]))


def recipes(email: str, stored: Iterable[str]) -> list[Recipe]:
    """Those of the address's accounts, or the one that its first account would get.

    There are several only after an upgrade made hashing more costly, until each has signed in.
    """
    return sorted({recipe_of(encoded) for encoded in stored}) or [fresh_recipe(email)]


def encode(password: str, recipe: Recipe) -> str:
    """Takes as long as with the present number of iterations, whatever the recipe's is."""
    encoded = hasher.encode(password, recipe.salt, recipe.iterations)
    hasher.harden_runtime(password, encoded)
    return encoded


class Outcome(NamedTuple):
    """`found` is whose password it is, if anybody's; `encoded` how the address's next account
    would keep it."""

    found: int | None
    encoded: str


def try_password(password: str, email: str, stored: Mapping[int, str]) -> Outcome:
    """Compares with the stored hashes of an address's accounts, by account.

    One run of the hash, whether there are many accounts or none.
    """
    tried = [encode(password, recipe) for recipe in recipes(email, stored.values())]
    found: int | None = None
    for account, encoded in stored.items():
        for candidate in tried:
            if constant_time_compare(candidate, encoded):
                found = account
    return Outcome(found, tried[-1])


def renewed(password: str, encoded: str) -> str:
    """The same with today's number of iterations; unchanged where it has them."""
    salt, iterations = recipe_of(encoded)
    if iterations == hasher.iterations:
        return encoded
    return hasher.encode(password, salt)


def faults(password: str, *, name: str, email: str) -> list[str]:
    """What the rules (AUTH_PASSWORD_VALIDATORS) have against it, as sentences."""
    if len(password) > LONGEST:
        return [f"must have at most {LONGEST} characters"]
    try:
        validate_password(password, User(username=email, email=email, first_name=name))
    except ValidationError as error:
        return list(error.messages)
    return []
