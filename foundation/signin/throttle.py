"""How often a password may be tried: django-axes, with networks in place of single addresses.

Counted are failures of a user name from a network, whether there is such a person or not, and of a
network on whatever names. Refused attempts do not count, so that hammering prolongs nothing.
"""

from datetime import datetime, timedelta
from typing import Any, Final

from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessAttempt
from axes.signals import user_locked_out
from django.conf import settings
from django.db import transaction
from django.db.models import Max, QuerySet, Sum
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone as clock

from foundation import audit
from foundation.addresses import client_address, network_of
from foundation.errors import Conflict
from foundation.models import User
from foundation.permissions import require
from foundation.services import refuse_superusers

NETWORK_FACTOR: Final = 20
"""A network may fail so many times as often as one name from there: offices share an address."""


NAME_LENGTH: Final = User._meta.get_field("username").max_length or 150


class NetworkAwareHandler(AxesDatabaseHandler):  # type: ignore[misc]
    def is_locked(self, request: HttpRequest, credentials: Any = None) -> bool:
        return super().is_locked(request, credentials) or _is_network_locked(request)


def network_address(request: HttpRequest) -> str | None:
    """What axes counts by: an IPv4 address, or the first one of an IPv6 household."""
    address = client_address(request)
    return network_of(address).partition("/")[0] if address else None


def attempted_name(request: HttpRequest, credentials: Any = None) -> str:
    """What axes counts a failure under. Cut where names end: a longer one is nobody's."""
    given = (credentials or request.POST).get("username") or ""
    return str(given)[:NAME_LENGTH]


def locked_for(user: User) -> int:
    """Seconds for which the person is locked out from some network; 0 when from none."""
    newest: datetime | None = _locked(user).aggregate(at=Max("attempt_time"))["at"]
    return round((newest + _lock() - clock.now()).total_seconds()) if newest else 0


def unlock(*, user: User, by: User, reason: str) -> None:
    """Forgets the person's failures, from wherever."""
    require(by, "foundation.change_user")
    refuse_superusers(by, user)
    with transaction.atomic():
        count, _ = AccessAttempt.objects.filter(username=user.get_username()).delete()
        if not count:
            raise Conflict("Nothing is locked.", type="not-locked")
        audit.record(
            actor=by,
            action="sign_in.unlocked",
            subject=f"foundation.user:{user.pk}",
            reason=reason,
        )


def prune_attempts() -> int:
    """Forgets failures that no limit looks at any more; returns how many rows."""
    return int(AccessAttempt.objects.filter(attempt_time__lt=clock.now() - _lock()).delete()[0])


@receiver(user_locked_out, dispatch_uid="foundation.lock_out_begins")
def record_lock_out(request: HttpRequest, username: str, **_: Any) -> None:
    """When the lock begins, not at each refusal. Names that nobody has are not written down: people
    type passwords there."""
    if getattr(request, "axes_failures_since_start", None) is None:
        return
    user = User.objects.filter(username=username).first()
    audit.record(
        actor="sign-in",
        action="sign_in.locked",
        subject=f"foundation.user:{user.pk}" if user else "foundation.user:unknown",
        after={"minutes": settings.SIGN_IN_LOCK_MINUTES},
    )


def _lock() -> timedelta:
    return timedelta(minutes=settings.SIGN_IN_LOCK_MINUTES)


def _recent() -> QuerySet[Any]:
    rows: QuerySet[Any] = AccessAttempt.objects.filter(attempt_time__gte=clock.now() - _lock())
    return rows


def _locked(user: User) -> QuerySet[Any]:
    """Failures of the person from networks that are at the limit."""
    mine = _recent().filter(username=user.get_username())
    failures = mine.order_by().values("ip_address").annotate(total=Sum("failures_since_start"))
    full = failures.filter(total__gte=settings.SIGN_IN_ATTEMPTS).values("ip_address")
    return mine.filter(ip_address__in=full)


def _is_network_locked(request: HttpRequest) -> bool:
    address = network_address(request)
    if address is None:
        return False
    found = _recent().filter(ip_address=address).aggregate(total=Sum("failures_since_start"))
    return (found["total"] or 0) >= settings.SIGN_IN_ATTEMPTS * NETWORK_FACTOR
