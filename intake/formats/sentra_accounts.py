"""What the accounts' addresses take and give. The bodies' bounds are checked by the services."""

from typing import Annotated, Final

from msgspec import Meta, Struct

from clients.accounts import passwords, tokens
from clients.accounts.checking import LONGEST_EMAIL, LONGEST_NAME
from clients.accounts.sessions import Opened
from clients.accounts.tiers import SUBSCRIPTIONS

Name = Annotated[str, Meta(min_length=1, max_length=LONGEST_NAME)]
Email = Annotated[
    str, Meta(min_length=1, max_length=LONGEST_EMAIL, extra_json_schema={"format": "email"})
]
Password = Annotated[
    str,
    Meta(min_length=1, max_length=passwords.LONGEST, extra_json_schema={"format": "password"}),
]
TierName = Annotated[
    str, Meta(description="In any capitals.", examples=list(SUBSCRIPTIONS), max_length=40)
]
Currency = Annotated[
    str, Meta(description="ISO 4217, of amounts; USD when absent.", pattern="^[A-Za-z]{3}$")
]
ACCESS_SECONDS: Final = int(tokens.ACCESS_LIFETIME.total_seconds())


class Registering(Struct, frozen=True):
    name: Name
    email: Email
    password: Password
    subscription_tier: TierName | None = None
    currency: Currency | None = None


class SigningIn(Struct, frozen=True):
    email: Email
    password: Password


class Refreshing(Struct, frozen=True):
    refresh_token: str


class SigningOut(Struct, frozen=True):
    """Without a refresh token, the session of the bearer token ends."""

    refresh_token: str | None = None


class ChangingPassword(Struct, frozen=True):
    old_password: Password
    new_password: Password


class Tokens(Struct, frozen=True, kw_only=True):
    """`expires_in` seconds of the access token; a refresh token is good once."""

    access_token: str
    refresh_token: str
    token_type: str = "bearer"  # noqa: S105  (no secret)
    expires_in: int = ACCESS_SECONDS


class SignedIn(Tokens, frozen=True, kw_only=True):
    client_id: str
    name: str
    subscription_tier: str


class Registered(SignedIn, frozen=True, kw_only=True):
    email: str


class Done(Struct, frozen=True):
    detail: str


def tokens_of(opened: Opened) -> Tokens:
    return Tokens(access_token=opened.tokens.access, refresh_token=opened.tokens.refresh)


def signed_in(opened: Opened) -> SignedIn:
    account = opened.account
    return SignedIn(
        access_token=opened.tokens.access,
        refresh_token=opened.tokens.refresh,
        client_id=account.client_id,
        name=account.name,
        subscription_tier=account.tier.name,
    )


def registered(opened: Opened, email: str) -> Registered:
    known = signed_in(opened)
    return Registered(
        email=email, **{name: getattr(known, name) for name in known.__struct_fields__}
    )
