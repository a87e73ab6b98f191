"""What the pages of a case, and the rooms above, read of cases."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from cases.models import Case, ReviewOutcome
from cases.queues.filters import Filter, waiting
from cases.services.working import WORK
from clients.models import StaffScope
from clients.queries import SEE_ALL
from foundation.models import User

ALERTS_SHOWN = 50
ENTRIES_SHOWN = 100
OTHERS_SHOWN = 10
COUNTED_UP_TO = 1_000
MOST_PEOPLE = 200


def current_statuses(transactions: Iterable[UUID]) -> dict[UUID, str]:
    """What reviewers made of these transactions, the newest word; those without one are left out.
    One query, none for nothing."""
    wanted = list(transactions)
    if not wanted:
        return {}
    newest = (
        ReviewOutcome.objects.filter(transaction__in=wanted)
        .order_by("transaction_id", "-pk")
        .distinct("transaction_id")
    )
    return dict(newest.values_list("transaction_id", "status"))


def count_waiting(scope: list[int] | None, *, now: datetime) -> int:
    """How many cases nobody has claimed, COUNTED_UP_TO at most."""
    return waiting(Filter(scope), now=now).order_by()[:COUNTED_UP_TO].count()


def colleagues(case: Case, *, but: User) -> QuerySet[User]:
    """Who else may work on the case; unevaluated."""
    scoped = StaffScope.objects.filter(institution=case.institution_id)
    sees = Q(pk__in=scoped.values("user")) | Q(pk__in=User.objects.with_perm(SEE_ALL).values("pk"))
    people = User.objects.with_perm(WORK).filter(sees, is_staff=True)  # no machines
    found: QuerySet[User] = people.exclude(pk=but.pk)
    return found.order_by("username")


def people_who_work(scope: list[int] | None) -> QuerySet[User]:
    """Who works on cases of these institutions, MOST_PEOPLE at most; unevaluated."""
    able = User.objects.with_perm(WORK, include_superusers=False)
    found: QuerySet[User] = able.filter(is_staff=True)  # no machines
    if scope is not None:
        found = found.filter(pk__in=StaffScope.objects.filter(institution__in=scope).values("user"))
    return found.only("pk", "username").order_by("username")[:MOST_PEOPLE]
