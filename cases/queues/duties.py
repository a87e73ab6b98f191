"""What is done for queues without anybody asking: warn, wake, give back, hand out.

Each case in a transaction of its own (handing out: each queue), locked, and passed by where
somebody else has it or it has moved on meanwhile: so two workers at once, or one that dies, do no
harm.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone as clock

from cases.models import Case, CaseEntry, Queue
from cases.queries import people_who_work
from cases.queues.filters import OPEN, awake
from cases.queues.routing import WARN_MINUTES
from cases.services.changing import change, enter_all
from foundation.locks import alone
from foundation.models import User

AT_ONCE: Final = 500
"""Cases that one run takes on; the next one is seconds away."""

_LONGEST_WARNING: Final = timedelta(minutes=65_535)
_MINUTE: Final = timedelta(minutes=1)


def warn_of_due(*, now: datetime | None = None) -> int:
    """Marks open cases whose due time is near, each once; how many. Forms stay good: the case
    itself has not changed."""
    now = now or clock.now()
    # As an annotation: a filter alone would leave out the cases without a queue.
    notice = Coalesce(F("queue__warn_minutes"), WARN_MINUTES)
    near = (
        Case.objects.annotate(notice=notice)
        .filter(OPEN, awake(now), warned_at=None, due_at__lte=now + _LONGEST_WARNING)
        .filter(due_at__lte=now + F("notice") * _MINUTE)
    )

    def warn(case: Case) -> None:
        Case.objects.filter(pk=case.pk).update(warned_at=now)
        facts = {"due": case.due_at.isoformat()}
        enter_all([CaseEntry(case=case, kind=CaseEntry.Kind.WARNED, facts=facts)])

    return _each(near.order_by("due_at"), warn)


def wake(*, now: datetime | None = None) -> int:
    """Brings back what was snoozed until now; how many."""
    now = now or clock.now()
    over = Case.objects.filter(OPEN, snoozed_until__lte=now, closing=None)

    def bring_back(case: Case) -> None:
        change(case, kind=CaseEntry.Kind.WOKE, by=None, snoozed_until=None)

    return _each(over.order_by("snoozed_until"), bring_back)


def release_idle(*, now: datetime | None = None) -> int:
    """Gives back to the queue what its assignee has left alone for the queue's time; how many.

    Only what is in progress: what waits, sleeps, is escalated or about to be closed stays.
    """
    now = now or clock.now()
    idle = Case.objects.filter(
        awake(now),
        status=Case.Status.IN_PROGRESS,
        assignee__isnull=False,
        closing=None,
        queue__release_minutes__gt=0,
    ).filter(touched_at__lt=now - F("queue__release_minutes") * _MINUTE)

    def give_back(case: Case) -> None:
        touched = case.touched_at or now
        change(
            case,
            kind=CaseEntry.Kind.RELEASED,
            by=None,
            facts={"idle_minutes": int((now - touched) / _MINUTE)},
            assignee=None,
            status=Case.Status.OPEN,
        )

    return _each(idle.order_by("touched_at"), give_back)


def hand_out(*, now: datetime | None = None) -> int:
    """Assigns unclaimed cases of the queues that ask for it, round and round; how many."""
    now = now or clock.now()
    with alone("cases.hand_out") as first:
        if not first:
            return 0
        queues = Queue.objects.filter(owner=None, auto_assign=True)
        return sum(_hand_out(queue.pk, now) for queue in list(queues.only("pk")))


@transaction.atomic
def _hand_out(queue_id: int, now: datetime) -> int:
    """The most valuable first. Nobody gets a case of an institution that is not theirs, nor more
    open ones than the queue's cap, however they came by those that they have."""
    queue = Queue.objects.select_for_update(of=("self",)).filter(pk=queue_id).first()
    if queue is None:
        return 0
    free = Case.objects.filter(OPEN, awake(now), queue=queue, assignee=None, closing=None)
    free = free.filter(proposal=None).exclude(status=Case.Status.ESCALATED)
    rows = free.select_for_update(skip_locked=True, of=("self",)).order_by("-rank", "-pk")
    cases = list(rows[:AT_ONCE])
    people = {pk: list(people_who_work([pk])) for pk in {case.institution_id for case in cases}}
    has = _open_by_person({person.pk for some in people.values() for person in some})
    done = 0
    for case in cases:
        person = _next(people[case.institution_id], queue.last_assigned_id, has, queue.most_open)
        if person is None:
            continue
        _assign(case, person, queue)
        has[person.pk] = has.get(person.pk, 0) + 1
        queue.last_assigned = person
        done += 1
    if done:
        queue.save(update_fields=["last_assigned"])
    return done


def _open_by_person(people: set[int]) -> dict[int, int]:
    cases = Case.objects.filter(OPEN, assignee__in=people).order_by()
    return dict(cases.values_list("assignee").annotate(number=Count("pk")))


def _next(people: list[User], last: int | None, has: dict[int, int], most: int) -> User | None:
    """Who comes after `last` in the order of their numbers and has room."""
    able = sorted((each for each in people if has.get(each.pk, 0) < most), key=lambda p: p.pk)
    later = (each for each in able if last is None or each.pk > last)
    return next(later, able[0] if able else None)


def _assign(case: Case, person: User, queue: Queue) -> None:
    status = Case.Status.IN_PROGRESS if case.status == Case.Status.OPEN else case.status
    facts: dict[str, Any] = {"to": person.pk, "name": person.get_username(), "queue": queue.pk}
    change(case, kind=CaseEntry.Kind.ASSIGNED, by=None, facts=facts, assignee=person, status=status)


def _each(cases: QuerySet[Case], act: Callable[[Case], None]) -> int:
    done = 0
    for pk in list(cases.values_list("pk", flat=True)[:AT_ONCE]):
        with transaction.atomic():
            rows = cases.filter(Q(pk=pk)).select_for_update(skip_locked=True, of=("self",))
            case = rows.order_by().first()
            if case is not None:
                act(case)
                done += 1
    return done
