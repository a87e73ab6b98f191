"""How often somebody may try. The same for addresses with and without an account.

Attempts are counted in the database, ahead of the password's check, under a lock of the e-mail
address and of the network: no number of requests at once gets in more tries than allowed. A refused
attempt is not counted, so that hammering does not prolong the lock.

A log-in does not clear the count: the account may be another one of the same address.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count, Min, Q
from django.utils import timezone as clock

from clients.accounts.errors import TooManyAttempts
from clients.accounts.models import AccountAttempt, ClientAccount
from foundation.addresses import network_of
from foundation.crypto import keyed_hash

Kind = AccountAttempt.Kind

SHORT: Final = timedelta(minutes=15)
LONG: Final = timedelta(hours=1)
PER_EMAIL_AND_NETWORK: Final = 10
"""Attempts in SHORT; then the owner in another network still gets in."""
PER_NETWORK: Final = 100
"""Attempts in SHORT, on whatever addresses."""
PER_EMAIL: Final = 50
"""Attempts in LONG, from whatever networks; then accounts open only to networks they know."""
KNOWN_FOR: Final = timedelta(days=30)
"""Since the last log-in from there, a network is known to an account."""


@dataclass(frozen=True, slots=True)
class Admission:
    """An attempt that may go on. `only` are the accounts that may be opened; None: all."""

    attempt: AccountAttempt
    only: frozenset[int] | None


def admit(kind: AccountAttempt.Kind, *, email: str, address: str) -> Admission:
    """Counts the attempt. Raises TooManyAttempts with the time until the next may be made."""
    attempt = AccountAttempt(
        kind=kind,
        email_key=keyed_hash(email, purpose="account"),
        network_key=keyed_hash(network_of(address), purpose="ip"),
        at=clock.now(),
    )
    with transaction.atomic():
        _lock(bytes(attempt.email_key), bytes(attempt.network_key))
        only = _only(attempt)
        attempt.save()
    return Admission(attempt, only)


def succeeded(admission: Admission, account: ClientAccount) -> None:
    """A log-in counts no longer, and the account knows the network. In the caller's transaction."""
    attempt = admission.attempt
    if attempt.kind == Kind.LOGIN:
        attempt.delete()
    AccountAttempt.objects.update_or_create(
        kind=Kind.SUCCESS,
        account=account,
        network_key=attempt.network_key,
        defaults={"email_key": attempt.email_key, "at": clock.now()},
    )


def prune_attempts(now: datetime | None = None) -> int:
    """Forgets what no limit looks at any more; returns how many rows."""
    moment = now or clock.now()
    tried = Q(at__lt=moment - LONG) & ~Q(kind=Kind.SUCCESS)
    return AccountAttempt.objects.filter(tried | Q(at__lt=moment - KNOWN_FOR)).delete()[0]


def _lock(*keys: bytes) -> None:
    """Until the transaction's end; always in one order, so that two never wait for each other."""
    numbers = sorted({int.from_bytes(key[:8], "big", signed=True) for key in keys})
    with connection.cursor() as cursor:
        for number in numbers:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])


def _only(attempt: AccountAttempt) -> frozenset[int] | None:
    """Which accounts may be opened. Three queries, one more under attack."""
    here, mine = Q(network_key=attempt.network_key), Q(email_key=attempt.email_key)
    if attempt.kind == Kind.REGISTER:
        _check(here & Q(kind=Kind.REGISTER), LONG, settings.ACCOUNT_REGISTRATIONS_PER_HOUR, attempt)
    else:
        _check(here & mine & Q(kind=Kind.LOGIN), SHORT, PER_EMAIL_AND_NETWORK, attempt)
    _check(here & Q(kind=Kind.LOGIN), SHORT, PER_NETWORK, attempt)
    try:
        _check(mine & ~Q(kind=Kind.SUCCESS), LONG, PER_EMAIL, attempt)
    except TooManyAttempts:
        known = frozenset(_known_to(attempt))
        # Registering waits: whether a password is another account's would show in the answer.
        if attempt.kind == Kind.REGISTER or not known:
            raise
        return known
    return None


def _known_to(attempt: AccountAttempt) -> Iterable[int]:
    return AccountAttempt.objects.filter(
        kind=Kind.SUCCESS,
        email_key=attempt.email_key,
        network_key=attempt.network_key,
        at__gt=attempt.at - KNOWN_FOR,
        account__isnull=False,
    ).values_list("account_id", flat=True)


def _check(which: Q, window: timedelta, most: int, attempt: AccountAttempt) -> None:
    rows = AccountAttempt.objects.filter(which, at__gt=attempt.at - window)
    found: dict[str, Any] = rows.aggregate(count=Count("pk"), first=Min("at"))
    if found["count"] >= most:
        wait = found["first"] + window - attempt.at
        raise TooManyAttempts(retry_after=max(1, math.ceil(wait.total_seconds())))
