"""What each rule of a ruleset is worth beside the others, in one pass over the archive."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt
import polars as pl

from rules.definition import Snapshot
from studio.backtest.columns import Columns, Flags
from studio.backtest.contract import FRAUD, GENUINE, UNLABELLED, Group, Window
from studio.backtest.engine import (
    RULESET_ROWS,
    columns_of,
    decide_all,
    never,
    surrounded,
    untold,
)
from studio.backtest.reading import Progress, Question, Reader, Worth, model_scores
from studio.backtest.ruleset import Codes, Decided, Side
from studio.backtest.truths import read_truths
from studio.backtest.verdicts import APPROVED, Bytes, Floats, Limits, combined, statuses

_NUMBERS: Final = np.float32  # exact up to 16 million rows a portion


class RuleValue(msgspec.Struct, frozen=True, kw_only=True):
    """One rule. `hits` are where its condition holds, whatever its state.

    `alone` are flagged decisions that would be approved without it, `spared` approved ones that
    would be flagged.
    """

    code: str
    hits: Group
    alone: Group
    spared: Group


class Overlap(msgspec.Struct, frozen=True):
    """Decisions that two rules hit both; the codes are in order, whatever the rules' own is."""

    one: str
    other: str
    both: int


class Book(msgspec.Struct, frozen=True, kw_only=True):
    """Of a whole ruleset; amounts in `currency`. `overlaps` are all pairs that share a hit."""

    currency: str
    decisions: Group
    rules: tuple[RuleValue, ...]
    overlaps: tuple[Overlap, ...]


@dataclass
class _Counts:
    """Sums by rule and truth: how many, and how much money."""

    rules: int
    n: npt.NDArray[np.int64] = field(init=False)
    money: Floats = field(init=False)

    def __post_init__(self) -> None:
        self.n = np.zeros((self.rules, 3), np.int64)
        self.money = np.zeros((self.rules, 3), np.float64)

    def add(self, rules: Flags, truth: Bytes, money: Floats) -> None:
        """`rules` has a column for each rule."""
        for code in (FRAUD, GENUINE, UNLABELLED):
            rows = truth == code
            self.n[:, code] += rules[rows].sum(axis=0)
            self.money[:, code] += money[rows] @ rules[rows]

    def group(self, rule: int) -> Group:
        fraud, genuine, unlabelled = (int(n) for n in self.n[rule])
        amounts = [round(float(amount), 2) for amount in self.money[rule]]
        return Group(
            n=fraud + genuine + unlabelled,
            fraud=fraud,
            genuine=genuine,
            unlabelled=unlabelled,
            fraud_amount=amounts[FRAUD],
            genuine_amount=amounts[GENUINE],
            unlabelled_amount=amounts[UNLABELLED],
        )


def value_of_rules(
    snapshot: Snapshot,
    window: Window,
    progress: Progress = untold,
    cancelled: Question = never,
) -> Book:
    """Every rule of the snapshot on every decision of the window.

    Raises NothingToTest, ArchiveTooOld, Cancelled. Memory grows with the square of the rules.
    """
    columns = Columns()
    side = Side(snapshot, columns)
    number, worth = len(side.rules), Worth(window)
    hits, alone, spared, whole = (_Counts(n) for n in (number, number, number, 1))
    both = np.zeros((number, number), np.int64)
    reader = Reader(window, columns_of([side]))
    truths = read_truths(window)
    for frame in reader.frames(RULESET_ROWS, progress=progress, cancelled=cancelled):
        rows = surrounded(
            frame.filter(pl.col("vertical").is_in(side.codes)), columns.programs, worth
        )
        if not rows.height:
            continue
        truth, money = truths.of(rows), np.nan_to_num(worth.amounts(rows))
        [(decided, verticals)] = decide_all(rows, [side], columns)
        whole.add(np.ones((rows.height, 1), np.bool_), truth, money)
        hits.add(decided.fires, truth, money)
        counted = decided.fires.astype(_NUMBERS)
        both += (counted.T @ counted).astype(np.int64)
        without = _without(side, rows, decided, verticals)
        flagged = (decided.status != APPROVED)[:, None]
        hang = decided.decides & (without != flagged)
        alone.add(hang & flagged, truth, money)
        spared.add(hang & ~flagged, truth, money)
    codes = [placed.rule.code for placed in side.rules]
    return Book(
        currency=worth.currency,
        decisions=whole.group(0),
        rules=tuple(
            RuleValue(code=code, hits=hits.group(i), alone=alone.group(i), spared=spared.group(i))
            for i, code in enumerate(codes)
        ),
        overlaps=tuple(
            Overlap(min(codes[i], codes[j]), max(codes[i], codes[j]), int(both[i, j]))
            for i, j in zip(*np.nonzero(np.triu(both, 1)), strict=True)
        ),
    )


def _without(side: Side, frame: pl.DataFrame, decided: Decided, verticals: Codes) -> Flags:
    """For each row and rule whose hit counts there: whether it is flagged without that rule."""
    found = np.zeros_like(decided.decides)
    rows, rules = np.nonzero(decided.decides)
    if not len(rows):
        return found
    # Both go row by row, and in a row by the place of the rule.
    answers = np.array(list(_each_left_out(side, decided, verticals)), np.float64)
    flags = answers[:, 1].astype(np.uint8) | decided.list_flags[rows]
    limits = Limits.of(side.configs, verticals[rows])
    status = statuses(answers[:, 0], model_scores(frame)[rows], flags, limits)
    found[rows, rules] = status != APPROVED
    return found


def _each_left_out(side: Side, decided: Decided, verticals: Codes) -> Iterator[tuple[float, int]]:
    """Rule score and effects without each hit that counts."""
    known: dict[bytes, list[tuple[float, int]]] = {}
    combos = decided.combos
    for place, (row, key) in enumerate(zip(combos.rows.tolist(), combos.keys, strict=True)):
        answers = known.get(key)
        if answers is None:
            hits = side.hits(int(verticals[row]), decided.decides[row], combos.scores[place])
            answers = [combined([h for h in hits if h is not one]) for one in hits]
            known[key] = answers
        yield from answers
