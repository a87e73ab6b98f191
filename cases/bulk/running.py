"""A bulk action at work: case by case, each in a transaction of its own with its item.

An item is done with its case or not at all, so whoever comes after a dead worker goes on where it
stopped, and two at once pass by each other's items.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import OperationalError, transaction
from django.utils import timezone as clock

from cases.models import BulkAction, BulkItem, Case
from cases.services import working
from cases.services.merging import merge
from foundation import audit
from foundation.errors import BadRequest, Conflict, FieldError, Problem
from foundation.models import User
from foundation.permissions import require

log = logging.getLogger(__name__)

AT_ONCE: Final = 200
"""Items between two looks at whether it goes on; the task then makes room for others."""

LEFT_ALONE: Final = timedelta(minutes=2)
"""Without a sign of life for so long, its worker is taken for dead."""

Arguments = Mapping[str, Any]


@transaction.atomic
def start(*, bulk_id: UUID, by: User, arguments: dict[str, Any]) -> BulkAction:
    """Lets it begin; the caller hands it to a worker. Starting twice starts once.

    Raises BadRequest naming what is missing among the arguments: `to`; `until` as ISO 8601;
    `disposition`, `typology`, `reason`; `into`.
    """
    require(by, working.WORK)
    bulk = BulkAction.objects.select_for_update().get(pk=bulk_id, by=by)
    if bulk.state != BulkAction.State.DRAFT:
        return bulk
    _check(bulk, arguments)
    now = clock.now()
    bulk.arguments, bulk.state = arguments, BulkAction.State.RUNNING
    bulk.started_at = bulk.alive_at = now
    bulk.save(update_fields=["arguments", "state", "started_at", "alive_at"])
    told = {name: value for name, value in arguments.items() if name != "reason"}
    audit.record(
        actor=by,
        action="cases.bulk",
        subject=f"cases.bulkaction:{bulk.pk}",
        after={"kind": bulk.kind, "cases": bulk.total, **told},
    )
    return bulk


@transaction.atomic
def stop(*, bulk_id: UUID, by: User) -> BulkAction:
    """Ends one's own running action after the case that is being done: the rest stay as they are.
    What is done stays done. Harmless when it is over already."""
    require(by, working.WORK)
    bulk = BulkAction.objects.select_for_update().get(pk=bulk_id, by=by)
    if bulk.state != BulkAction.State.RUNNING:
        return bulk
    bulk.state, bulk.finished_at = BulkAction.State.STOPPED, clock.now()
    bulk.save(update_fields=["state", "finished_at"])
    audit.record(
        actor=by,
        action="cases.bulk_stopped",
        subject=f"cases.bulkaction:{bulk.pk}",
        after={"left": bulk.items.filter(state=BulkItem.State.WAITING).count()},
    )
    return bulk


def run_some(bulk_id: UUID, *, most: int = AT_ONCE) -> bool:
    """Does the next items; whether there are more. Harmless when it is done or runs elsewhere."""
    running = BulkAction.objects.filter(pk=bulk_id, state=BulkAction.State.RUNNING)
    if not running.update(alive_at=clock.now()):
        return False
    bulk = running.select_related("by").first()
    if bulk is None:
        return False
    # Read once a part: permissions and scopes as they are now, not as when it was started.
    by = User.objects.get(pk=bulk.by_id)
    items = bulk.items.filter(state=BulkItem.State.WAITING).order_by("pk")
    for pk in list(items.values_list("pk", flat=True)[:most]):
        _run_one(bulk, pk, by)
    if items.exists():
        return running.exists()
    running.update(state=BulkAction.State.DONE, finished_at=clock.now())
    return False


def left_alone(*, now: datetime | None = None) -> list[UUID]:
    """Those whose worker has gone; each is returned to one caller only."""
    now = now or clock.now()
    idle = BulkAction.objects.filter(
        state=BulkAction.State.RUNNING, alive_at__lt=now - LEFT_ALONE
    ).order_by("alive_at")
    return [
        pk
        for pk in list(idle.values_list("pk", flat=True)[:50])
        if idle.filter(pk=pk).update(alive_at=now)
    ]


@transaction.atomic
def _run_one(bulk: BulkAction, pk: int, by: User) -> None:
    """What cannot be done is kept with the item, foreseen or not: it must not hold up the others.
    Only a database that is gone, or a deadlock, leaves the item to the next worker."""
    waiting = BulkItem.objects.filter(pk=pk, state=BulkItem.State.WAITING)
    waiting = waiting.filter(bulk__state=BulkAction.State.RUNNING)  # nobody has stopped it
    item = waiting.select_for_update(skip_locked=True, of=("self",)).first()
    if item is None:
        return
    item.state = BulkItem.State.DONE
    try:
        with transaction.atomic():
            _ACTS[BulkAction.Kind(bulk.kind)](item, by, bulk.arguments)
    except Problem as problem:
        item.state, item.told = BulkItem.State.REFUSED, problem.detail[:300]
    except OperationalError:
        raise
    except Exception:
        log.exception("Case %s of bulk action %s failed", item.case_id, bulk.pk)
        item.state, item.told = BulkItem.State.REFUSED, "It failed; tell an administrator."
    item.save(update_fields=["state", "told"])


def _assign(item: BulkItem, by: User, given: Arguments) -> None:
    to = User.objects.get(pk=given["to"])
    working.assign(case_id=item.case_id, to=to, by=by, version=item.version)


def _release(item: BulkItem, by: User, given: Arguments) -> None:
    if Case.objects.filter(pk=item.case_id, assignee=None).exists():
        raise Conflict("Nobody has claimed it.", type="case-free")
    working.release(case_id=item.case_id, by=by, version=item.version)


def _escalate(item: BulkItem, by: User, given: Arguments) -> None:
    working.set_status(
        case_id=item.case_id,
        status=Case.Status.ESCALATED,
        by=by,
        reason=given["reason"],
        version=item.version,
    )


def _snooze(item: BulkItem, by: User, given: Arguments) -> None:
    until = datetime.fromisoformat(given["until"])
    working.snooze(case_id=item.case_id, until=until, by=by, version=item.version)


def _close(item: BulkItem, by: User, given: Arguments) -> None:
    case = working.decide(
        case_id=item.case_id,
        disposition=given["disposition"],
        typology=given.get("typology", ""),
        reason=given["reason"],
        by=by,
        version=item.version,
    )
    if case.status != Case.Status.CLOSED:
        item.told = "waits for a second person"


def _merge(item: BulkItem, by: User, given: Arguments) -> None:
    if item.case_id == given["into"]:
        item.told = "the case that the others are merged into"
        return
    merge(
        case_id=item.case_id,
        into=given["into"],
        by=by,
        reason=given["reason"],
        version=item.version,
    )


_ACTS: Final[Mapping[BulkAction.Kind, Callable[[BulkItem, User, Arguments], None]]] = {
    BulkAction.Kind.ASSIGN: _assign,
    BulkAction.Kind.RELEASE: _release,
    BulkAction.Kind.ESCALATE: _escalate,
    BulkAction.Kind.SNOOZE: _snooze,
    BulkAction.Kind.CLOSE: _close,
    BulkAction.Kind.MERGE: _merge,
}


def _check(bulk: BulkAction, given: Arguments) -> None:
    wanted = {
        BulkAction.Kind.ASSIGN: ("to",),
        BulkAction.Kind.ESCALATE: ("reason",),
        BulkAction.Kind.SNOOZE: ("until",),
        BulkAction.Kind.CLOSE: ("disposition", "reason"),
        BulkAction.Kind.MERGE: ("into", "reason"),
    }.get(BulkAction.Kind(bulk.kind), ())
    missing = [name for name in wanted if not given.get(name)]
    if missing:
        raise BadRequest(
            f"{', '.join(missing)}: needed.",
            errors=[FieldError(name, "is required", "missing") for name in missing],
        )
    if bulk.kind == BulkAction.Kind.CLOSE:
        working.check_decision(given["disposition"], given["reason"], given.get("typology", ""))
    if bulk.kind == BulkAction.Kind.MERGE and not bulk.items.filter(case=given["into"]).exists():
        raise BadRequest("Merge into one of the cases that are selected.")
