"""Counts a rule book on one institution's archive. Loads Polars."""

from collections import defaultdict
from typing import Final

import numpy as np
import polars as pl

from learning.archive.labels import known_labels
from rules.definition import Snapshot
from studio.backtest.columns import Columns
from studio.backtest.contract import Window
from studio.backtest.engine import columns_of, decide_all, never, surrounded, untold
from studio.backtest.marginal import value_of_rules
from studio.backtest.reading import BASE, Reader, Worth
from studio.backtest.ruleset import Side
from studio.backtest.verdicts import APPROVED
from studio.health.counts import Counts, Pair, RuleCounts, TypologyCounts

ROWS: Final = 50_000
UNNAMED: Final = "not named"


def count_book(snapshot: Snapshot, window: Window) -> Counts:
    """The snapshot on the window's decisions, read twice: once for what rules are worth, once for
    missing features and kinds of fraud. Raises NothingToTest, ArchiveTooOld."""
    book = value_of_rules(snapshot, window)
    found = Counts(
        currency=book.currency,
        whole=book.decisions,
        rules={
            one.code: RuleCounts(hits=one.hits, alone=one.alone, spared=one.spared)
            for one in book.rules
        },
        pairs=[Pair(one.one, one.other, one.both) for one in book.overlaps],
    )
    _Further(snapshot, window, found).count()
    return found


class _Further:
    """The second reading."""

    def __init__(self, snapshot: Snapshot, window: Window, found: Counts) -> None:
        self.columns = Columns()
        self.side = Side(snapshot, self.columns)
        self.window, self.found = window, found
        self.worth = Worth(window)
        self.features = sorted(
            {name for placed in self.side.rules for name in placed.program.features} - {*BASE}
        )
        self.codes = [placed.rule.code for placed in self.side.rules]

    def count(self) -> None:
        found, window = self.found, self.window
        found.broken = sorted(self.side.broken)
        frauds = self._frauds()
        decisions: defaultdict[str, int] = defaultdict(int)
        reader = Reader(window, columns_of([self.side]))
        for frame in reader.frames(ROWS, progress=untold, cancelled=never):
            for vertical, number in frame.group_by("vertical").len().iter_rows():
                decisions[vertical] += number
            self._count_missing(frame)
            self._count_frauds(
                frame.filter(pl.col("vertical").is_in(self.side.codes)).join(
                    frauds, on="transaction_id", how="inner"
                )
            )
        found.decisions = dict(decisions)

    def _frauds(self) -> pl.DataFrame:
        labels = [
            known_labels(
                known_by=self.window.until,
                institution=institution,
                since=self.window.since,
                until=self.window.until,
            )
            for institution in self.window.institutions
        ]
        known = pl.concat(labels).filter(pl.col("label_is_fraud"))
        named = pl.col("label_typology").fill_null("").replace("", UNNAMED)
        return known.select("transaction_id", typology=named)

    def _count_missing(self, frame: pl.DataFrame) -> None:
        there = [name for name in self.features if name in frame.columns]
        lacking = frame.group_by("vertical").agg(pl.col(there).null_count())
        for row in lacking.iter_rows(named=True):
            missing = self.found.missing.setdefault(row.pop("vertical"), {})
            for name, number in row.items():
                missing[name] = missing.get(name, 0) + number

    def _count_frauds(self, frauds: pl.DataFrame) -> None:
        if not frauds.height:
            return
        rows = surrounded(frauds, self.columns.programs, self.worth)
        [(decided, _)] = decide_all(rows, [self.side], self.columns)
        flagged = decided.status != APPROVED
        amounts = np.nan_to_num(self.worth.amounts(rows))
        for (name,), part in rows.with_row_index("row").group_by("typology"):
            places = part["row"].to_numpy()
            one = self.found.typologies.setdefault(str(name), TypologyCounts())
            one.n += len(places)
            one.amount = round(one.amount + float(amounts[places].sum()), 2)
            one.flagged += int(flagged[places].sum())
            one.unhit += int((~decided.decides[places].any(axis=1)).sum())
            for code, number in zip(self.codes, decided.fires[places].sum(axis=0), strict=True):
                if number:
                    one.rules[code] = one.rules.get(code, 0) + int(number)
