"""Access and refresh tokens: made, read, and turned into the client that they stand for.

Signed with HS256 under a key of their own, derived from SECRET_KEY; nothing that a token says about
algorithm or key is believed. A token is good while its session is open and its account and
institution are active, which each process looks up at most every three seconds (one query).
"""

import time
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final, NamedTuple
from uuid import UUID

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.signals import setting_changed
from django.utils import timezone as clock
from rest_framework_simplejwt import tokens as simplejwt
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import ExpiredTokenError, TokenError

from clients import authentication
from clients.accounts.errors import TokenExpired, TokenMissing, TokenRevoked, TokenUnknown
from clients.accounts.models import AccountSession, ClientAccount
from clients.authentication import CACHE_SECONDS, Client, tier_of
from clients.models import Scope

ACCESS_LIFETIME: Final = timedelta(minutes=15)
REFRESH_LIFETIME: Final = timedelta(days=7)
SCOPES: Final = frozenset({str(Scope.SCORE), str(Scope.READ), str(Scope.FEEDBACK)})
LONGEST: Final = 2_048  # characters; ours have under 500
_ALGORITHM: Final = "HS256"
_ISSUER: Final = "fraudshield"
_AUDIENCE: Final = "fraudshield.clients"


class Claims(NamedTuple):
    """What a token says. `rotation` numbers the refresh tokens of a session; 0 in an access token.

    `expires` in seconds since 1970.
    """

    account: int
    session: UUID
    generation: int
    rotation: int
    expires: float


class Pair(NamedTuple):
    access: str
    refresh: str


@lru_cache(maxsize=1)
def _backend() -> TokenBackend:
    info = b"fraudshield:accounts:tokens"
    derived = HKDF(hashes.SHA256(), length=32, salt=None, info=info).derive(
        settings.SECRET_KEY.encode()
    )
    return TokenBackend(
        _ALGORITHM, signing_key=derived.hex(), audience=_AUDIENCE, issuer=_ISSUER, leeway=0
    )


class AccessToken(simplejwt.AccessToken):
    lifetime = ACCESS_LIFETIME

    def get_token_backend(self) -> TokenBackend:
        return _backend()


class RefreshToken(simplejwt.RefreshToken):
    lifetime = REFRESH_LIFETIME

    def get_token_backend(self) -> TokenBackend:
        return _backend()


def issue(account: ClientAccount, session: AccountSession) -> Pair:
    """Tokens of the session's present rotation. Neither outlives the session."""
    access, refresh = AccessToken(), RefreshToken()
    for token in (access, refresh):
        token["sub"] = str(account.pk)
        token["sid"] = session.pk.hex
        token["gen"] = account.generation
        token["exp"] = min(token["exp"], int(session.expires_at.timestamp()))
    refresh["rot"] = session.rotation
    return Pair(str(access), str(refresh))


def read_access(text: str) -> Claims:
    """Raises TokenMissing, TokenUnknown or TokenExpired. Asks no database."""
    return _read(AccessToken, text)


def read_refresh(text: str) -> Claims:
    """As `read_access`."""
    return _read(RefreshToken, text)


def _read(kind: type[AccessToken | RefreshToken], text: str) -> Claims:
    if not text:
        raise TokenMissing
    if len(text) > LONGEST or not text.isascii():
        raise TokenUnknown
    try:
        token: Any = kind(text)  # type: ignore[arg-type]  # the library's types say otherwise
        return Claims(
            account=int(token["sub"]),
            session=UUID(hex=str(token["sid"])),
            generation=int(token["gen"]),
            rotation=int(token.get("rot", 0)),
            expires=float(token["exp"]),
        )
    except ExpiredTokenError:
        raise TokenExpired from None
    except (TokenError, KeyError, TypeError, ValueError, OverflowError, RecursionError):
        raise TokenUnknown from None


def client_of(bearer: str) -> Client:
    """The client of this access token. Raises one of `clients.accounts.errors`, an Unauthorized.

    Between two look-ups a token costs about 1 us; a revocation is known everywhere within 3 s.
    """
    digest = authentication.digest_of(bearer)
    now = time.monotonic()
    if known := authentication.recall(digest, now):
        return known
    claims = read_access(bearer)
    session = _session(claims)
    if session is None or not is_good(claims, session, clock.now()):
        authentication.remember_refusal(digest, now, TokenRevoked)
        raise TokenRevoked
    client = _client(session.account)
    trusted = min(CACHE_SECONDS, claims.expires - time.time())
    authentication.remember_client(digest, now + trusted, client)
    return client


def is_good(claims: Claims, session: AccountSession, now: datetime) -> bool:
    """Whether the session is open and its account may still do with it what it could."""
    account = session.account
    return (
        session.is_open(now)
        and session.account_id == claims.account
        and account.generation == claims.generation
        and account.is_active
        and account.institution.is_active
    )


def _session(claims: Claims) -> AccountSession | None:
    rows = AccountSession.objects.select_related("account__institution", "account__tier")
    return rows.filter(pk=claims.session).first()


def _client(account: ClientAccount) -> Client:
    institution = account.institution
    return Client(
        institution_id=institution.pk,
        institution_slug=institution.slug,
        base_currency=institution.base_currency,
        key_id=0,  # no API key
        scopes=SCOPES,
        tier=tier_of(account.tier),
        throttled_as=f"account:{account.pk}",
    )


def _forget_key(*, setting: str, **_: object) -> None:
    if setting == "SECRET_KEY":
        _backend.cache_clear()


setting_changed.connect(_forget_key, dispatch_uid="clients.accounts.tokens")
