"""From counts to the figures of a report, and the uncertainty of small ones."""

from collections.abc import Callable
from datetime import datetime
from math import sqrt
from typing import Any

import msgspec

from rules.definition import PublishedRule, Snapshot
from scoring.reports.counting import Counts, Outcomes, RuleCounts
from scoring.reports.judging import MODELS_USUAL_SCORE, SCALES
from scoring.reports.reading import Selection

Z_95 = 1.959964


class Share(msgspec.Struct, frozen=True):
    """A part of a whole; `value` None where the whole is empty. `low` and `high` at 95 %."""

    part: float
    whole: float
    value: float | None
    low: float | None = None
    high: float | None = None


def wilson(part: int, whole: int) -> tuple[float, float]:
    """The Wilson score interval of a proportion at 95 %, good for small counts too.

    >>> [round(bound, 3) for bound in wilson(8, 10)]
    [0.49, 0.943]
    >>> [round(bound, 3) for bound in wilson(0, 10)]
    [0.0, 0.278]
    """
    z2 = Z_95 * Z_95
    centre = (part + z2 / 2) / (whole + z2)
    margin = Z_95 / (whole + z2) * sqrt(part * (whole - part) / whole + z2 / 4)
    return max(0.0, centre - margin), min(1.0, centre + margin)


def proportion(part: int, whole: int) -> Share:
    """A share of a count, with its interval."""
    if not whole:
        return Share(part, whole, None)
    return Share(part, whole, part / whole, *wilson(part, whole))


def ratio(part: float, whole: float) -> Share:
    """A share of an amount: no interval, since amounts are no trials."""
    return Share(part, whole, part / whole if whole else None)


class InScale(msgspec.Struct, frozen=True, kw_only=True):
    """How a group ends on one scale."""

    genuine_review: Share
    genuine_declined: Share
    genuine_flagged: Share
    fraud_caught: Share
    fraud_declined: Share
    amount_caught: Share
    precision: Share


class GroupFigures(msgspec.Struct, frozen=True, kw_only=True):
    """All cases, one vertical's or one typology's."""

    name: str
    fraud: int
    genuine: int
    fraud_amount: float
    scales: dict[str, InScale]


class Matters(msgspec.Struct, frozen=True):
    """Cases whose end hangs on one rule: caught fraud and false alarms that are its alone."""

    fraud: int
    false_alarms: int


class RuleFigures(msgspec.Struct, frozen=True, kw_only=True):
    """One rule. Shares are of the cases in the verticals in which it is evaluated."""

    code: str
    state: str
    effect: str
    family: str
    hits: int
    hit_rate: Share
    precision: Share
    recall: Share
    false_alarm_rate: Share
    amount_recall: Share
    alone: Share
    matters: dict[str, Matters]
    most_often_with: str
    overlap: Share


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """A whole report, ready to be shown or kept as JSON."""

    institution: str
    currency: str
    ruleset: str
    since: datetime | None
    until: datetime | None
    vertical: str | None
    known_by: datetime | None
    truth: str
    first: datetime | None
    last: datetime | None
    decisions: int
    unlabelled: int
    unlabelled_are: str
    model_taken_as: float
    notes: tuple[str, ...]
    together: GroupFigures
    verticals: tuple[GroupFigures, ...]
    typologies: tuple[GroupFigures, ...]
    rules: tuple[RuleFigures, ...]


def make_report(
    counts: Counts, snapshot: Snapshot, selection: Selection, *, ruleset: str, labelled_only: bool
) -> Report:
    """The figures of everything counted, rules by code."""
    return Report(
        institution=selection.institution.slug,
        currency=selection.institution.base_currency,
        ruleset=ruleset,
        since=selection.since,
        until=selection.until,
        vertical=selection.vertical,
        known_by=selection.known_by,
        truth="labels" if selection.truth is None else "the world's own truth",
        first=counts.first,
        last=counts.last,
        decisions=counts.together.cases.total(),
        unlabelled=counts.unlabelled,
        unlabelled_are="left out" if labelled_only else "counted as genuine",
        model_taken_as=MODELS_USUAL_SCORE,
        notes=tuple(_notes(counts)),
        together=_group("all", counts.together),
        verticals=_groups(counts.verticals),
        typologies=_groups(counts.typologies),
        rules=tuple(_rule(rule, counts) for rule in snapshot.rules),
    )


def _notes(counts: Counts) -> list[str]:
    told = [
        (counts.unknown_verticals, "decisions are of a vertical that the ruleset does not have"),
        (counts.without_rate, "amounts are not in the sums, for want of an exchange rate"),
        (counts.errors, "times a rule was skipped, or its score could not be told"),
    ]
    return [f"{number:,} {what}." for number, what in told if number]


def _groups(groups: dict[str, Outcomes]) -> tuple[GroupFigures, ...]:
    return tuple(_group(name, groups[name]) for name in sorted(groups))


def _group(name: str, outcomes: Outcomes) -> GroupFigures:
    return GroupFigures(
        name=name,
        fraud=outcomes.cases[True],
        genuine=outcomes.cases[False],
        fraud_amount=outcomes.amount,
        scales={scale: _in_scale(outcomes, scale) for scale in SCALES},
    )


def _in_scale(outcomes: Outcomes, scale: str) -> InScale:
    fraud, genuine = outcomes.cases[True], outcomes.cases[False]
    caught, alarms = outcomes.flagged(scale, fraud=True), outcomes.flagged(scale, fraud=False)
    return InScale(
        genuine_review=proportion(outcomes.ended[scale, False, "review"], genuine),
        genuine_declined=proportion(outcomes.ended[scale, False, "declined"], genuine),
        genuine_flagged=proportion(alarms, genuine),
        fraud_caught=proportion(caught, fraud),
        fraud_declined=proportion(outcomes.ended[scale, True, "declined"], fraud),
        amount_caught=ratio(outcomes.caught[scale], outcomes.amount),
        precision=proportion(caught, caught + alarms),
    )


def _rule(rule: PublishedRule, counts: Counts) -> RuleFigures:
    scope = [group for v, group in counts.verticals.items() if rule.definition.applies_to(v)]
    fraud = sum(group.cases[True] for group in scope)
    genuine = sum(group.cases[False] for group in scope)
    own = counts.rules.get(rule.code, RuleCounts())
    hits = own.hits.total()
    # Of several equally frequent ones the first by name, so that a report can be made again.
    other, both = min(own.beside.items(), key=lambda item: (-item[1], item[0]), default=("", 0))
    return RuleFigures(
        code=rule.code,
        state=rule.state.value,
        effect=rule.definition.effect.value,
        family=rule.definition.family,
        hits=hits,
        hit_rate=proportion(hits, fraud + genuine),
        precision=proportion(own.hits[True], hits),
        recall=proportion(own.hits[True], fraud),
        false_alarm_rate=proportion(own.hits[False], genuine),
        amount_recall=ratio(own.amount, sum(group.amount for group in scope)),
        alone=proportion(own.alone, hits),
        matters={s: Matters(own.matters[s, True], own.matters[s, False]) for s in SCALES},
        most_often_with=other,
        overlap=proportion(both, hits),
    )


SORTS: dict[str, Callable[[RuleFigures], Any]] = {
    "code": lambda rule: rule.code,
    "hits": lambda rule: -rule.hits,
    "precision": lambda rule: -(rule.precision.value or 0.0),
    "recall": lambda rule: -(rule.recall.value or 0.0),
    "false-alarms": lambda rule: -(rule.false_alarm_rate.value or 0.0),
    "value": lambda rule: (
        -rule.matters["with_model"].fraud,
        rule.matters["with_model"].false_alarms,
    ),
}


def arrange(report: Report, *, sort: str = "code", state: str | None = None) -> Report:
    """The report with its rules in that order, those of one state only if one is named."""
    rules = [rule for rule in report.rules if state in (None, rule.state)]
    return msgspec.structs.replace(report, rules=tuple(sorted(rules, key=SORTS[sort])))
