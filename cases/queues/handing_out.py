"""Handing out: unclaimed cases of the queues that ask for it go round among those who have room.

Who has room is found first, then which cases they may have, and neither locks anything. Each case
is then locked and assigned in a short transaction of its own, so that whoever claims at the same
moment passes by one case, not by all that are free.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils import timezone as clock

from cases.models import Case, CaseEntry, Queue
from cases.queries import people_who_work
from cases.queues.filters import OPEN, awake
from cases.services.changing import change
from foundation.locks import alone
from foundation.models import User

AT_ONCE: Final = 500
"""Cases of a queue that one run hands out; the next one is seconds away."""


def hand_out(*, now: datetime | None = None) -> int:
    """Assigns unclaimed cases of the queues that ask for it, round and round; how many."""
    now = now or clock.now()
    with alone("cases.hand_out") as first:
        if not first:
            return 0
        queues = Queue.objects.filter(owner=None, auto_assign=True)
        return sum(_hand_out(queue, now) for queue in list(queues))


@dataclass(slots=True)
class _Room:
    """Who may work for an institution, in the order in which they take turns, and how many more
    cases each may be given. The numbers are shared between the institutions."""

    people: Sequence[User]
    left: dict[int, int]

    @property
    def total(self) -> int:
        return sum(max(self.left[person.pk], 0) for person in self.people)

    def next(self, last: int | None) -> User | None:
        """Who comes after `last` and has room."""
        able = [person for person in self.people if self.left[person.pk] > 0]
        later = (person for person in able if last is None or person.pk > last)
        return next(later, able[0] if able else None)


def _hand_out(queue: Queue, now: datetime) -> int:
    """The most valuable first. Nobody gets a case of an institution that is not theirs, nor more
    open ones than the queue's cap, however they came by those that they have."""
    free = _free(queue, now)
    rooms = _rooms(free, queue.most_open)
    done = 0
    for _, pk, institution in _most_valuable(free, rooms):
        room = rooms[institution]
        person = room.next(queue.last_assigned_id)
        if person is not None and _assign(free, pk, person, queue):
            room.left[person.pk] -= 1
            done += 1
    return done


def _free(queue: Queue, now: datetime) -> QuerySet[Case]:
    waiting = Case.objects.filter(OPEN, awake(now), queue=queue, assignee=None)
    return waiting.filter(closing=None, proposal=None).exclude(status=Case.Status.ESCALATED)


def _rooms(free: QuerySet[Case], most: int) -> dict[int, _Room]:
    """By institution that has free cases and somebody with room for one."""
    wanted = free.order_by().values_list("institution", flat=True).distinct()
    people = {
        pk: sorted(people_who_work([pk]), key=lambda person: person.pk) for pk in list(wanted)
    }
    everybody = {person.pk for some in people.values() for person in some}
    has = _open_by_person(everybody)
    left = {pk: most - has.get(pk, 0) for pk in everybody}
    rooms = {pk: _Room(some, left) for pk, some in people.items()}
    return {pk: room for pk, room in rooms.items() if room.total}


def _open_by_person(people: set[int]) -> dict[int, int]:
    cases = Case.objects.filter(OPEN, assignee__in=people).order_by()
    return dict(cases.values_list("assignee").annotate(number=Count("pk")))


def _most_valuable(free: QuerySet[Case], rooms: dict[int, _Room]) -> list[tuple[float, int, int]]:
    """Rank, number and institution of the cases that there is room for, AT_ONCE at most; as many
    of each institution as it has room for, so that none keeps the others waiting."""
    found: list[tuple[float, int, int]] = []
    for institution, room in rooms.items():
        rows = free.filter(institution=institution).order_by("-rank", "-pk")
        found += rows.values_list("rank", "pk", "institution")[: min(room.total, AT_ONCE)]
    return sorted(found, reverse=True)[:AT_ONCE]


@transaction.atomic
def _assign(free: QuerySet[Case], pk: int, person: User, queue: Queue) -> bool:
    """False when somebody else has the case at this moment, or it is free no more."""
    rows = free.filter(Q(pk=pk)).select_for_update(skip_locked=True, of=("self",))
    case = rows.order_by().first()
    if case is None:
        return False
    status = Case.Status.IN_PROGRESS if case.status == Case.Status.OPEN else case.status
    facts: dict[str, Any] = {"to": person.pk, "name": person.get_username(), "queue": queue.pk}
    change(case, kind=CaseEntry.Kind.ASSIGNED, by=None, facts=facts, assignee=person, status=status)
    Queue.objects.filter(pk=queue.pk).update(last_assigned=person)
    queue.last_assigned = person
    return True
