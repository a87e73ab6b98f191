"""Throwing and ending the switch of a vertical: reason, end, permission, second person, audit."""

from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone as clock

from foundation import approvals
from foundation.audit import Actor, actor_name, record
from foundation.models import ApprovalRequest, User
from foundation.outbox import publish
from foundation.permissions import require
from rules.errors import Finding, Invalid, SwitchRefused
from rules.events import SwitchThrown
from rules.models import Publication, Vertical
from rules.publishing import lock_publication
from rules.switching.models import Switch
from rules.switching.reading import Mode, Switched

THROW: Final = "rules.throw_switch"
APPROVE: Final = "rules.approve_switch"
KIND: Final = "rules.switch"
SHORTEST: Final = timedelta(minutes=1)


@transaction.atomic
def throw_switch(
    *, by: User, vertical: str, mode: Mode, ends_at: datetime, reason: str
) -> Switch | ApprovalRequest:
    """Turns the vertical's switch, for each transaction from now on until `ends_at`.

    It takes the place of one that is on. Where APPROVALS_REQUIRED asks for a second person, the
    request for their approval is returned instead, and it is on when they agree; its end stays
    what was asked for. Raises Invalid, SwitchRefused.
    """
    require(by, THROW)
    _check(vertical, ends_at, reason)
    required = required_votes(mode)
    if not required:
        return _turn_on(by, vertical, mode, ends_at, reason.strip())
    now = _on(vertical).first()
    return approvals.request_approval(
        kind=KIND,
        subject=f"rules.vertical:{vertical}",
        payload={
            "vertical": vertical,
            "mode": mode.value,
            "ends_at": ends_at.isoformat(),
            "instead_of": now.pk if now else 0,
        },
        evidence={
            "What": f"{vertical}: {mode.words}",
            "Instead of": Mode(now.mode).words if now else "deciding as usual",
            "Until": f"{ends_at:%Y-%m-%d %H:%M %Z}",
        },
        requested_by=by,
        reason=reason.strip(),
        required=required,
    )


def required_votes(mode: Mode) -> int:
    """How many other people must agree: APPROVALS_REQUIRED of "rules.switch.<mode>", else of
    "rules.switch", else nobody."""
    needed: dict[str, int] = settings.APPROVALS_REQUIRED
    return int(needed.get(f"{KIND}.{mode}", needed.get(KIND, 0)))


def longest() -> timedelta:
    """For how long a switch may be thrown at most."""
    return timedelta(hours=settings.SWITCH_MAX_HOURS)


@approvals.on_approved(KIND, permission=APPROVE, open_for=timedelta(hours=24))
def throw_approved(request: ApprovalRequest) -> None:
    """Runs once, in the transaction of the last approval. Raises SwitchRefused when its time is
    over by then, or another switch is on than when it was asked for."""
    asked = request.payload
    ends_at = datetime.fromisoformat(asked["ends_at"])
    if ends_at <= clock.now():
        raise SwitchRefused("The time until which it was asked for is over.")
    lock_publication()
    now = _on(asked["vertical"]).first()
    if now is not None and now.pk != asked["instead_of"]:
        raise SwitchRefused(
            f"{now.thrown_by_name} threw another one since: {Mode(now.mode).words}. Ask again if "
            "it is still wanted."
        )
    mode = Mode(asked["mode"])
    _turn_on(request.requested_by, asked["vertical"], mode, ends_at, request.reason, request)


@transaction.atomic
def end_switch(*, by: Actor, vertical: str, reason: str, thrown: Switch | None = None) -> Switch:
    """Turns it off ahead of time; needs nobody else. `thrown` is the one that was looked at.

    Raises SwitchRefused when none is on, or another one than that.
    """
    require(by, THROW)
    if not reason.strip():
        raise Invalid([Finding("reason", "Say why it ends.")])
    lock_publication()
    switch = _on(vertical).first()
    if switch is None:
        raise SwitchRefused(f"No switch of {vertical} is on.")
    if thrown is not None and thrown.pk != switch.pk:
        raise SwitchRefused(
            f"{switch.thrown_by_name} threw another one meanwhile: {Mode(switch.mode).words}. "
            "Look at that one."
        )
    _end(switch, by, reason.strip())
    _tell(None, vertical)
    record(
        actor=by,
        action="switch.end",
        subject=f"rules.vertical:{vertical}",
        before=_facts(switch),
        after={"mode": ""},
        reason=reason.strip(),
    )
    publish(SwitchThrown(vertical=vertical, mode="", switch=switch.pk), subject=vertical)
    return switch


def _turn_on(
    by: User,
    vertical: str,
    mode: Mode,
    ends_at: datetime,
    reason: str,
    approval: ApprovalRequest | None = None,
) -> Switch:
    lock_publication()
    before = _on(vertical).first()
    if before is not None:
        _end(before, by, "another took its place")
    switch = Switch.objects.create(
        vertical=vertical,
        mode=mode,
        reason=reason,
        thrown_by=by,
        thrown_by_name=actor_name(by),
        approval=approval,
        ends_at=ends_at,
    )
    _tell(Switched(mode, ends_at.timestamp(), switch.pk), vertical)
    record(
        actor=by,
        action="switch.throw",
        subject=f"rules.vertical:{vertical}",
        before=_facts(before) if before else {"mode": ""},
        after=_facts(switch),
        reason=reason,
    )
    publish(SwitchThrown(vertical=vertical, mode=mode, switch=switch.pk), subject=vertical)
    return switch


def _end(switch: Switch, by: Actor, reason: str) -> None:
    switch.ended_at, switch.ended_by_name = clock.now(), actor_name(by)
    switch.end_reason = reason
    switch.save(update_fields=["ended_at", "ended_by_name", "end_reason"])


def _tell(switched: Switched | None, vertical: str) -> None:
    """Writes it where scoring looks; drops what is over. The caller holds the publication's lock.

    Raises SwitchRefused before the first publication.
    """
    publication = Publication.objects.first()
    if publication is None:
        raise SwitchRefused("Nothing is published yet, so there is nothing to switch.")
    now = clock.now().timestamp()
    told = {code: one for code, one in publication.switches.items() if one["until"] > now}
    told.pop(vertical, None)
    if switched is not None:
        told[vertical] = msgspec.to_builtins(switched)
    Publication.objects.filter(pk=publication.pk).update(switches=told)


def _on(vertical: str) -> QuerySet[Switch]:
    rows = Switch.objects.filter(vertical=vertical, ended_at=None, ends_at__gt=clock.now())
    return rows.order_by("-pk")


def _check(vertical: str, ends_at: datetime, reason: str) -> None:
    findings = []
    if not Vertical.objects.filter(code=vertical).exists():
        findings.append(Finding("vertical", f"There is no vertical {vertical[:64]}."))
    now = clock.now()
    if ends_at < now + SHORTEST:
        findings.append(
            Finding("ends_at", "It must end in the future, a minute from now at least.")
        )
    if ends_at > now + longest():
        hours = settings.SWITCH_MAX_HOURS
        findings.append(
            Finding("ends_at", f"It must end within {hours} hours; throw it again then.")
        )
    if not reason.strip():
        findings.append(Finding("reason", "Say why: colleagues and the audit trail need a reason."))
    if findings:
        raise Invalid(findings)


def _facts(switch: Switch) -> dict[str, Any]:
    return {"switch": switch.pk, "mode": switch.mode, "ends_at": switch.ends_at.isoformat()}
