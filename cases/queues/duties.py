"""What is done for queues without anybody asking: warn, wake, give back. Handing out has its own
module.

Each case in a transaction of its own, locked, and passed by where somebody else has it or it has
moved on meanwhile: so two workers at once, or one that dies, do no harm.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone as clock

from cases.models import Case, CaseEntry
from cases.queries import who_may_work
from cases.queues.filters import OPEN, awake
from cases.queues.routing import WARN_MINUTES
from cases.services.changing import change, enter_all
from cases.services.working import given_back

AT_ONCE: Final = 500
"""Cases that one run takes on; the next one is seconds away."""

_LONGEST_WARNING: Final = timedelta(minutes=65_535)
_MINUTE: Final = timedelta(minutes=1)


def warn_of_due(*, now: datetime | None = None) -> int:
    """Marks open cases whose due time is near, each once; how many. Those that sleep too: the due
    time does not wait for them. Forms stay good: the case itself has not changed."""
    now = now or clock.now()
    # As an annotation: a filter alone would leave out the cases without a queue.
    notice = Coalesce(F("queue__warn_minutes"), WARN_MINUTES)
    near = (
        Case.objects.annotate(notice=notice)
        .filter(OPEN, warned_at=None, due_at__lte=now + _LONGEST_WARNING)
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


def release_orphaned() -> int:
    """Gives back what is claimed by somebody who may no longer work on it: a person who has left,
    or lost the role or the institution, or a revoked key; how many.

    What is about to be closed, or waits for a second person, stays until that is settled. Four
    queries when there is none.
    """
    claimed = Case.objects.filter(OPEN, assignee__isnull=False, closing=None, proposal=None)
    pairs = set(claimed.order_by().values_list("assignee", "institution").distinct())
    orphaned = sorted(pairs - who_may_work(pairs))

    def give_back(case: Case) -> None:
        change(
            case,
            kind=CaseEntry.Kind.RELEASED,
            by=None,
            facts={"gone": str(case.assignee)},
            assignee=None,
            status=given_back(case),
        )

    return sum(
        _each(claimed.filter(assignee=user, institution=institution).order_by("pk"), give_back)
        for user, institution in orphaned
    )


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
