"""Accounts over HTTP: register, sign in, refresh, sign out, change the password."""

from typing import Any, Final

import msgspec
from django.http import HttpRequest, HttpResponse

from clients.accounts import services, sessions, tokens
from clients.accounts.checking import check_registration
from clients.accounts.queries import account_of
from clients.credentials import bearer_of
from foundation.addresses import client_address
from foundation.errors import FieldError
from intake.body import has_body, kind_of, parse_object, read_body
from intake.doors import open_door
from intake.errors import fields_problem
from intake.extras import scalar_fault
from intake.formats.sentra import SENTRA
from intake.formats.sentra_accounts import (
    ChangingPassword,
    Done,
    Refreshing,
    Registering,
    SigningIn,
    SigningOut,
    registered,
    signed_in,
    tokens_of,
)
from intake.views.answers import json_answer

POST: Final = ("POST",)


@open_door(wire=SENTRA, endpoint="auth_register", methods=POST)
def register(request: HttpRequest) -> HttpResponse:
    """201 with the account and its first tokens."""
    given = _texts(request, Registering)
    wanted = check_registration(
        name=given["name"],
        email=given["email"],
        password=given["password"],
        tier=given.get("subscription_tier", ""),
        currency=given.get("currency", "USD"),
    )
    opened = services.register(wanted=wanted, address=client_address(request))
    return json_answer(registered(opened, wanted.email), status=201)


@open_door(wire=SENTRA, endpoint="auth_login", methods=POST)
def login(request: HttpRequest) -> HttpResponse:
    given = _texts(request, SigningIn)
    opened = services.login(
        email=given["email"], password=given["password"], address=client_address(request)
    )
    return json_answer(signed_in(opened))


@open_door(wire=SENTRA, endpoint="auth_refresh", methods=POST)
def refresh(request: HttpRequest) -> HttpResponse:
    """A new pair for a refresh token, which is good once."""
    given = _texts(request, Refreshing)
    return json_answer(tokens_of(sessions.refresh(token=given["refresh_token"])))


@open_door(wire=SENTRA, endpoint="auth_logout", methods=POST)
def logout(request: HttpRequest) -> HttpResponse:
    """Ends the session of the refresh token in the body; without one, of the bearer token."""
    given = _texts(request, SigningOut) if has_body(request) else {}
    if "refresh_token" in given:
        claims = tokens.read_refresh(given["refresh_token"])
    else:
        claims = tokens.read_access(bearer_of(request.META))
    sessions.logout(claims=claims)
    return json_answer(Done("Signed out."))


@open_door(wire=SENTRA, endpoint="auth_logout_all", methods=POST)
def logout_everywhere(request: HttpRequest) -> HttpResponse:
    sessions.logout_everywhere(claims=tokens.read_access(bearer_of(request.META)))
    return json_answer(Done("Signed out everywhere."))


@open_door(wire=SENTRA, endpoint="auth_password", methods=POST)
def change_password(request: HttpRequest) -> HttpResponse:
    """Ends all sessions and answers the tokens of a new one."""
    bearer = bearer_of(request.META)
    tokens.client_of(bearer)  # refuses what is revoked
    given = _texts(request, ChangingPassword)
    opened = services.change_password(
        account=account_of(tokens.read_access(bearer).account),
        old=given["old_password"],
        new=given["new_password"],
        address=client_address(request),
    )
    return json_answer(tokens_of(opened))


def _texts(request: HttpRequest, described: type[msgspec.Struct]) -> dict[str, str]:
    """The described fields of the body, all of them texts; null is as absent.

    Raises BadRequest naming what is missing and what is no text.
    """
    fields = parse_object(read_body(request)).fields
    known = msgspec.structs.fields(described)
    given: dict[str, Any] = {
        f.name: fields[f.name] for f in known if fields.get(f.name) is not None
    }
    errors = [
        FieldError(field.name, "is required", "missing")
        for field in known
        if field.required and field.name not in given
    ]
    for name, value in given.items():
        if not isinstance(value, str):
            errors.append(FieldError(name, f"must be a text; got {kind_of(value)}", "type"))
        elif fault := scalar_fault(value):
            errors.append(FieldError(name, fault, "characters"))
    if errors:
        raise fields_problem(errors)
    return given
