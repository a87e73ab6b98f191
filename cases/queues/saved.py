"""Saved queues: kept by people for themselves, by supervisors for all; and how full each is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.db.models import Count, Min, Q

from cases.models import Case, Queue
from cases.queues.filters import OPEN, Asked
from cases.services.working import SUPERVISE, WORK
from foundation import audit
from foundation.errors import BadRequest, Conflict, FieldError, Forbidden
from foundation.models import User
from foundation.permissions import require
from foundation.scopes import sees_institution, visible_institutions

MOST_OWN: Final = 20
MOST_SHARED: Final = 30
_TIMES: Final = (
    "position", "hours_critical", "hours_high", "hours_medium", "warn_minutes", "release_minutes",
    "auto_assign", "most_open",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Saved:
    """A queue as the left column shows it."""

    name: str
    asked: Asked
    pk: int | None = None  # none: always there
    own: bool = False
    number: int | None = None  # none: of closed cases, which nobody counts
    oldest_due: datetime | None = None

    @property
    def address(self) -> list[tuple[str, str]]:
        kept = [] if self.pk is None else [("queue", str(self.pk))]
        return [*self.asked.to_address(), *kept]


def queues_of(user: User) -> list[Saved]:
    """Those that are always there, the shared ones that the person sees, then their own. One
    query."""
    rows = Queue.objects.filter(Q(owner=None) | Q(owner=user)).order_by("position", "name", "pk")
    kept = [
        Saved(queue.name, Asked.kept(queue.filters), queue.pk, queue.owner_id is not None)
        for queue in rows
    ]
    seen = [saved for saved in kept if sees_institution(user, saved.asked.institution)]
    return [*_always(user), *sorted(seen, key=lambda saved: saved.own)]


def _always(user: User) -> list[Saved]:
    found = [Saved("All open", Asked())]
    if user.has_perm(WORK):
        found += [Saved("Yours", Asked(whose="mine"))]
    found += [
        Saved("Unclaimed", Asked(whose="unclaimed")),
        Saved("Overdue", Asked(overdue=True)),
    ]
    if user.has_perm(SUPERVISE):
        found.append(Saved("Escalated", Asked(status=Case.Status.ESCALATED)))
    return found


def counted(
    queues: Sequence[Saved], *, by: User, scope: list[int] | None, now: datetime
) -> list[Saved]:
    """The same with how many open cases each has, and when the first of them is due; one query
    that reads each open case once."""
    wanted: dict[str, Any] = {}
    for place, saved in enumerate(queues):
        if saved.asked.status == Case.Status.CLOSED:
            continue
        asked = saved.asked.condition(by=by.pk, scope=None, now=now)
        if saved.asked.institution is not None and not sees_institution(
            by, saved.asked.institution
        ):
            asked = Q(pk=None)
        wanted[f"number_{place}"] = Count("pk", filter=asked)
        wanted[f"due_{place}"] = Min("due_at", filter=asked)
    cases = Case.objects.filter(OPEN)
    if scope is not None:
        cases = cases.filter(institution_id__in=scope)
    found = cases.aggregate(**wanted)
    return [
        Saved(
            saved.name,
            saved.asked,
            saved.pk,
            saved.own,
            found.get(f"number_{place}"),
            found.get(f"due_{place}"),
        )
        for place, saved in enumerate(queues)
    ]


@transaction.atomic
def keep_queue(*, by: User, name: str, asked: Asked) -> Queue:
    """A queue of the person's own. Raises Conflict when they have one of this name, BadRequest
    when there is nothing to keep or too much is kept."""
    require(by, WORK)
    if not asked.to_keep():
        raise BadRequest("Nothing is narrowed: choose filters first.")
    if Queue.objects.filter(owner=by).count() >= MOST_OWN:
        raise BadRequest(f"You have {MOST_OWN} queues already; delete one first.")
    queue = Queue(owner=by, name=_checked(name), filters=asked.to_keep())
    return _stored(queue, by, "cases.keep_queue", None)


@transaction.atomic
def change_queue(*, queue_id: int, by: User, name: str, asked: Asked | None = None) -> Queue:
    """Gives one's own queue a name, and filters where some are given."""
    require(by, WORK)
    queue = own_queue(queue_id, by)
    before = _facts(queue)
    queue.name = _checked(name)
    if asked is not None:
        queue.filters = asked.to_keep()
    return _stored(queue, by, "cases.change_queue", before)


@transaction.atomic
def delete_queue(*, queue_id: int, by: User) -> None:
    """Deletes one's own queue; the cases in it stay where they are."""
    require(by, WORK)
    queue = own_queue(queue_id, by)
    _record(queue, by, "cases.delete_queue", _facts(queue), None)
    queue.delete()


def own_queue(queue_id: int, by: User) -> Queue:
    """Locked until the commit. Raises Queue.DoesNotExist for what is not the person's."""
    return Queue.objects.select_for_update(of=("self",)).get(pk=queue_id, owner=by)


@transaction.atomic
def save_shared(*, queue: Queue, by: User) -> Queue:
    """Stores a shared queue, new or changed. Raises Forbidden when it reaches into institutions
    that are not the person's, Conflict when the name is taken."""
    require(by, "cases.change_queue" if queue.pk else "cases.add_queue")
    before = None
    if queue.pk:
        stored = Queue.objects.select_for_update(of=("self",)).get(pk=queue.pk, owner=None)
        require_reach(by, stored)
        before = _facts(stored)
    elif Queue.objects.filter(owner=None).count() >= MOST_SHARED:
        raise BadRequest(f"There are {MOST_SHARED} shared queues already; delete one first.")
    require_reach(by, queue)
    queue.owner, queue.name = None, _checked(queue.name)
    return _stored(queue, by, "cases.share_queue", before)


@transaction.atomic
def delete_shared(*, queue: Queue, by: User) -> None:
    """Cases that it had charge of keep their due times, and have the usual ones afterwards."""
    require(by, "cases.delete_queue")
    require_reach(by, queue)
    _record(queue, by, "cases.delete_queue", _facts(queue), None)
    queue.delete()


def require_reach(by: User, queue: Queue) -> None:
    """Whoever does not work for all institutions shares queues of one of theirs only."""
    institution = queue.filters.get("institution")
    if visible_institutions(by) is None:
        return
    if institution is None or not sees_institution(by, institution):
        raise Forbidden(
            "The queue reaches beyond your institutions; narrow it to one of them.",
            type="not-yours",
        )


def _checked(name: str) -> str:
    name = " ".join(name.split())
    if not 0 < len(name) <= 64:
        message = "must have 1 to 64 characters"
        raise BadRequest(f"The name {message}.", errors=[FieldError("name", message)])
    return name


def _stored(queue: Queue, by: User, action: str, before: dict[str, Any] | None) -> Queue:
    try:
        with transaction.atomic():
            queue.save()
    except IntegrityError as error:
        if "queue_name_once" not in str(error):
            raise
        raise Conflict(f"There is a queue {queue.name} already.", type="queue-exists") from None
    _record(queue, by, action, before, _facts(queue))
    return queue


def _facts(queue: Queue) -> dict[str, Any]:
    return {
        "name": queue.name,
        "filters": queue.filters,
        **({} if queue.owner_id else {name: getattr(queue, name) for name in _TIMES}),
    }


def _record(
    queue: Queue, by: User, action: str, before: dict[str, Any] | None, after: dict[str, Any] | None
) -> None:
    audit.record(
        actor=by,
        action=action,
        subject=f"cases.queue:{queue.pk}",
        before=before,
        after=after,
        institution_id=queue.filters.get("institution"),
    )
