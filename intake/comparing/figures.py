"""How far two systems agree, and why they differ where they differ most."""

import heapq
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import StatisticsError, correlation, fmean
from typing import Final

import msgspec

from intake.comparing.running import BadLine, Pair
from rules.definition import Snapshot

STATUSES: Final = ("approved", "review", "declined")
MOST_TOLD: Final = 50  # bad lines


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One of our hits: `worth` is what it adds by itself, 0 to 1."""

    rule: str
    reason: str
    score: float
    worth: float
    effect: str


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One transaction on which both differ, and why.

    `rules_not_known` are rules of theirs that have no counterpart here; `rules_not_fired` have one,
    which did not fire.
    """

    line: int
    transaction_id: str
    old_status: str
    new_status: str
    old_score: float
    new_score: float
    rule_score: float
    ml_score: float | None
    effect: str
    our_hits: tuple[Part, ...]
    rules_not_known: tuple[str, ...]
    rules_not_fired: tuple[str, ...]
    fraud: bool | None


class Truth(msgspec.Struct, frozen=True, kw_only=True):
    """By labels: who declined what. `frauds` and `genuine` are those that have one."""

    frauds: int
    genuine: int
    old_frauds_declined: int
    new_frauds_declined: int
    old_genuine_declined: int
    new_genuine_declined: int


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """A whole comparison. `matrix` is by their status, then ours; shares are 0 to 1."""

    format: str
    institution: str
    ruleset: int | None
    transactions: int
    same_status: int
    agreement: float | None
    matrix: dict[str, dict[str, int]]
    pearson: float | None
    spearman: float | None
    old_average_score: float | None
    new_average_score: float | None
    truth: Truth | None
    rules_without_counterpart: dict[str, int]
    differences: tuple[Difference, ...]
    bad_lines: int
    bad: tuple[BadLine, ...]
    notes: tuple[str, ...]


class Names:
    """By which names the other systems may know our rules, in lower case."""

    def __init__(self, snapshot: Snapshot | None) -> None:
        self._codes: dict[str, set[str]] = {}
        for rule in snapshot.rules if snapshot else ():
            said = rule.definition
            for name in (rule.code, said.sentinel_id, said.flag_type):
                if name:
                    self._codes.setdefault(name.lower(), set()).add(rule.code)

    def ours(self, name: str) -> set[str]:
        """Codes of the rules that the name stands for; none without a counterpart."""
        return self._codes.get(name.lower(), set())


@dataclass(slots=True)
class Tally:
    """Gathered pair by pair; the scores of all are kept, the reasons of the furthest apart only."""

    names: Names
    most: int
    matrix: Counter[tuple[str, str]] = field(default_factory=Counter)
    old: list[float] = field(default_factory=list)
    new: list[float] = field(default_factory=list)
    labelled: Counter[tuple[bool, str, bool]] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)
    untimed: int = 0
    bad_lines: int = 0
    bad: list[BadLine] = field(default_factory=list)
    rulesets: set[int] = field(default_factory=set)
    degraded: int = 0
    _furthest: list[tuple[bool, float, int, Pair]] = field(default_factory=list)

    def add(self, result: Pair | BadLine) -> None:
        if isinstance(result, BadLine):
            self.bad_lines += 1
            if len(self.bad) < MOST_TOLD:
                self.bad.append(result)
            return
        self.matrix[result.old.status, result.new.status] += 1
        self.old.append(result.old.score)
        self.new.append(result.new.score)
        self.untimed += not result.timed
        self.rulesets.add(result.answer.ruleset)
        self.degraded += bool(result.answer.degraded)
        self.unknown.update(name for name in result.old.rules if not self.names.ours(name))
        if result.fraud is not None:
            self.labelled[result.fraud, "old", result.old.status == "declined"] += 1
            self.labelled[result.fraud, "new", result.new.status == "declined"] += 1
        self._keep(result)

    def _keep(self, pair: Pair) -> None:
        apart = abs(pair.new.score - pair.old.score)
        differs = pair.new.status != pair.old.status
        if not differs and not apart:
            return
        entry = (differs, apart, -len(self.old), pair)  # of equal ones the first
        if len(self._furthest) < self.most:
            heapq.heappush(self._furthest, entry)
        elif self._furthest:
            heapq.heappushpop(self._furthest, entry)

    @property
    def furthest(self) -> list[Pair]:
        """Those that end otherwise first, then by the scores' distance."""
        return [pair for *_, pair in sorted(self._furthest, reverse=True)]


def gather(results: Iterable[Pair | BadLine], names: Names, most: int) -> Tally:
    """Everything counted."""
    tally = Tally(names, most)
    for result in results:
        tally.add(result)
    return tally


def make_comparison(tally: Tally, *, format_name: str, institution: str) -> Comparison:
    """The figures of what was gathered."""
    total, same = len(tally.old), sum(tally.matrix[status, status] for status in STATUSES)
    return Comparison(
        format=format_name,
        institution=institution,
        ruleset=max(tally.rulesets, default=None),
        transactions=total,
        same_status=same,
        agreement=same / total if total else None,
        matrix={old: {new: tally.matrix[old, new] for new in STATUSES} for old in STATUSES},
        pearson=_correlation(tally.old, tally.new),
        spearman=_correlation(ranks(tally.old), ranks(tally.new)),
        old_average_score=fmean(tally.old) if total else None,
        new_average_score=fmean(tally.new) if total else None,
        truth=_truth(tally.labelled),
        rules_without_counterpart=dict(tally.unknown.most_common()),
        differences=tuple(_difference(pair, tally.names) for pair in tally.furthest),
        bad_lines=tally.bad_lines,
        bad=tuple(tally.bad),
        notes=tuple(_notes(tally)),
    )


def _notes(tally: Tally) -> list[str]:
    notes = []
    if tally.untimed:
        notes.append(
            f"{tally.untimed:,} requests name no time and count as of now: what happened within "
            "an hour or a day is not what it was."
        )
    if tally.degraded:
        notes.append(f"{tally.degraded:,} were decided with a part missing (Redis, for instance).")
    return notes


def _correlation(one: Sequence[float], other: Sequence[float]) -> float | None:
    try:
        return correlation(one, other)
    except StatisticsError:  # fewer than two, or all alike
        return None


def ranks(values: Sequence[float]) -> list[float]:
    """Places from 1; equal values share the middle of theirs.

    >>> ranks([10, 30, 20, 30])
    [1.0, 3.5, 2.0, 3.5]
    """
    order = sorted(range(len(values)), key=values.__getitem__)
    found = [0.0] * len(values)
    first = 0
    while first < len(order):
        last = first
        while last + 1 < len(order) and values[order[last + 1]] == values[order[first]]:
            last += 1
        for place in range(first, last + 1):
            found[order[place]] = (first + last) / 2 + 1
        first = last + 1
    return found


def _truth(labelled: Counter[tuple[bool, str, bool]]) -> Truth | None:
    if not labelled:
        return None
    return Truth(
        frauds=labelled[True, "old", True] + labelled[True, "old", False],
        genuine=labelled[False, "old", True] + labelled[False, "old", False],
        old_frauds_declined=labelled[True, "old", True],
        new_frauds_declined=labelled[True, "new", True],
        old_genuine_declined=labelled[False, "old", True],
        new_genuine_declined=labelled[False, "new", True],
    )


def _difference(pair: Pair, names: Names) -> Difference:
    stored = pair.answer.stored
    fired = {hit["code"] for hit in stored.hits}
    theirs = dict.fromkeys(pair.old.rules)
    return Difference(
        line=pair.line,
        transaction_id=pair.answer.transaction_id,
        old_status=pair.old.status,
        new_status=pair.new.status,
        old_score=pair.old.score,
        new_score=pair.new.score,
        rule_score=pair.answer.rule_score,
        ml_score=pair.answer.ml_score,
        effect=stored.effect,
        our_hits=tuple(
            Part(
                rule=hit["code"],
                reason=hit["reason"],
                score=hit["score"],
                worth=hit["worth"],
                effect=hit["effect"],
            )
            for hit in sorted(stored.hits, key=lambda hit: -hit["worth"])
        ),
        rules_not_known=tuple(name for name in theirs if not names.ours(name)),
        rules_not_fired=tuple(
            name for name in theirs if names.ours(name) and not names.ours(name) & fired
        ),
        fraud=pair.fraud,
    )
