"""The sentra format's part of the description, accounts among it."""

from typing import Annotated, Any, Final, TypedDict

import msgspec
from msgspec import Meta

from features.aliases import ALIASES
from foundation.errors import FieldError
from intake.fields import FIELDS
from intake.formats.sentra import LONGEST_LOCATION, SentraAnswer
from intake.formats.sentra_accounts import (
    ChangingPassword,
    Done,
    Refreshing,
    Registered,
    Registering,
    SignedIn,
    SigningIn,
    SigningOut,
    Tokens,
)
from intake.health import Health
from intake.openapi.native import CHECK_HEADERS
from intake.openapi.parts import NO_KEY, PROBLEMS, Json, Operation, Part, Reply

BEARER: Final[tuple[Json, ...]] = ({"Bearer": []},)
_FIELDS: Final = ("transaction_id", "amount", "phone_number", "device_id", "timestamp")


class SentraError(msgspec.Struct, kw_only=True, omit_defaults=True):
    """`error` is a stable slug, `detail` a sentence; `fields` names what is wrong."""

    error: str
    detail: str
    request_id: str
    fields: list[FieldError] | None = None


def _annotation(name: str) -> Any:
    return FIELDS[ALIASES.get(name, name)].annotation


_LOCATION: Final = Annotated[
    str,
    Meta(
        max_length=LONGEST_LOCATION,
        description='A name such as "Nairobi, Kenya", or a place such as "-1.29, 36.82".',
    ),
]
_make: Any = TypedDict  # the type checker knows only literal ones
SentraTransaction: Final = _make(
    "SentraTransaction",
    {**{name: _annotation(name) for name in _FIELDS}, "location": _LOCATION},
    total=False,
)

_EXAMPLE: Final[Json] = {
    "transfer": {
        "summary": "A transfer by telephone",
        "value": {
            "transaction_id": "txn_1001",
            "amount": 2500,
            "phone_number": "+254712345678",
            "device_id": "device_17",
            "location": "Nairobi, Kenya",
        },
    }
}
_OPEN: Final = (400, 405, 413, 415, 429, 503)


def _account(
    name: str, path: str, summary: str, *, body: Any = None, replies: dict[int, Reply], **more: Any
) -> Operation:
    return Operation(
        name=name,
        path=f"/auth/{path}",
        method="post",
        summary=summary,
        tag="accounts",
        body=body,
        replies=replies,
        **more,
    )


PART: Final = Part(
    name="Sentra",
    tags={
        "sentra": "Decisions for mobile money, by bearer token; an API key does as well.",
        "accounts": "Registering and signing in. Nothing tells whether an address is known.",
    },
    security=({"Bearer": []}, {"ApiKey": []}),
    error=SentraError,
    problems={
        **PROBLEMS,
        401: "The token or the credentials were not accepted.",
        403: "Registration or the tier is not open, or the scope is missing.",
        409: "The transaction_id came before with other fields; or, when registering, these "
        "credentials belong to a closed account.",
        429: "Too many requests or attempts; `Retry-After` says for how long.",
    },
    operations=(
        Operation(
            name="sentraScore",
            path="/v1/score",
            method="post",
            summary="Decide on a transaction",
            description="Every field of the native format is taken, too. The customer is "
            "`user_id`, else `phone_number`, else `device_id`: one of them is required, and "
            "`amount`. The vertical is mobile_money when none is named.",
            parameters=CHECK_HEADERS,
            body=SentraTransaction,
            examples=_EXAMPLE,
            replies={200: Reply("The decision.", SentraAnswer, ("Idempotent-Replayed",))},
            refusals=(400, 401, 403, 405, 409, 413, 415, 429, 503),
        ),
        Operation(
            name="sentraHealth",
            path="/v1/health",
            summary="Tell whether this instance can decide",
            replies={
                200: Reply("It can.", Health),
                503: Reply("It cannot; the body says what is missing.", Health, ("Retry-After",)),
            },
            refusals=(405,),
            security=NO_KEY,
        ),
        _account(
            "authRegister",
            "register",
            "Register an account",
            body=Registering,
            replies={201: Reply("The account, signed in.", Registered)},
            refusals=(403, 409, *_OPEN),
            security=NO_KEY,
        ),
        _account(
            "authLogin",
            "login",
            "Sign in",
            body=SigningIn,
            replies={200: Reply("Tokens of a new session.", SignedIn)},
            refusals=(401, *_OPEN),
            security=NO_KEY,
        ),
        _account(
            "authRefresh",
            "refresh",
            "Get new tokens for a refresh token",
            body=Refreshing,
            replies={200: Reply("A new pair; the old refresh token is used up.", Tokens)},
            refusals=(400, 401, 405, 413, 415, 503),
            security=NO_KEY,
        ),
        _account(
            "authLogout",
            "logout",
            "End a session",
            description="Of the refresh token; where the body is left out, of the bearer token.",
            body=SigningOut,
            replies={200: Reply("It has ended.", Done)},
            refusals=(400, 401, 405, 413, 415, 503),
            security=BEARER,
        ),
        _account(
            "authLogoutEverywhere",
            "logout/everywhere",
            "End all sessions of the account",
            replies={200: Reply("They have ended.", Done)},
            refusals=(401, 405, 503),
            security=BEARER,
        ),
        _account(
            "authPassword",
            "password",
            "Change the password, and end all sessions",
            body=ChangingPassword,
            replies={200: Reply("Tokens of a new session.", Tokens)},
            refusals=(401, *_OPEN),
            security=BEARER,
        ),
    ),
)
