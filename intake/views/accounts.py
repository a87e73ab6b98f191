"""Accounts over HTTP: register, sign in, refresh, sign out, change the password."""

from collections.abc import Sequence
from typing import Any, Final

from django.http import HttpRequest, JsonResponse

from clients.accounts import services, sessions, tokens
from clients.accounts.checking import check_registration
from clients.accounts.queries import account_of
from clients.accounts.sessions import Opened
from foundation.addresses import client_address
from foundation.errors import FieldError
from intake.body import kind_of, parse_object, read_body
from intake.doors import open_door
from intake.errors import fields_problem
from intake.extras import scalar_fault
from intake.formats.sentra import SENTRA, bearer_of

POST: Final = ("POST",)
ACCESS_SECONDS: Final = int(tokens.ACCESS_LIFETIME.total_seconds())


@open_door(wire=SENTRA, endpoint="auth_register", methods=POST)
def register(request: HttpRequest) -> JsonResponse:
    """201 with the account and its first tokens."""
    given = _texts(
        request, ("name", "email", "password"), optional=("subscription_tier", "currency")
    )
    wanted = check_registration(
        name=given["name"],
        email=given["email"],
        password=given["password"],
        tier=given.get("subscription_tier", ""),
        currency=given.get("currency", "USD"),
    )
    opened = services.register(wanted=wanted, address=client_address(request))
    return JsonResponse({"email": wanted.email, **_account(opened), **_tokens(opened)}, status=201)


@open_door(wire=SENTRA, endpoint="auth_login", methods=POST)
def login(request: HttpRequest) -> JsonResponse:
    given = _texts(request, ("email", "password"))
    opened = services.login(
        email=given["email"], password=given["password"], address=client_address(request)
    )
    return JsonResponse({**_account(opened), **_tokens(opened)})


@open_door(wire=SENTRA, endpoint="auth_refresh", methods=POST)
def refresh(request: HttpRequest) -> JsonResponse:
    """A new pair for a refresh token, which is good once."""
    given = _texts(request, ("refresh_token",))
    return JsonResponse(_tokens(sessions.refresh(token=given["refresh_token"])))


@open_door(wire=SENTRA, endpoint="auth_logout", methods=POST)
def logout(request: HttpRequest) -> JsonResponse:
    """Ends the session of the bearer token, or of the refresh token in the body."""
    given = _texts(request, (), optional=("refresh_token",)) if _has_body(request) else {}
    if "refresh_token" in given:
        claims = tokens.read_refresh(given["refresh_token"])
    else:
        claims = tokens.read_access(bearer_of(request))
    sessions.logout(claims=claims)
    return JsonResponse({"detail": "Signed out."})


@open_door(wire=SENTRA, endpoint="auth_logout_all", methods=POST)
def logout_everywhere(request: HttpRequest) -> JsonResponse:
    sessions.logout_everywhere(claims=tokens.read_access(bearer_of(request)))
    return JsonResponse({"detail": "Signed out everywhere."})


@open_door(wire=SENTRA, endpoint="auth_password", methods=POST)
def change_password(request: HttpRequest) -> JsonResponse:
    """Ends all sessions and answers the tokens of a new one."""
    bearer = bearer_of(request)
    tokens.client_of(bearer)  # refuses what is revoked
    given = _texts(request, ("old_password", "new_password"))
    opened = services.change_password(
        account=account_of(tokens.read_access(bearer).account),
        old=given["old_password"],
        new=given["new_password"],
        address=client_address(request),
    )
    return JsonResponse(_tokens(opened))


def _account(opened: Opened) -> dict[str, Any]:
    account = opened.account
    return {
        "client_id": account.client_id,
        "name": account.name,
        "subscription_tier": account.tier.name,
    }


def _tokens(opened: Opened) -> dict[str, Any]:
    return {
        "access_token": opened.tokens.access,
        "refresh_token": opened.tokens.refresh,
        "token_type": "bearer",
        "expires_in": ACCESS_SECONDS,
    }


def _has_body(request: HttpRequest) -> bool:
    length = request.META.get("CONTENT_LENGTH") or "0"
    return length != "0" or bool(request.META.get("HTTP_TRANSFER_ENCODING"))


def _texts(
    request: HttpRequest, required: Sequence[str], optional: Sequence[str] = ()
) -> dict[str, str]:
    """The named fields of the body; null is as absent. Raises BadRequest naming what is wrong."""
    fields = parse_object(read_body(request)).fields
    given = {n: fields[n] for n in (*required, *optional) if fields.get(n) is not None}
    errors = [FieldError(n, "is required", "missing") for n in required if n not in given]
    for name, value in given.items():
        if not isinstance(value, str):
            errors.append(FieldError(name, f"must be a text; got {kind_of(value)}", "type"))
        elif fault := scalar_fault(value):
            errors.append(FieldError(name, fault, "characters"))
    if errors:
        raise fields_problem(errors)
    return given
