"""The rule book as a list: every rule with its standing, its last change and its figures."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from django.db.models import Sum

from clients.models import Institution
from foundation.models import User
from foundation.scopes import visible_institutions
from intelligence.rates import current_rates
from rules.definition import PublishedRule, State
from rules.models import Rule, RuleVersion
from rules.queries import published_number
from rules.registry import exact_book
from scoring.models import RuleActivity
from scoring.reports.figures import Share, proportion
from studio.models import RuleSummary

PERIODS: Final = (7, 30, 90)
SEE_FIGURES: Final = "scoring.view_ruleactivity"
_STATES: Final = [State.LIVE, State.CANARY, State.SHADOW, State.DRAFT, State.RETIRED]


@dataclass(frozen=True, slots=True)
class Worth:
    """What a rule's labelled hits turned out to be. `money` is fraud's that was not approved, by
    currency; `unpriced` such transactions have no exchange rate and are not in it."""

    fraud: int = 0
    genuine: int = 0
    false_positives: int = 0
    money: Mapping[str, float] = field(default_factory=dict)
    unpriced: int = 0

    @property
    def precision(self) -> Share:
        return proportion(self.fraud, self.fraud + self.genuine)


@dataclass(frozen=True, slots=True)
class Line:
    """One rule. `hits` are those with effect; `worth` is None where no figures were computed."""

    rule: Rule
    version: RuleVersion
    hits: int
    shadow_hits: int
    errors: int
    days: tuple[int, ...]
    worth: Worth | None
    waits: bool

    @property
    def all_hits(self) -> int:
        return self.hits + self.shadow_hits


@dataclass(frozen=True, slots=True)
class Book:
    """All rules that the person asked for, and when the figures that are summed up were made."""

    lines: list[Line]
    days: int
    since: date
    as_of: datetime | None
    counts: Mapping[str, int]
    may_see_figures: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """What of the book, and in which order; a key with a minus is from the largest down."""

    days: int = 30
    sort: str = "code"
    state: str = ""
    category: str = ""
    effect: str = ""
    vertical: str = ""
    text: str = ""


def read_book(*, by: User, asked: Asked, now: datetime) -> Book:
    """Seven queries at most, however many rules, versions and institutions there are."""
    may_see = by.has_perm(SEE_FIGURES)
    institutions = _institutions(by) if may_see else []
    since = now.astimezone(UTC).date() - timedelta(days=asked.days - 1)
    activity = _activity([i.pk for i in institutions], since) if institutions else {}
    worth, as_of = _worth(institutions, asked.days)
    in_force = _in_force()
    every = [
        _line(rule, activity.get(rule.code, []), worth, in_force.get(rule.code), since, asked.days)
        for rule in Rule.objects.filter(current__isnull=False).select_related("current")
    ]
    lines = [line for line in every if _is_asked_for(line, asked)]
    return Book(
        lines=_sorted(lines, asked.sort),
        days=asked.days,
        since=since,
        as_of=as_of,
        counts=_counts(every),
        may_see_figures=may_see,
    )


def _institutions(by: User) -> list[Institution]:
    visible = visible_institutions(by)
    found = (
        Institution.objects.all() if visible is None else Institution.objects.filter(pk__in=visible)
    )
    return list(found)


_Day = tuple[date, int, int, int]


def _activity(institutions: Sequence[int], since: date) -> dict[str, list[_Day]]:
    rows = (
        RuleActivity.objects.filter(institution__in=institutions, day__gte=since)
        .order_by()
        .values_list("rule_code", "day")
        .annotate(live=Sum("live_hits"), shadow=Sum("shadow_hits"), raised=Sum("errors"))
    )
    found = defaultdict(list)
    for code, day, live, shadow, raised in rows:
        found[code].append((day, live, shadow, raised))
    return found


def _worth(
    institutions: Iterable[Institution], days: int
) -> tuple[dict[str, Worth] | None, datetime | None]:
    """By code, and the oldest time at which one of the institutions was summed up."""
    by_id = {institution.pk: institution for institution in institutions}
    rows = RuleSummary.objects.filter(institution__in=by_id).values_list(
        "institution_id", "as_of", f"figures__d{days}"
    )
    parts: dict[str, list[tuple[str, dict[str, Any]]]] = defaultdict(list)
    times = []
    for institution, as_of, figures in rows:
        times.append(as_of)
        for code, figure in (figures or {}).items():
            parts[code].append((by_id[institution].base_currency, figure))
    if not times:
        return None, None
    return {code: _together(some) for code, some in parts.items()}, min(times)


def _together(parts: Iterable[tuple[str, dict[str, Any]]]) -> Worth:
    fraud = genuine = false_positives = unpriced = 0
    money: dict[str, float] = defaultdict(float)
    for currency, part in parts:
        fraud += part["fraud"]
        genuine += part["genuine"]
        false_positives += part["stopped_genuine"]
        unpriced += part["unpriced"]
        if part["money_stopped"]:
            money[currency] += part["money_stopped"]
    return Worth(fraud, genuine, false_positives, dict(money), unpriced)


def _in_force() -> dict[str, PublishedRule]:
    number = published_number()
    if number is None:
        return {}
    return {rule.code: rule for rule in exact_book(number).snapshot.rules}


def _line(
    rule: Rule,
    activity: list[_Day],
    worth: dict[str, Worth] | None,
    in_force: PublishedRule | None,
    since: date,
    days: int,
) -> Line:
    hits = [0] * days
    for day, live, shadow, _ in activity:
        place = (day - since).days
        if 0 <= place < days:
            hits[place] += live + shadow
    return Line(
        rule=rule,
        version=rule.version,
        hits=sum(live for _, live, _, _ in activity),
        shadow_hits=sum(shadow for _, _, shadow, _ in activity),
        errors=sum(raised for _, _, _, raised in activity),
        days=tuple(hits),
        worth=None if worth is None else worth.get(rule.code, Worth()),
        waits=_waits(rule, in_force),
    )


def _waits(rule: Rule, in_force: PublishedRule | None) -> bool:
    """Whether the book says something else of it than the ruleset in force."""
    if in_force is None:
        return rule.state in (State.SHADOW, State.CANARY, State.LIVE)
    return (rule.version.number, rule.state) != (in_force.version, in_force.state)


def _is_asked_for(line: Line, asked: Asked) -> bool:
    rule, version = line.rule, line.version
    return (
        asked.state in ("", rule.state)
        and asked.category in ("", version.category)
        and asked.effect in ("", version.effect)
        and (not asked.vertical or _applies(version, asked.vertical))
        and all(word in _text(line) for word in asked.text.lower().split())
    )


def _applies(version: RuleVersion, vertical: str) -> bool:
    return vertical not in version.exclude and (not version.only or vertical in version.only)


def _text(line: Line) -> str:
    version = line.version
    parts = (line.rule.code, version.name, version.flag_type, version.family, version.condition)
    return " ".join([*parts, *version.tags]).lower()


def _counts(lines: Iterable[Line]) -> dict[str, int]:
    counts = {state.value: 0 for state in _STATES}
    for line in lines:
        counts[line.rule.state] += 1
    return counts


# -- order ------------------------------------------------------------------------------------


def _sorted(lines: list[Line], sort: str) -> list[Line]:
    """Rules without the figure come last, whichever the direction; equal ones by code."""
    name, down = sort.removeprefix("-"), sort.startswith("-")
    key = SORTS.get(name, SORTS["code"])
    lines.sort(key=lambda line: line.rule.code)
    known = [line for line in lines if key(line) is not None]
    known.sort(key=key, reverse=down)
    return known + [line for line in lines if key(line) is None]


def _precision(line: Line) -> float | None:
    return line.worth.precision.value if line.worth else None


def _money(line: Line) -> float | None:
    """In US dollars at today's rates, so that sums of several currencies have an order."""
    if line.worth is None:
        return None
    rates = current_rates()
    today = datetime.now(UTC).date()
    return sum(
        amount / (rates.per_usd(currency, today) or 1.0)
        for currency, amount in line.worth.money.items()
    )


SORTS: Mapping[str, Callable[[Line], Any]] = {
    "code": lambda line: line.rule.code,
    "name": lambda line: line.version.name.lower(),
    "state": lambda line: _STATES.index(State(line.rule.state)),
    "hits": lambda line: line.all_hits,
    "precision": _precision,
    "false_positives": lambda line: line.worth.false_positives if line.worth else None,
    "money": _money,
    "changed": lambda line: line.version.created_at,
}
