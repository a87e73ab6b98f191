"""What rules did lately: how often they hit, and what their labelled hits turned out to be.

Hits are counted by day, of all institutions, by `scoring.receivers`. To look at the last hour too,
the watch notes the day's counts once a minute (a *mark*): what lies between two marks is their
difference.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, NamedTuple

from django.db import connection
from django.db.models import Sum

from rules.definition import VERTICALS, Definition
from scoring.models import DecisionActivity, RuleActivity
from studio.models import ActivityMark
from transactions.labels.precedence import current_first

LOOK_BACK: Final = timedelta(hours=1)
KEEP_MARKS: Final = timedelta(days=2)
LABELS_READ: Final = 20_000
"""So many of the newest labels are read at most."""


@dataclass(frozen=True, slots=True)
class Totals:
    """Counts since midnight UTC of `day`; of later days too."""

    day: date
    decisions: Mapping[str, int] = field(default_factory=dict)  # by vertical
    rules: Mapping[str, Sequence[int]] = field(default_factory=dict)  # hits, with effect, errors

    def as_dict(self) -> dict[str, Any]:
        return {
            "day": self.day.isoformat(),
            "decisions": dict(self.decisions),
            "rules": {code: list(counts) for code, counts in self.rules.items()},
        }

    @classmethod
    def load(cls, data: Mapping[str, Any]) -> "Totals":
        return cls(date.fromisoformat(data["day"]), data["decisions"], data["rules"])

    def of(self, code: str) -> Sequence[int]:
        return self.rules.get(code, (0, 0, 0))


def count_since(day: date) -> Totals:
    """Of transactions since that day. Two queries."""
    decisions = (
        DecisionActivity.objects.filter(day__gte=day)
        .order_by()
        .values_list("vertical")
        .annotate(Sum("decisions"))
    )
    hits = (
        RuleActivity.objects.filter(day__gte=day)
        .order_by()
        .values_list("rule_code")
        .annotate(Sum("live_hits"), Sum("shadow_hits"), Sum("errors"))
    )
    rules = {code: (live + shadow, live, errors) for code, live, shadow, errors in hits}
    return Totals(day, dict(decisions), rules)


class Lately(NamedTuple):
    """What one rule did between a mark and now, among the decisions that it was asked about."""

    decisions: int
    hits: int
    errors: int
    today: int


@dataclass(frozen=True, slots=True)
class Span:
    """The time between a mark and now; for hits a day also the time since midnight UTC, or since
    the rule began to decide."""

    before: Totals
    now: Totals
    morning: Totals | None  # None: nothing of today is to be taken off
    today: Totals

    def of(self, code: str, definition: Definition) -> Lately:
        hits, _, errors = _difference(self.now.of(code), self.before.of(code))
        early = self.morning.of(code)[1] if self.morning else 0
        return Lately(
            decisions=sum(self._decisions(v) for v in VERTICALS if definition.applies_to(v)),
            hits=hits,
            errors=errors,
            today=max(0, self.today.of(code)[1] - early),
        )

    def _decisions(self, vertical: str) -> int:
        return self.now.decisions.get(vertical, 0) - self.before.decisions.get(vertical, 0)


def _difference(later: Sequence[int], earlier: Sequence[int]) -> list[int]:
    return [max(0, one - other) for one, other in zip(later, earlier, strict=True)]


class Spans:
    """The times to look at, by when rules began to decide: mostly one for all of them.

    Four queries, and two for each further beginning within the last hour.
    """

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._day = now.astimezone(UTC).date()
        self._counted: dict[date, Totals] = {}
        self._known: dict[datetime, Span | None] = {}

    def since(self, since: datetime) -> Span | None:
        """None while the watch has not yet looked twice since then."""
        if since not in self._known:
            self._known[since] = self._span(since)
        return self._known[since]

    def _span(self, since: datetime) -> Span | None:
        marks = ActivityMark.objects.filter(at__gte=since, at__lt=self._now)
        first = marks.order_by("at").first()
        if first is None:
            return None
        hour_ago = marks.filter(at__lte=self._now - LOOK_BACK).order_by("-at").first()
        before = Totals.load((hour_ago or first).totals)
        beginning = Totals.load(first.totals)
        began_today = since.astimezone(UTC).date() == self._day
        return Span(
            before=before,
            now=self._count(before.day),
            morning=beginning if began_today else None,
            today=self._count(self._day),
        )

    def _count(self, day: date) -> Totals:
        if day not in self._counted:
            self._counted[day] = count_since(day)
        return self._counted[day]


def leave_mark(now: datetime) -> None:
    """Notes the day's counts, and forgets marks that are too old to be asked for."""
    totals = count_since(now.astimezone(UTC).date()).as_dict()
    ActivityMark.objects.get_or_create(at=now, defaults={"totals": totals})
    ActivityMark.objects.filter(at__lt=now - KEEP_MARKS).delete()


class Watched(NamedTuple):
    """A version of a rule, since it decides."""

    code: str
    version: int
    since: datetime


# A label is known after its decision, so that of one since then none lies before it.
_LABELLED: Final = f"""
WITH watched AS (
    SELECT * FROM unnest(%(codes)s::text[], %(versions)s::int[], %(since)s::timestamptz[])
             AS w (code, version, since)
), newest AS (
    SELECT transaction_id FROM transactions_label
    WHERE institution_id = ANY(%(institutions)s) AND known_at >= %(earliest)s
    ORDER BY known_at DESC LIMIT %(most)s
), labelled AS (
    SELECT d.decided_at, d.hits || d.shadow_hits AS hits,
           (SELECT l.is_fraud FROM transactions_label l WHERE l.transaction_id = d.transaction_id
            ORDER BY {current_first("l")} LIMIT 1) AS is_fraud
    FROM scoring_decision d
    WHERE d.transaction_id IN (SELECT transaction_id FROM newest) AND d.decided_at >= %(earliest)s
)
SELECT w.code, count(*) FILTER (WHERE is_fraud), count(*) FILTER (WHERE NOT is_fraud)
FROM labelled
CROSS JOIN LATERAL jsonb_array_elements(hits) AS hit
JOIN watched w ON w.code = hit ->> 'code' AND w.version = (hit ->> 'version')::int
              AND decided_at >= w.since
GROUP BY 1
"""  # noqa: S608  no value from outside


def labelled_hits(
    watched: Iterable[Watched], institutions: Sequence[int]
) -> dict[str, tuple[int, int]]:
    """Frauds and genuine transactions among the labelled hits of these versions, by code, with
    effect or without; rules without any are left out. One query, LABELS_READ labels at most."""
    rules = list(watched)
    if not rules or not institutions:
        return {}
    params: dict[str, Any] = {
        "codes": [one.code for one in rules],
        "versions": [one.version for one in rules],
        "since": [one.since for one in rules],
        "earliest": min(one.since for one in rules),
        "institutions": list(institutions),
        "most": LABELS_READ,
    }
    with connection.cursor() as cursor:
        cursor.execute(_LABELLED, params)
        return {code: (fraud, genuine) for code, fraud, genuine in cursor.fetchall()}


def daily_hits(
    code: str, institutions: Sequence[int], since: date
) -> dict[date, tuple[int, int, int]]:
    """With effect, without, failed; by day. One query."""
    rows = (
        RuleActivity.objects.filter(rule_code=code, institution__in=institutions, day__gte=since)
        .order_by()
        .values_list("day")
        .annotate(Sum("live_hits"), Sum("shadow_hits"), Sum("errors"))
    )
    found: dict[date, tuple[int, int, int]] = defaultdict(lambda: (0, 0, 0))
    found.update({day: (live, shadow, errors) for day, live, shadow, errors in rows})
    return found
