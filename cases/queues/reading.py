"""The queue: which cases a person asks for, in which order, and what a row of it shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Count, Q, QuerySet

from cases.alerts.why import Reason, reasons_of
from cases.models import Alert, Case, CaseEntry
from cases.queries import hidden_from, top_reasons
from cases.queues.filters import OPEN, Asked, Filter, awake, came_back, due_soon, waiting
from cases.services.working import SUPERVISE
from cases.typologies import in_words
from clients.models import Institution
from foundation.models import User
from transactions.models import Customer
from transactions.presenting import masked_reference
from transactions.search import search, search_identities

PAGE: Final = 50
MOST_PAGES: Final = 200
"""Further ones are found by filtering: to skip rows, the database must read them."""

_SHOWN: Final = ("customer", "institution", "assignee", "closing")
LOOKED_AT: Final = 20  # alerts whose reasons a preview gathers
REASONS_IN_PREVIEW: Final = 5
ENTRIES_IN_PREVIEW: Final = 3


@dataclass(frozen=True, slots=True)
class Row:
    """A case as the queue shows it."""

    case: Case
    customer: str  # masked
    reason: str  # of its strongest alert
    now: datetime
    supervises: bool = True  # whoever looks
    back: bool = False  # from a snooze, where that was asked for

    @property
    def overdue(self) -> bool:
        return self.case.is_overdue(self.now)

    @property
    def soon(self) -> bool:
        """Its warning has been given, and its time is not over."""
        return self.case.warned_at is not None and not self.overdue

    @property
    def asleep(self) -> bool:
        return self.case.is_asleep(self.now)

    @property
    def waits(self) -> bool:
        """For a second person to agree to its verdict."""
        return self.case.proposal_id is not None

    @property
    def closing(self) -> bool:
        return hasattr(self.case, "closing")

    @property
    def free(self) -> bool:
        """Whether it may be claimed from the list: an escalated one by supervisors."""
        theirs = self.case.status == Case.Status.ESCALATED and not self.supervises
        return not (self.waits or self.closing or theirs)

    @property
    def kind(self) -> str:
        """The kind of fraud, as decided or suspected, in words."""
        return in_words(self.case.typology or self.case.suspected)

    @property
    def stake(self) -> str:
        return compact_dollars(self.case.loss)

    @property
    def age(self) -> str:
        return compact_time(self.now - self.case.opened_at)


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
    cases = Case.objects.filter(asked.condition(by=by.pk, scope=scope, now=now))
    if asked.text:
        cases = cases.filter(_named(asked.text, scope))
    return cases.order_by(*_order(asked))


def _order(asked: Asked) -> tuple[str, ...]:
    if asked.status == Case.Status.CLOSED:
        return ("-closed_at", "-pk")
    return ("due_at", "pk") if asked.of_one else ("-rank", "-pk")


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


def queue_page(
    cases: QuerySet[Case], *, number: int, now: datetime, supervises: bool = True
) -> QueuePage:
    """One page of them; three queries, no count. Page numbers outside 1..MOST_PAGES are drawn in.

    Which rows is asked first, from an index alone: the rows that are skipped are never joined.
    """
    number = min(max(number, 1), MOST_PAGES)
    start = (number - 1) * PAGE
    numbers = list(cases.values_list("pk", flat=True)[start : start + PAGE + 1])
    rows = Case.objects.filter(pk__in=numbers).select_related(*_SHOWN).in_bulk()
    found = [rows[pk] for pk in numbers if pk in rows]
    shown = found[:PAGE]
    reasons = top_reasons(case.pk for case in shown)
    return QueuePage(
        [
            Row(
                case=case,
                customer=masked_reference(case.customer),
                reason=reasons.get(case.pk, ""),
                now=now,
                supervises=supervises,
            )
            for case in shown
        ],
        number,
        len(found) > PAGE and number < MOST_PAGES,
    )


def compact_dollars(amount: float) -> str:
    """
    >>> compact_dollars(12.4), compact_dollars(3_460.0), compact_dollars(12_345_678.0)
    ('$12', '$3.5k', '$12M')
    """
    for size, sign in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if amount >= 0.9995 * size:
            return f"${amount / size:.{0 if amount >= 10 * size else 1}f}{sign}"
    return f"${amount:.0f}"


def compact_time(passed: timedelta) -> str:
    """
    >>> [compact_time(timedelta(minutes=m)) for m in (0, 59, 150, 60 * 60)]
    ['0 min', '59 min', '2 h', '2 d']
    """
    minutes = int(passed.total_seconds() // 60)
    if minutes < 60:
        return f"{max(minutes, 0)} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // 1440} d"


def next_for(user: User, scope: list[int] | None, *, but: int, now: datetime) -> Case | None:
    """What the person should look at after that case: an own one that can be worked on, by due
    time; else the most valuable that nobody has claimed. Two queries at most."""
    own = Case.objects.filter(
        awake(now),
        closing=None,
        assignee=user,
        status__in=(Case.Status.OPEN, Case.Status.IN_PROGRESS),
    )
    if scope is not None:
        own = own.filter(institution_id__in=scope)
    others = waiting(Filter(scope, but_escalated=not user.has_perm(SUPERVISE)), now=now)
    return own.exclude(pk=but).order_by("due_at", "pk").first() or others.exclude(pk=but).first()


@dataclass(frozen=True, slots=True)
class Own:
    """The person's open cases: the one due first in front, and how many there are of which kind."""

    first: Sequence[Row]
    open: int
    overdue: int
    soon: int
    back: int


def own_cases(user: User, scope: list[int] | None, most: int, *, now: datetime) -> Own:
    """Two queries, however many the person has."""
    cases = Case.objects.filter(OPEN, assignee=user)
    if scope is not None:
        cases = cases.filter(institution_id__in=scope)
    counts = cases.aggregate(
        open=Count("pk"),
        overdue=Count("pk", filter=Q(due_at__lt=now)),
        soon=Count("pk", filter=due_soon(now)),
        back=Count("pk", filter=came_back(now)),
    )
    rows = cases.select_related("customer", "institution").order_by("due_at", "pk")
    rows = rows.annotate(back=came_back(now))
    shown = [
        Row(
            case=case,
            customer=masked_reference(case.customer),
            reason="",
            now=now,
            back=case.back,
        )
        for case in rows[:most]
    ]
    return Own(first=shown, **counts)


@dataclass(frozen=True, slots=True)
class Preview:
    """A case at a glance, for who goes through the queue."""

    customer: str  # masked
    reasons: Sequence[Reason]
    alerts: int  # LOOKED_AT at most
    entries: Sequence[CaseEntry]  # newest first
    overdue: bool
    asleep: bool


def preview_of(case: Case, user: User, *, now: datetime) -> Preview:
    """What the person is shown of it. Two queries."""
    strongest = case.alerts.order_by("-score", "-pk")[:LOOKED_AT]
    hits = list(strongest.values_list("transaction__decision__hits", flat=True))
    entries = case.entries.exclude(kind__in=hidden_from(user)).select_related("by")
    return Preview(
        customer=masked_reference(case.customer),
        reasons=reasons_of(hits)[:REASONS_IN_PREVIEW],
        alerts=len(hits),
        entries=list(entries.order_by("-pk")[:ENTRIES_IN_PREVIEW]),
        overdue=case.is_overdue(now),
        asleep=case.is_asleep(now),
    )
