"""What the rollout pages show: figures of the person's institutions, bounds, demotions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from django.db.models import QuerySet

from clients.queries import user_institutions
from foundation.models import User
from rules.definition import PublishedRule, State
from rules.models import Rule, RuleVersion
from rules.queries import published_snapshot
from scoring.reports.figures import Share, proportion
from studio.book.listing import SEE_FIGURES, Asked, Line, read_book
from studio.models import Demotion, RuleWatch
from studio.rollout.bounds import Bounds, judges_precision, judges_traffic
from studio.rollout.checking import bounds_of, kind_of
from studio.rollout.counting import Watched, daily_hits, labelled_hits

DAYS: Final = 14
SHOWN_FOR: Final = timedelta(days=14)
_IN_FORCE: Final = (State.LIVE, State.CANARY, State.SHADOW)
_ORDER: Final = (State.CANARY, State.SHADOW, State.LIVE)


@dataclass(frozen=True, slots=True)
class Row:
    """One rule in force; `rule` of it is the ruleset's, which the book may have changed since."""

    line: Line
    rule: PublishedRule
    watch: RuleWatch | None
    held: bool

    @property
    def today(self) -> int:
        return self.line.days[-1]

    @property
    def week(self) -> int:
        return sum(self.line.days)

    @property
    def precision(self) -> Share | None:
        return self.line.worth.precision if self.line.worth else None


@dataclass(frozen=True, slots=True)
class Rollout:
    """All rules in force, those out of bounds first, then canaries, shadows and live ones."""

    rows: list[Row]
    counts: dict[str, int]
    may_see_figures: bool
    as_of: datetime | None
    demotions: list[Demotion]


def read_rollout(*, by: User, now: datetime, state: str = "", text: str = "") -> Rollout:
    """Ten queries, however many rules there are."""
    snapshot = published_snapshot()
    in_force = {rule.code: rule for rule in snapshot.rules} if snapshot else {}
    book = read_book(by=by, asked=Asked(days=7, text=text), now=now)
    watches = {watch.rule_id: watch for watch in RuleWatch.objects.select_related("held_by")}
    every = [
        _row(line, in_force[line.rule.code], watches.get(line.rule.pk), now)
        for line in book.lines
        if line.rule.code in in_force
    ]
    counts = {one.value: sum(row.rule.state is one for row in every) for one in _IN_FORCE}
    rows = [row for row in every if state in ("", row.rule.state)]
    rows.sort(key=_order)
    return Rollout(
        rows=rows,
        counts=counts,
        may_see_figures=book.may_see_figures,
        as_of=book.as_of,
        demotions=list(recent_demotions(now)),
    )


def _row(line: Line, rule: PublishedRule, watch: RuleWatch | None, now: datetime) -> Row:
    return Row(line, rule, watch, watch is not None and watch.is_held(now))


def _order(row: Row) -> tuple[bool, bool, int, int, str]:
    out = row.watch is not None and bool(row.watch.trouble)
    return (not out, not row.held, _ORDER.index(row.rule.state), -row.week, row.rule.code)


def recent_demotions(now: datetime) -> QuerySet[Demotion]:
    """What nobody has marked as seen, of the last SHOWN_FOR; one query."""
    rows = Demotion.objects.filter(seen_at__isnull=True, at__gt=now - SHOWN_FOR)
    return rows.select_related("rule", "ruleset").order_by("-at")


@dataclass(frozen=True, slots=True)
class Detail:
    """One rule. `days` are (day, with effect, in shadow, failed), the oldest first; `labelled` of
    its present version since `since`. Both are None for who may not see figures."""

    rule: Rule
    version: RuleVersion
    published: PublishedRule | None
    watch: RuleWatch
    bounds: Bounds
    judges_traffic: bool
    judges_precision: bool
    held: bool
    days: list[tuple[str, int, int, int]] | None
    labelled: Share | None
    since: datetime
    demotions: list[Demotion]


def read_detail(*, by: User, rule: Rule, watch: RuleWatch, now: datetime) -> Detail:
    """Seven queries at most."""
    snapshot = published_snapshot()
    published = next((r for r in snapshot.rules if r.code == rule.code), None) if snapshot else None
    version = rule.version
    definition = published.definition if published else version.definition
    bounds, kind = bounds_of(watch), kind_of(definition)
    since = now - timedelta(days=30)
    may_see = by.has_perm(SEE_FIGURES)
    mine = list(user_institutions(by).values_list("pk", flat=True)) if may_see else []
    number = published.version if published else version.number
    return Detail(
        rule=rule,
        version=version,
        published=published,
        watch=watch,
        bounds=bounds,
        judges_traffic=judges_traffic(kind),
        judges_precision=judges_precision(bounds, kind),
        held=watch.is_held(now),
        days=_days(rule.code, mine, now) if may_see else None,
        labelled=_labelled(rule.code, number, since, mine) if may_see else None,
        since=since,
        demotions=list(
            Demotion.objects.filter(rule=rule).select_related("ruleset", "seen_by")[:10]
        ),
    )


def _days(code: str, mine: Sequence[int], now: datetime) -> list[tuple[str, int, int, int]]:
    first = now.astimezone(UTC).date() - timedelta(days=DAYS - 1)
    counted = daily_hits(code, mine, first)
    days = [first + timedelta(days=place) for place in range(DAYS)]
    return [(day.isoformat(), *counted[day]) for day in days]


def _labelled(code: str, version: int, since: datetime, mine: Sequence[int]) -> Share:
    counted = labelled_hits([Watched(code, version, since)], mine)
    fraud, genuine = counted.get(code, (0, 0))
    return proportion(fraud, fraud + genuine)
