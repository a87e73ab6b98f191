"""Which case an alert joins: the customer's open one, the one that it was merged into, the one that
was closed a short while ago, or a new one."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from cases.models import Case, CaseEntry
from transactions.models import Customer

_ROUNDS = 3  # cases merged at this moment are looked up again; each round needs another merging


@dataclass(slots=True)
class Joined:
    """Locked cases by customer; those without one get a new case. What `entries` tell has been set
    on the cases, unsaved."""

    cases: dict[int, Case]
    reopened: set[int] = field(default_factory=set)
    entries: list[CaseEntry] = field(default_factory=list)


def lock_customers(customers: Collection[int]) -> None:
    """Nobody else opens, reopens or merges cases of these customers until the commit. Always taken
    before cases are locked, in this order."""
    rows = Customer.objects.select_for_update(no_key=True).filter(pk__in=customers)
    list(rows.order_by("pk").values_list("pk"))


def join_cases(customers: Collection[int], now: datetime) -> Joined:
    """Finds and locks the case of each customer; two to four queries, however many there are."""
    lock_customers(customers)
    own = _locked(Case.objects.filter(customer__in=customers).exclude(status=Case.Status.CLOSED))
    joined = Joined({case.customer_id: case for case in own})
    for _ in range(_ROUNDS):
        missing = [customer for customer in customers if customer not in joined.cases]
        if not missing or not _join_earlier(joined, missing, now):
            break
    for case in dict.fromkeys(joined.cases.values()):
        _wake(case, joined.entries)
    return joined


def _join_earlier(joined: Joined, missing: list[int], now: datetime) -> bool:
    """Looks at the last case of each; whether a look at another is needed."""
    latest = (
        Case.objects.filter(customer__in=missing)
        .order_by("customer_id", "-opened_at", "-pk")
        .distinct("customer_id")
        .values_list("customer_id", "pk", "merged_into", "closed_at")
    )
    since = now - timedelta(hours=settings.CASE_REOPEN_HOURS)
    wanted = {
        customer: merged or pk
        for customer, pk, merged, closed in latest
        if merged or closed is None or closed > since
    }
    if not wanted:
        return False
    found = {case.pk: case for case in joined.cases.values()}
    unlocked = Case.objects.filter(pk__in=[pk for pk in wanted.values() if pk not in found])
    found |= {case.pk: case for case in _locked(unlocked)}
    again = False
    for customer, pk in wanted.items():
        case = found[pk]
        if case.status != Case.Status.CLOSED:
            joined.cases[customer] = case
        elif case.merged_into_id is not None:
            again = True
        elif case.customer_id == customer:
            _reopen(case, joined.entries)
            joined.reopened.add(case.pk)
            joined.cases[customer] = case
    return again


def _locked(cases: QuerySet[Case]) -> Iterable[Case]:
    rows = cases.select_related("queue").select_for_update(of=("self",))
    return rows.order_by("pk")


def _reopen(case: Case, entries: list[CaseEntry]) -> None:
    facts = {"disposition": case.disposition, "typology": case.typology, "alert": True}
    _enter(entries, case, CaseEntry.Kind.REOPENED, facts)
    case.status, case.disposition, case.typology = Case.Status.OPEN, "", ""
    case.closed_at = case.assignee = case.warned_at = case.snoozed_until = None


def _wake(case: Case, entries: list[CaseEntry]) -> None:
    """What was set aside comes back with a new alert."""
    if case.snoozed_until is None and case.status != Case.Status.WAITING:
        return
    _enter(entries, case, CaseEntry.Kind.WOKE, {"alert": True})
    case.snoozed_until = None
    if case.status == Case.Status.WAITING:
        case.status = Case.Status.IN_PROGRESS if case.assignee_id else Case.Status.OPEN


def _enter(entries: list[CaseEntry], case: Case, kind: str, facts: dict[str, Any]) -> None:
    entries.append(CaseEntry(case=case, kind=kind, facts=facts))
