"""Sessions: opened by a log-in, carried on by refreshing, ended by signing out or by a theft.

Each refresh makes the refresh token before it useless. If that one comes once more, then two hold
it, one of whom should not: the session ends for both.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.db.models import F
from django.utils import timezone as clock

from clients.accounts import tokens
from clients.accounts.errors import TokenRevoked, TokenUnknown
from clients.accounts.models import AccountSession, ClientAccount
from clients.accounts.tokens import REFRESH_LIFETIME, Claims, Pair
from clients.accounts.trail import record_own
from clients.authentication import forget_cached_keys

LONGEST_SESSION: Final = timedelta(days=30)
"""However often it is refreshed."""
MOST_SESSIONS: Final = 50
"""Open at once; a further log-in ends the oldest."""


@dataclass(frozen=True, slots=True)
class Opened:
    """An account and the tokens of a session that was just opened or refreshed."""

    account: ClientAccount
    tokens: Pair


def open_session(account: ClientAccount) -> Opened:
    """In the caller's transaction, which holds the account's row."""
    now = clock.now()
    session = AccountSession.objects.create(
        account=account, created_at=now, refreshed_at=now, expires_at=now + REFRESH_LIFETIME
    )
    surplus = list(
        account.sessions.filter(ended_at=None).values_list("pk", flat=True)[MOST_SESSIONS:]
    )
    if surplus:
        AccountSession.objects.filter(pk__in=surplus).update(ended_at=now)
        transaction.on_commit(forget_cached_keys)
    record_own(account, "account.login", session=session.pk.hex, ended=len(surplus))
    return Opened(account, tokens.issue(account, session))


def refresh(*, token: str) -> Opened:
    """New tokens for a refresh token, which is good once.

    Raises TokenMissing, TokenUnknown, TokenExpired, TokenRevoked.
    """
    claims = tokens.read_refresh(token)
    with transaction.atomic():
        opened = _rotate(claims)
    if opened is None:  # after the commit: that the session has ended must stay
        raise TokenRevoked
    return opened


def _rotate(claims: Claims) -> Opened | None:
    session = _locked(claims)
    now = clock.now()
    if not tokens.is_good(claims, session, now):
        return None
    if claims.rotation != session.rotation:
        _end(session, "account.token_reused")
        return None
    session.rotation = F("rotation") + 1
    session.refreshed_at = now
    session.expires_at = min(now + REFRESH_LIFETIME, session.created_at + LONGEST_SESSION)
    session.save(update_fields=["rotation", "refreshed_at", "expires_at"])
    session.rotation = claims.rotation + 1
    record_own(
        session.account, "account.refresh", session=session.pk.hex, rotation=session.rotation
    )
    return Opened(session.account, tokens.issue(session.account, session))


def logout(*, claims: Claims) -> None:
    """Ends the session; repeating it changes nothing. At once here, within 3 s elsewhere."""
    with transaction.atomic():
        session = _locked(claims)
        if session.ended_at is None:
            _end(session, "account.logout")


def logout_everywhere(*, claims: Claims) -> None:
    """Ends every session of the account. Raises TokenRevoked when its own has ended already."""
    with transaction.atomic():
        # The account first, as everywhere: whoever holds it may wait for sessions.
        account = ClientAccount.objects.select_for_update().filter(pk=claims.account).first()
        if account is None or not tokens.is_good(claims, _locked(claims), clock.now()):
            raise TokenRevoked
        record_own(account, "account.logout_everywhere", ended=revoke_all(account))


def revoke_all(account: ClientAccount) -> int:
    """Refuses all tokens issued so far; returns how many sessions ended. The caller holds the
    account's row and writes the audit entry."""
    account.generation += 1
    account.save(update_fields=["generation"])
    transaction.on_commit(forget_cached_keys)
    return account.sessions.filter(ended_at=None).update(ended_at=clock.now())


def prune_sessions() -> int:
    """Removes sessions whose last token expired a day ago or longer; returns how many."""
    before = clock.now() - timedelta(days=1)
    return AccountSession.objects.filter(expires_at__lt=before).delete()[0]


def _locked(claims: Claims) -> AccountSession:
    rows = AccountSession.objects.select_related("account__institution", "account__tier")
    session = rows.select_for_update(of=("self",)).filter(pk=claims.session).first()
    if session is None:  # expired, and pruned
        raise TokenUnknown
    return session


def _end(session: AccountSession, action: str) -> None:
    session.ended_at = clock.now()
    session.save(update_fields=["ended_at"])
    record_own(session.account, action, session=session.pk.hex)
    transaction.on_commit(forget_cached_keys)
