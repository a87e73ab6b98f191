"""Counts over judged cases. Memory grows with the number of rules, not with that of cases."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from scoring.reports.judging import SCALES, Judge, Judged
from scoring.reports.reading import Case

FLAGGED = ("review", "declined")


@dataclass(slots=True)
class Outcomes:
    """How a group of cases ended: counts, and fraud's amounts in the institution's currency."""

    cases: Counter[bool] = field(default_factory=Counter)  # by fraud or not
    amount: float = 0.0  # of the fraud
    ended: Counter[tuple[str, bool, str]] = field(default_factory=Counter)  # scale, fraud, status
    caught: dict[str, float] = field(default_factory=lambda: defaultdict(float))  # of the fraud

    def add(self, fraud: bool, amount: float, statuses: dict[str, str]) -> None:
        self.cases[fraud] += 1
        self.amount += amount if fraud else 0.0
        for scale, status in statuses.items():
            self.ended[scale, fraud, status] += 1
            if fraud and status in FLAGGED:
                self.caught[scale] += amount

    def flagged(self, scale: str, *, fraud: bool) -> int:
        """How many went to review or were declined."""
        return sum(self.ended[scale, fraud, status] for status in FLAGGED)


@dataclass(slots=True)
class RuleCounts:
    """One rule's hits, and the cases whose end depends on it alone, by scale and truth."""

    hits: Counter[bool] = field(default_factory=Counter)
    amount: float = 0.0  # of the fraud that it hit
    alone: int = 0  # hits without any other rule's
    matters: Counter[tuple[str, bool]] = field(default_factory=Counter)
    beside: Counter[str] = field(default_factory=Counter)  # other rules that hit the same case


@dataclass(slots=True)
class Counts:
    """Everything counted in one run."""

    together: Outcomes = field(default_factory=Outcomes)
    verticals: dict[str, Outcomes] = field(default_factory=dict)
    typologies: dict[str, Outcomes] = field(default_factory=dict)
    rules: dict[str, RuleCounts] = field(default_factory=dict)
    unlabelled: int = 0
    left_out: int = 0  # without a label, when only labelled ones count
    unknown_verticals: int = 0
    without_rate: int = 0
    errors: int = 0
    first: datetime | None = None
    last: datetime | None = None

    @property
    def read(self) -> int:
        """All cases that there were, counted or not."""
        return self.together.cases.total() + self.left_out + self.unknown_verticals


def count_cases(cases: Iterable[Case], judge: Judge, *, labelled_only: bool = False) -> Counts:
    """Judges and counts all cases. One without a label counts as genuine, or not at all."""
    counts = Counts()
    for case in cases:
        counts.unlabelled += case.fraud is None
        if case.fraud is None and labelled_only:
            counts.left_out += 1
            continue
        judged = judge.judge(case)
        if judged is None:
            counts.unknown_verticals += 1
        else:
            _count(counts, case, judged)
    return counts


def _count(counts: Counts, case: Case, judged: Judged) -> None:
    fraud = case.fraud is True
    amount = case.amount or 0.0
    counts.without_rate += case.amount is None
    counts.errors += judged.errors
    counts.first = min(counts.first or case.occurred_at, case.occurred_at)
    counts.last = max(counts.last or case.occurred_at, case.occurred_at)
    groups = [counts.together, counts.verticals.setdefault(case.vertical, Outcomes())]
    if fraud:
        groups.append(counts.typologies.setdefault(case.typology or "not named", Outcomes()))
    for group in groups:
        group.add(fraud, amount, judged.statuses)
    _count_rules(counts, judged, fraud, amount)


def _count_rules(counts: Counts, judged: Judged, fraud: bool, amount: float) -> None:
    codes = [hit.code for hit in (*judged.live, *judged.shadow)]
    for code in codes:
        rule = counts.rules.setdefault(code, RuleCounts())
        rule.hits[fraud] += 1
        rule.amount += amount if fraud else 0.0
        rule.alone += len(codes) == 1
        rule.beside.update(other for other in codes if other != code)
        for scale in SCALES:
            rule.matters[scale, fraud] += judged.matters[scale].get(code, 0)
