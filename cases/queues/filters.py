"""What a queue is narrowed to: as a person asks, a saved queue keeps, and the database reads it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import reduce
from operator import and_
from typing import Any, Final, Self

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone as clock

from cases.models import Case, CaseEntry

OPEN: Final = ~Q(status=Case.Status.CLOSED)


@dataclass(frozen=True, slots=True)
class Filter:
    """Which cases a person looks at. Empty parts ask nothing."""

    institutions: Iterable[int] | None = None  # None: all
    verticals: tuple[str, ...] = field(default=())
    levels: tuple[str, ...] = field(default=())
    amount_from: float | None = None  # US dollars
    amount_to: float | None = None
    typology: str = ""  # as decided, else as suspected
    opened_before: datetime | None = None
    due_before: datetime | None = None
    status: str = ""
    but_escalated: bool = False  # those wait for a supervisor

    @property
    def condition(self) -> Q:
        """Without the word "closed": open ones are asked for apart, for the index."""
        parts: list[Q | None] = [
            None
            if self.institutions is None
            else _one_of("institution_id", sorted(self.institutions)),
            Q(vertical__in=self.verticals) if self.verticals else None,
            Q(level__in=self.levels) if self.levels else None,
            None if self.amount_from is None else Q(amount_usd__gte=self.amount_from),
            None if self.amount_to is None else Q(amount_usd__lte=self.amount_to),
            None if self.opened_before is None else Q(opened_at__lte=self.opened_before),
            None if self.due_before is None else Q(due_at__lt=self.due_before) & OPEN,
            Q(status=self.status) if self.status else None,
            ~Q(status=Case.Status.ESCALATED) if self.but_escalated else None,
            self._kind,
        ]
        return reduce(and_, filter(None, parts), Q())

    @property
    def _kind(self) -> Q | None:
        if not self.typology:
            return None
        return Q(typology=self.typology) | Q(typology="", suspected=self.typology)


def _one_of(name: str, values: list[int]) -> Q:
    """One value as an equality: only so an index on it and the rank gives the order as well."""
    return Q(**{name: values[0]}) if len(values) == 1 else Q(**{f"{name}__in": values})


def awake(now: datetime) -> Q:
    return Q(snoozed_until=None) | Q(snoozed_until__lte=now)


def due_soon(now: datetime) -> Q:
    """A warning was given, and the time is not over."""
    return Q(warned_at__isnull=False, due_at__gte=now) & OPEN


def came_back(now: datetime) -> Q:
    """Back from a snooze, or from waiting, since its assignee last did something with it."""
    entries = CaseEntry.objects.filter(case=OuterRef("pk"), kind=CaseEntry.Kind.WOKE)
    since = Coalesce(OuterRef("touched_at"), OuterRef("opened_at"))
    return Q(Exists(entries.filter(at__gt=since))) & awake(now) & OPEN


OWN: Final[Mapping[str, Callable[[datetime], Q]]] = {
    "mine": lambda now: Q(),
    "soon": due_soon,
    "back": came_back,
}
"""Of whoever looks: all, those that are due soon, those that came back."""


def waiting(which: Filter, *, now: datetime | None = None) -> QuerySet[Case]:
    """Unclaimed cases in the order in which they should be taken."""
    cases = Case.objects.filter(OPEN, awake(now or clock.now()), which.condition, assignee=None)
    return cases.order_by("-rank", "-pk")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the queue is narrowed to, in the words of its page's address. Empty parts ask nothing,
    but closed cases are left out."""

    whose: str = ""  # unclaimed, or one of OWN
    assignee: int | None = None
    status: str = ""
    level: tuple[str, ...] = ()
    vertical: tuple[str, ...] = ()
    institution: int | None = None
    typology: str = ""
    amount_from: float | None = None  # US dollars
    amount_to: float | None = None
    older: int | None = None  # hours since it was opened
    overdue: bool = False
    text: str = ""  # an exact case number, transaction, customer, device ...

    @property
    def of_one(self) -> bool:
        """Whether one person's cases are asked for: those go by their due time."""
        return self.whose in OWN or self.assignee is not None

    def filter(self, scope: Iterable[int] | None, now: datetime) -> Filter:
        """All but whose it is and the text."""
        institutions = scope
        if self.institution is not None:
            seen = scope is None or self.institution in scope
            institutions = [self.institution] if seen else []
        return Filter(
            institutions=institutions,
            verticals=self.vertical,
            levels=self.level,
            amount_from=self.amount_from,
            amount_to=self.amount_to,
            typology=self.typology,
            opened_before=None if self.older is None else now - timedelta(hours=self.older),
            due_before=now if self.overdue else None,
            status=self.status,
        )

    def for_claiming(
        self, scope: Iterable[int] | None, now: datetime | None = None, *, supervises: bool = True
    ) -> Filter:
        """What "Claim next" keeps to: all but the person, the text and a status that nothing
        unclaimed has. Escalated cases go to supervisors only."""
        which = self.filter(scope, now or clock.now())
        status = which.status if which.status != Case.Status.CLOSED else ""
        return replace(which, status=status, but_escalated=not supervises)

    def condition(self, *, by: int, scope: Iterable[int] | None, now: datetime) -> Q:
        """As one condition, with "closed" left out where no status is asked for; not the text."""
        asked = self.filter(scope, now).condition
        if not self.status and not self.text:
            asked &= OPEN
        if self.whose in OWN:
            asked &= Q(assignee=by) & OWN[self.whose](now)
        if self.whose == "unclaimed":
            asked &= Q(assignee=None) & OPEN & awake(now)
        if self.assignee is not None:
            asked &= Q(assignee=self.assignee)
        return asked

    def passes(self, case: Case) -> bool:
        """Whether a case that was just opened would be shown, by what can be said of it then."""
        return (
            (self.institution is None or case.institution_id == self.institution)
            and (not self.vertical or case.vertical in self.vertical)
            and (not self.level or case.level in self.level)
            and (self.amount_from is None or case.amount_usd >= self.amount_from)
            and (self.amount_to is None or case.amount_usd <= self.amount_to)
            and (not self.typology or case.suspected == self.typology)
            and self.status in {"", case.status}
            and not self.older
            and not self.overdue
            and self.whose not in OWN
            and self.assignee is None
            and not self.text
        )

    @classmethod
    def kept(cls, stored: Mapping[str, Any]) -> Self:
        """As a saved queue keeps it; what is not known (any more) asks nothing."""
        given = {name: stored[name] for name in cls.__slots__ if stored.get(name)}
        for name in ("level", "vertical"):
            if name in given:
                given[name] = tuple(given[name])
        return cls(**given)

    def to_keep(self) -> dict[str, Any]:
        """What `kept` reads again, without empty parts; JSON. Never the text, which may name a
        person."""
        found = {name: getattr(self, name) for name in self.__slots__ if name != "text"}
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in found.items()
            if value not in (None, "", False, ())
        }

    def to_address(self) -> list[tuple[str, str]]:
        """As pairs of the page's address."""
        pairs = [("q", self.text)] if self.text else []
        for name, value in self.to_keep().items():
            named = "whose" if name == "assignee" else name
            values = value if isinstance(value, list) else [value]
            pairs += [(named, _said(each)) for each in values]
        return pairs


def _said(value: Any) -> str:
    if value is True:
        return "1"
    return f"{value:g}" if isinstance(value, float) and value < 1e6 else str(value)
