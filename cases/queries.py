"""What the pages of a case, and the rooms above, read of cases."""

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone as clock

from cases.models import Alert, Case, CaseEntry, ReviewOutcome
from cases.queues.filters import Filter, waiting
from cases.services.machines import PREFIX
from cases.services.working import WORK
from clients.models import ApiKey, StaffScope
from clients.queries import SEE_ALL
from foundation.models import User

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


def top_reasons(cases: Iterable[int]) -> dict[int, str]:
    """The reason of each case's strongest alert; one query."""
    alerts = Alert.objects.filter(case__in=list(cases))
    strongest = alerts.order_by("case_id", "-score", "-id").distinct("case_id")
    return dict(strongest.values_list("case_id", "reason"))


def knows_of_reports(user: User) -> bool:
    """Who works on cases, or looks after the audit trail: nobody else learns that somebody was
    reported to the authorities."""
    return user.has_perm(WORK) or user.has_perm("foundation.view_auditentry")


def hidden_from(user: User) -> frozenset[CaseEntry.Kind]:
    """Kinds of entries of a timeline that the person is not shown."""
    return frozenset() if knows_of_reports(user) else frozenset({CaseEntry.Kind.REPORTED})


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


def who_may_work(pairs: Collection[tuple[int, int]]) -> set[tuple[int, int]]:
    """Those of these pairs of a person and an institution who may work on its cases now; machines
    with a key that is in force count. Four queries at most, none for nothing."""
    if not pairs:
        return set()
    able = User.objects.with_perm(WORK).filter(pk__in={user for user, _ in pairs})
    names = dict(able.values_list("pk", "username"))
    machines = {pk: name[len(PREFIX) :] for pk, name in names.items() if name.startswith(PREFIX)}
    if machines:
        keys = ApiKey.objects.filter(prefix__in=machines.values(), revoked_at=None)
        good = set(keys.exclude(expires_at__lte=clock.now()).values_list("prefix", flat=True))
        names = {pk: name for pk, name in names.items() if machines.get(pk) in {None, *good}}
    all_of_them = User.objects.with_perm(SEE_ALL).filter(pk__in=names)
    everywhere = set(all_of_them.values_list("pk", flat=True))
    scopes = StaffScope.objects.filter(user__in=names).values_list("user", "institution")
    scoped = set(scopes)
    return {
        pair for pair in pairs if pair[0] in names and (pair[0] in everywhere or pair in scoped)
    }
