"""The queue: which cases a person asks for, in which order, and what a row of it shows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Q, QuerySet

from cases.models import Alert, Case
from cases.working import Filter, waiting
from clients.models import Institution
from foundation.models import User
from transactions.models import Customer
from transactions.presenting import masked_reference
from transactions.search import search, search_identities

PAGE: Final = 50
MOST_PAGES: Final = 200
"""Further ones are found by filtering: to skip rows, the database must read them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the queue is narrowed to. Empty parts ask nothing, but closed cases are left out."""

    whose: str = ""  # mine or unclaimed
    status: str = ""
    level: str = ""
    vertical: str = ""
    institution: int | None = None
    overdue: bool = False
    text: str = ""  # an exact case number, transaction, customer, device ...

    def for_claiming(self, scope: Iterable[int] | None) -> Filter:
        """What "Claim next" keeps to: institution, vertical and level."""
        institutions = scope
        if self.institution is not None:
            seen = scope is None or self.institution in scope
            institutions = [self.institution] if seen else []
        return Filter(
            institutions=institutions,
            verticals=(self.vertical,) if self.vertical else (),
            levels=(self.level,) if self.level else (),
        )


@dataclass(frozen=True, slots=True)
class Row:
    """A case as the queue shows it."""

    case: Case
    customer: str  # masked
    reason: str  # of its strongest alert
    overdue: bool
    asleep: bool  # snoozed


@dataclass(frozen=True, slots=True)
class QueuePage:
    rows: Sequence[Row]
    number: int
    more: bool


def cases_asked_for(
    asked: Asked, *, by: User, scope: list[int] | None, now: datetime
) -> QuerySet[Case]:
    """In the order of the queue; `scope` are the institutions that the person sees, None for all.

    Unevaluated but for a search, which looks the text up first (nine small index look-ups).
    """
    cases = _within(asked.for_claiming(scope), asked.whose, now)
    if asked.status:
        cases = cases.filter(status=asked.status)
    elif not asked.text:
        cases = cases.exclude(status=Case.Status.CLOSED)
    if asked.whose == "mine":
        cases = cases.filter(assignee=by)
    if asked.overdue:
        cases = cases.filter(due_at__lt=now).exclude(status=Case.Status.CLOSED)
    if asked.text:
        cases = cases.filter(_named(asked.text, scope))
    return cases.order_by(*_order(asked))


def _within(which: Filter, whose: str, now: datetime) -> QuerySet[Case]:
    if whose == "unclaimed":
        return waiting(which, now=now)
    cases = Case.objects.all()
    if which.institutions is not None:
        cases = cases.filter(institution_id__in=list(which.institutions))
    if which.verticals:
        cases = cases.filter(vertical__in=which.verticals)
    if which.levels:
        cases = cases.filter(level__in=which.levels)
    return cases


def _order(asked: Asked) -> tuple[str, ...]:
    if asked.status == Case.Status.CLOSED:
        return ("-closed_at", "-pk")
    return ("due_at", "pk") if asked.whose == "mine" else ("-rank", "-pk")


def _named(text: str, scope: list[int] | None) -> Q:
    """Cases of this number, with an alert on a transaction found by the text, or of the customer
    whose ID it is."""
    institutions = _all_institutions() if scope is None else scope
    found = list(search(text, institutions).values_list("pk", flat=True))
    customers = search_identities(Customer.objects.all(), text, institutions)
    named = Q(pk__in=Alert.objects.filter(transaction__in=found).values("case"))
    named |= Q(customer__in=list(customers.values_list("pk", flat=True)))
    number = text.removeprefix("#")
    if number.isascii() and number.isdigit() and len(number) < 19:
        named |= Q(pk=int(number))
    return named


def _all_institutions() -> list[int]:
    return list(Institution.objects.values_list("pk", flat=True))


def queue_page(cases: QuerySet[Case], *, number: int, now: datetime) -> QueuePage:
    """One page of them; two queries, no count. Page numbers outside 1..MOST_PAGES are drawn in."""
    number = min(max(number, 1), MOST_PAGES)
    start = (number - 1) * PAGE
    rows = cases.select_related("customer", "institution", "assignee")
    found = list(rows[start : start + PAGE + 1])
    shown = found[:PAGE]
    reasons = _top_reasons([case.pk for case in shown])
    return QueuePage(
        [
            Row(
                case=case,
                customer=masked_reference(case.customer),
                reason=reasons.get(case.pk, ""),
                overdue=case.status != Case.Status.CLOSED and case.due_at < now,
                asleep=case.snoozed_until is not None and case.snoozed_until > now,
            )
            for case in shown
        ],
        number,
        len(found) > PAGE and number < MOST_PAGES,
    )


def _top_reasons(cases: Sequence[int]) -> dict[int, str]:
    strongest = (
        Alert.objects.filter(case__in=cases)
        .order_by("case_id", "-score", "-id")
        .distinct("case_id")
    )
    return dict(strongest.values_list("case_id", "reason"))


def next_for(user: User, scope: list[int] | None, *, but: int, now: datetime) -> Case | None:
    """What the person should look at after that case: an own one that can be worked on, by due
    time; else the most valuable that nobody has claimed. Two queries at most."""
    own = Case.objects.filter(
        Q(snoozed_until=None) | Q(snoozed_until__lte=now),
        assignee=user,
        status__in=(Case.Status.OPEN, Case.Status.IN_PROGRESS),
    )
    if scope is not None:
        own = own.filter(institution_id__in=scope)
    others = waiting(Filter(scope), now=now)
    return own.exclude(pk=but).order_by("due_at", "pk").first() or others.exclude(pk=but).first()


def own_cases(user: User, scope: list[int] | None, most: int) -> list[Case]:
    """The person's open cases, the one due first in front; one query."""
    cases = Case.objects.filter(assignee=user).exclude(status=Case.Status.CLOSED)
    if scope is not None:
        cases = cases.filter(institution_id__in=scope)
    rows = cases.select_related("customer", "institution").order_by("due_at", "pk")
    return list(rows[:most])
