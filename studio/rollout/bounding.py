"""A rule's own bounds, and holding it from automatic demotion."""

from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.utils import timezone as clock

from foundation.audit import changes, record
from foundation.errors import BadRequest
from foundation.models import User
from foundation.permissions import require
from rules.models import Rule
from studio.models import RuleWatch
from studio.rollout.demoting import CHANGE

LONGEST_HOLD: Final = timedelta(days=14)
BOUNDS: Final = (
    "max_share",
    "max_hits_a_day",
    "min_precision",
    "min_labelled",
    "max_error_share",
)


class BadBounds(BadRequest):
    """A bound or a hold that makes no sense."""

    type, title = "bad-bounds", "These bounds cannot be set"


@transaction.atomic
def set_bounds(*, by: User, code: str, reason: str, **bounds: float | None) -> RuleWatch:
    """Sets all five, in shares from 0 to 1; None: the installation's. Raises BadBounds."""
    require(by, CHANGE)
    _check(bounds)
    watch = _locked(code)
    before = {name: getattr(watch, name) for name in BOUNDS}
    for name in BOUNDS:
        setattr(watch, name, bounds.get(name))
    watch.save(update_fields=BOUNDS)
    old, new = changes(before, {name: getattr(watch, name) for name in BOUNDS})
    if new:
        _record(by, "rules.bounds", code, old, new, reason)
    return watch


def _check(bounds: dict[str, float | None]) -> None:
    for name in ("max_share", "max_error_share"):
        value = bounds.get(name)
        if value is not None and not 0 < value <= 1:
            raise BadBounds("A share must lie above 0 % and at most at 100 %.")
    precision = bounds.get("min_precision")
    if precision is not None and not 0 <= precision < 1:
        raise BadBounds("The least precision must lie from 0 % to below 100 %.")
    for name in ("max_hits_a_day", "min_labelled"):
        value = bounds.get(name)
        if value is not None and not 1 <= value < 2**31:  # also refuses NaN
            raise BadBounds("A number of hits must be at least 1.")


@transaction.atomic
def hold(*, by: User, code: str, until: datetime, reason: str) -> RuleWatch:
    """Keeps the rule from automatic demotion until then, LONGEST_HOLD at most; a hold that is there
    is replaced. Raises BadBounds."""
    require(by, CHANGE)
    now = clock.now()
    if not reason.strip():
        raise BadBounds("Say why: whoever sees the rule out of its bounds will ask.")
    if not now < until <= now + LONGEST_HOLD:
        raise BadBounds(f"A hold ends within {LONGEST_HOLD.days} days from now.")
    watch = _locked(code)
    before = _held(watch)
    watch.held_until, watch.held_reason, watch.held_by = until, reason.strip(), by
    watch.save(update_fields=["held_until", "held_reason", "held_by"])
    _record(by, "rules.hold", code, before, _held(watch), reason)
    return watch


@transaction.atomic
def end_hold(*, by: User, code: str, reason: str = "") -> RuleWatch:
    """The watch may demote it again, from its next look on; harmless when nobody holds it."""
    require(by, CHANGE)
    watch = _locked(code)
    if watch.held_until is None:
        return watch
    before = _held(watch)
    watch.held_until, watch.held_reason, watch.held_by = None, "", None
    watch.save(update_fields=["held_until", "held_reason", "held_by"])
    _record(by, "rules.end_hold", code, before, _held(watch), reason)
    return watch


def _locked(code: str) -> RuleWatch:
    """Raises Rule.DoesNotExist."""
    rule = Rule.objects.get(code=code)
    RuleWatch.objects.get_or_create(rule=rule)
    return RuleWatch.objects.select_for_update(of=("self",)).select_related("rule").get(rule=rule)


def _held(watch: RuleWatch) -> dict[str, Any]:
    until = watch.held_until
    return {"held_until": until.isoformat() if until else None}


def _record(
    by: User, action: str, code: str, before: dict[str, Any], after: dict[str, Any], reason: str
) -> None:
    record(
        actor=by, action=action, subject=f"rules.rule:{code}", before=before, after=after,
        reason=reason,
    )  # fmt: skip
