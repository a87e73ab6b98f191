"""Enrolling, proving and resetting the second factor. Permission and audit live here.

Everything is on the audit trail under the person's subject. A refused code is committed before it
is reported, so that it counts.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone as clock

from foundation import audit
from foundation.errors import Conflict, Forbidden
from foundation.models import User
from foundation.permissions import require
from foundation.services import refuse_superusers
from foundation.signin.errors import CodeRefused, TooManyCodes
from foundation.signin.models import (
    RECOVERY_CODES,
    Authenticator,
    RecoveryCodes,
    digest_of,
    is_authenticator_code,
    new_recovery_code,
    new_secret,
    seal_secret,
)

ENROLMENT_KEPT = timedelta(days=1)
"""How long a secret waits for its first code."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What the person got in with; `codes_left` where that was a recovery code."""

    device: Any
    codes_left: int | None


def begin_enrolment(*, user: User) -> Authenticator:
    """The person's authenticator, not confirmed yet; the same one until it is."""
    made: Authenticator
    made, _ = Authenticator.objects.get_or_create(
        user=user,
        defaults={
            "name": "authenticator",
            "confirmed": False,
            "secret_sealed": seal_secret(user.pk, new_secret()),
        },
    )
    if made.confirmed:
        raise Conflict("An authenticator is enrolled already.", type="already-enrolled")
    return made


def confirm_enrolment(*, user: User, code: str) -> tuple[Authenticator, list[str]]:
    """Takes the first code; returns the authenticator and the recovery codes, in clear once."""
    with transaction.atomic():
        device = Authenticator.objects.select_for_update().filter(user=user, confirmed=False)
        found = device.first()
        if found is None:
            raise Conflict("There is no enrolment to confirm.", type="no-enrolment")
        _refuse_too_early(found)
        accepted = found.verify_token(code.strip())
        if accepted:
            found.confirmed = True
            found.save(update_fields=["confirmed"])
            codes = _make_codes(user)
            _record(user, user, "enrolled")
        else:
            _record(user, user, "failed", at="enrolment")
    if not accepted:
        raise CodeRefused(
            "That is not the code which the app shows now. If it goes on, check the phone's clock."
        )
    return found, codes


def verify(*, user: User, code: str) -> Proof:
    """Takes a code of the app, or a recovery code, which is used up."""
    device = _prove(user, code, at="sign-in")
    left = device.left if isinstance(device, RecoveryCodes) else None
    return Proof(device, left)


def renew_recovery_codes(*, user: User, password: str, code: str) -> list[str]:
    """New codes, in clear once; the old ones are worth nothing any more."""
    _prove(user, code, password=password, at="new codes")
    with transaction.atomic():
        codes = _make_codes(user)
        _record(user, user, "codes_renewed")
    return codes


def remove_own(*, user: User, password: str, code: str) -> None:
    """Takes the person's own second factor away, as for another phone. Other sessions end."""
    _prove(user, code, password=password, at="removal")
    with transaction.atomic():
        _remove(user)
        _record(user, user, "reset")


def reset(*, user: User, by: User, reason: str) -> None:
    """Takes another person's second factor away, whose phone is lost. Their sessions end."""
    require(by, "foundation.change_user")
    if by.pk == user.pk:
        raise Forbidden(
            "Nobody resets their own here: it takes your password and a code.", type="own-reset"
        )
    refuse_superusers(by, user)
    with transaction.atomic():
        if not _remove(user):
            raise Conflict("There is nothing to reset.", type="not-enrolled")
        _record(user, by, "reset", reason=reason)


def prune_enrolments() -> int:
    """Forgets secrets that nobody confirmed; returns how many."""
    old = clock.now() - ENROLMENT_KEPT
    return int(Authenticator.objects.filter(confirmed=False, created_at__lt=old).delete()[0])


def end_sessions(user: User) -> None:
    """Ends all sessions of the person; a view keeps the running one by its new hash."""
    User.objects.filter(pk=user.pk).update(generation=F("generation") + 1)
    user.refresh_from_db(fields=["generation"])


def _prove(user: User, code: str, *, at: str, password: str | None = None) -> Any:
    """The device that took the code. A wrong password costs as much as a wrong code."""
    kind = Authenticator if is_authenticator_code(code.strip()) else RecoveryCodes
    with transaction.atomic():
        device = kind.objects.select_for_update().filter(user=user, confirmed=True).first()
        if device is None:
            raise Conflict("No authenticator is enrolled.", type="not-enrolled")
        _refuse_too_early(device)
        known = password is None or user.check_password(password)
        if not known:
            device.throttle_increment()
        accepted = known and device.verify_token(code.strip())
        means = "recovery code" if kind is RecoveryCodes else "authenticator"
        _record(user, user, "verified" if accepted else "failed", at=at, means=means)
    if not accepted:
        what = "The code is wrong, or was used before."
        raise CodeRefused(what if password is None else "The password or the code is wrong.")
    return device


def _refuse_too_early(device: Any) -> None:
    allowed, why = device.verify_is_allowed()
    if not allowed:
        until = why["locked_until"]
        raise TooManyCodes(
            f"There were {why['failure_count']} wrong codes in a row. Try again {_wait(until)}.",
            until=until,
        )


def _wait(until: datetime) -> str:
    seconds = max(1, round((until - clock.now()).total_seconds()))
    return f"in {seconds} s" if seconds < 120 else f"in {ceil(seconds / 60)} min"


def _make_codes(user: User) -> list[str]:
    codes = [new_recovery_code() for _ in range(RECOVERY_CODES)]
    RecoveryCodes.objects.update_or_create(
        user=user,
        defaults={"name": "recovery codes", "digests": [digest_of(code) for code in codes]},
    )
    return codes


def _remove(user: User) -> bool:
    """Whether there was something to remove."""
    RecoveryCodes.objects.filter(user=user).delete()
    count, _ = Authenticator.objects.filter(user=user).delete()
    end_sessions(user)
    return bool(count)


def _record(user: User, by: User, happening: str, *, reason: str = "", **after: str) -> None:
    audit.record(
        actor=by,
        action=f"two_factor.{happening}",
        subject=f"foundation.user:{user.pk}",
        after=after or None,
        reason=reason,
    )
