"""What a registration and a log-in must look like, before anything is looked up."""

import unicodedata
from dataclasses import dataclass, field
from typing import Final

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from clients.accounts import passwords
from clients.accounts.tiers import chosen_name
from foundation.errors import BadRequest, FieldError
from foundation.money import is_currency

LONGEST_NAME: Final = 120
LONGEST_EMAIL: Final = 254


@dataclass(frozen=True, slots=True)
class Registration:
    """What is wanted, checked. `email` as it was given; `tier` and `currency` by their names."""

    name: str
    email: str
    password: str = field(repr=False)
    tier: str
    currency: str


def normal_email(text: str) -> str:
    """The form that an address is looked up by: capitals mean nothing."""
    return unicodedata.normalize("NFC", text.strip()).lower()


def check_registration(
    *, name: str, email: str, password: str, tier: str = "", currency: str = "USD"
) -> Registration:
    """Raises BadRequest naming every wrong field, TierNotOpen for a tier that may not be chosen."""
    name, email, currency = name.strip(), email.strip(), currency.strip().upper()
    errors = [*_about_name(name), *_about_email(email)]
    errors += about_password(password, name=name, email=email)
    if not is_currency(currency):
        message = "must be a currency's three-letter code (ISO 4217), such as NGN"
        errors.append(FieldError("currency", message, "choice"))
    _refuse(errors)
    return Registration(name, email, password, chosen_name(tier), currency)


def check_login(*, email: str, password: str) -> None:
    """Raises BadRequest for what could be nobody's, so that it costs no hash."""
    errors = []
    if not 0 < len(email.strip()) <= LONGEST_EMAIL or not _is_storable(email):
        errors.append(FieldError("email", f"must have 1 to {LONGEST_EMAIL} characters", "length"))
    if not 0 < len(password) <= passwords.LONGEST or not _is_storable(password):
        message = f"must have 1 to {passwords.LONGEST} characters"
        errors.append(FieldError("password", message, "length"))
    _refuse(errors)


def check_new_password(password: str, *, name: str, email: str) -> None:
    """Raises BadRequest saying what is wrong with it."""
    _refuse(about_password(password, name=name, email=email, field_name="new_password"))


def about_password(
    password: str, *, name: str, email: str, field_name: str = "password"
) -> list[FieldError]:
    if not _is_storable(password):
        return [FieldError(field_name, "holds characters that are none", "characters")]
    found = passwords.faults(password, name=name, email=email)
    return [FieldError(field_name, sentence.rstrip("."), "password") for sentence in found]


def _about_name(name: str) -> list[FieldError]:
    if 0 < len(name) <= LONGEST_NAME and name.isprintable():
        return []
    message = f"must have 1 to {LONGEST_NAME} printable characters"
    return [FieldError("name", message, "length")]


def _about_email(email: str) -> list[FieldError]:
    try:
        if len(email) > LONGEST_EMAIL or not _is_storable(email):
            raise ValidationError("")
        validate_email(email)
    except ValidationError:
        return [FieldError("email", "must be an e-mail address", "format")]
    return []


def _is_storable(text: str) -> bool:
    """Half a surrogate pair is valid JSON and no text."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _refuse(errors: list[FieldError]) -> None:
    if not errors:
        return
    detail = f"{len(errors)} fields are not valid."
    if len(errors) == 1:
        detail = f"{errors[0].field}: {errors[0].message}."
    raise BadRequest(detail, type="invalid-fields", errors=errors)
