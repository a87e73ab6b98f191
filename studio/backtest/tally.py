"""Counting compared decisions, portion by portion, into a result.

Rows are first counted by everything that figures are asked by; from then on only those counts are
looked at, of which there are some thousands. Amounts stay in their currencies until the end.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from scoring.reports.figures import proportion
from studio.backtest.contract import (
    MATCHED,
    NEWLY_MATCHED,
    NO_LONGER_MATCHED,
    SAMPLES,
    TRUTHS,
    Change,
    Figures,
    Group,
    Part,
    change_kind,
    sample_key,
)
from studio.backtest.verdicts import APPROVED, DECLINED, REVIEW, STATUSES

_KEYS: Final = (
    "vertical", "day", "currency", "truth",
    "before", "after", "matched_before", "matched_after", "alert_before", "alert_after",
)  # fmt: skip

_FOLDED: Final = 50
"""Portions whose counts are kept apart, at most: memory must not grow with the window."""

Rate = Callable[[str, dt.date], float | None]
"""Units of the result's currency for one of that currency on that day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One side's answers, a row each: status codes, what matched, what became an alert."""

    status: npt.NDArray[np.uint8]
    matched: npt.NDArray[np.bool_]
    alert: npt.NDArray[np.bool_]


class Cell(NamedTuple):
    """Rows that are alike in all of _KEYS; `amount` in the result's currency."""

    vertical: str
    day: dt.date
    truth: int
    status: tuple[int, int]  # before, after
    matched: tuple[bool, bool]
    alert: tuple[bool, bool]
    n: int
    amount: float


@dataclass(slots=True)
class Tally:
    """What was counted so far."""

    rows: int = 0
    _counts: list[pl.DataFrame] = field(default_factory=list)
    _samples: dict[str, list[tuple[float, str]]] = field(default_factory=lambda: defaultdict(list))

    def add(
        self,
        frame: pl.DataFrame,
        truth: npt.NDArray[np.uint8],
        before: Compared,
        after: Compared,
    ) -> None:
        """Reads of the frame `transaction_id`, `occurred_at`, `vertical`, `day`, `currency` and
        `amount`."""
        told = frame.select(
            "transaction_id", "occurred_at", "vertical", "day", "currency", "amount"
        ).with_columns(
            truth=pl.Series(truth),
            before=pl.Series(before.status),
            after=pl.Series(after.status),
            matched_before=pl.Series(before.matched),
            matched_after=pl.Series(after.matched),
            alert_before=pl.Series(before.alert),
            alert_after=pl.Series(after.alert),
        )
        self.rows += frame.height
        self._counts.append(
            told.lazy().group_by(_KEYS).agg(pl.len().alias("n"), pl.col("amount").sum()).collect()
        )
        if len(self._counts) >= _FOLDED:
            self._counts = [self._summed()]
        self._sample(told)

    def _sample(self, told: pl.DataFrame) -> None:
        interesting = told.filter(
            (pl.col("before") != pl.col("after"))
            | pl.col("matched_before")
            | pl.col("matched_after")
        )
        for kind, rows in _kinds(interesting):
            for code, truth in enumerate(TRUTHS):
                newest = rows.filter(pl.col("truth") == code).top_k(SAMPLES, by="occurred_at")
                if newest.height:
                    kept = self._samples[sample_key(kind, truth)]
                    kept += zip(newest["occurred_at"], newest["transaction_id"], strict=True)
                    kept.sort(reverse=True)
                    del kept[SAMPLES:]

    @property
    def samples(self) -> dict[str, tuple[str, ...]]:
        """Ids by `sample_key`, the newest first."""
        return {key: tuple(pk for _, pk in kept) for key, kept in sorted(self._samples.items())}

    def cells(self, rate: Rate) -> tuple[list[Cell], int]:
        """What was counted, and how many rows are in no sum for want of a rate."""
        counted: list[Cell] = []
        without = 0
        for row in self._summed().iter_rows():
            vertical, day, currency, truth, before, after, mb, ma, ab, aa, n, amount = row
            worth = rate(currency, day)
            without += n if worth is None else 0
            status, matched, alert = (before, after), (mb, ma), (ab, aa)
            worth_all = amount * (worth or 0.0)
            counted.append(Cell(vertical, day, truth, status, matched, alert, n, worth_all))
        return counted, without

    def _summed(self) -> pl.DataFrame:
        if not self._counts:
            return pl.DataFrame()
        whole = pl.concat(self._counts)
        return whole.group_by(_KEYS).agg(pl.col("n").sum(), pl.col("amount").sum()).sort(_KEYS)


def _kinds(rows: pl.DataFrame) -> Iterator[tuple[str, pl.DataFrame]]:
    before, after = pl.col("matched_before"), pl.col("matched_after")
    yield MATCHED, rows.filter(after)
    yield NEWLY_MATCHED, rows.filter(after & ~before)
    yield NO_LONGER_MATCHED, rows.filter(before & ~after)
    changed = rows.filter(pl.col("before") != pl.col("after"))
    for one, other in (
        changed.select("before", "after").unique().sort("before", "after").iter_rows()
    ):
        kind = change_kind(STATUSES[one], STATUSES[other])
        yield kind, changed.filter((pl.col("before") == one) & (pl.col("after") == other))


def group_of(cells: Iterable[Cell]) -> Group:
    """All of them together; amounts to the cent."""
    numbers, amounts = [0] * len(TRUTHS), [0.0] * len(TRUTHS)
    for cell in cells:
        numbers[cell.truth] += cell.n
        amounts[cell.truth] += cell.amount
    counted = dict(zip(TRUTHS, numbers, strict=True))
    sums = {f"{t}_amount": round(a, 2) for t, a in zip(TRUTHS, amounts, strict=True)}
    return Group(n=sum(numbers), **counted, **sums)  # type: ignore[arg-type]


def figures_of(cells: list[Cell], side: int, days: float) -> Figures:
    """Of `side` 0 (before) or 1 (after)."""
    whole = group_of(cells)
    matched = group_of(cell for cell in cells if cell.matched[side])
    by_status = [group_of(c for c in cells if c.status[side] == code) for code in range(3)]
    alerts = sum(cell.n for cell in cells if cell.alert[side])
    held, declined = by_status[REVIEW], by_status[DECLINED]
    return Figures(
        matched=matched,
        approved=by_status[APPROVED],
        review=held,
        declined=declined,
        precision=proportion(matched.fraud, matched.fraud + matched.genuine),
        recall=proportion(matched.fraud, whole.fraud),
        false_positive_rate=proportion(matched.genuine, whole.genuine),
        money_saved=round(held.fraud_amount + declined.fraud_amount, 2),
        genuine_money_blocked=declined.genuine_amount,
        alerts=alerts,
        alerts_a_day=round(alerts / days, 3) if days else 0.0,
    )


def changes_of(cells: list[Cell]) -> tuple[Change, ...]:
    """From each status to each that occurs."""
    found: defaultdict[tuple[int, int], list[Cell]] = defaultdict(list)
    for cell in cells:
        found[cell.status].append(cell)
    return tuple(
        Change(before=STATUSES[one], after=STATUSES[other], decisions=group_of(found[one, other]))
        for one, other in sorted(found)
    )


def parts_of(cells: list[Cell], name: Callable[[Cell], str], days: float) -> tuple[Part, ...]:
    """Figures for each name that occurs, in the order of names."""
    found: defaultdict[str, list[Cell]] = defaultdict(list)
    for cell in cells:
        found[name(cell)].append(cell)
    return tuple(_part(name, found[name], days) for name in sorted(found))


def _part(name: str, cells: list[Cell], days: float) -> Part:
    before, after = (figures_of(cells, side, days) for side in (0, 1))
    return Part(name=name, decisions=group_of(cells), before=before, after=after)


def alerts_of(
    status: npt.NDArray[np.uint8], codes: npt.NDArray[Any], alert_on: list[tuple[str, ...]]
) -> npt.NDArray[np.bool_]:
    """Which rows become alerts; `codes` say whose `alert_on` counts for each."""
    table = [[STATUSES[code] in one for code in range(3)] for one in alert_on]
    found: npt.NDArray[np.bool_] = np.array(table, np.bool_).reshape(-1, 3)[codes, status]
    return found
