"""Settled transactions: those that are older than labels usually take to come.

The columns say what `counters.lua` says of an entity (`settled`), over history: for each of
`SETTLED_BUCKETS` its settled transactions and its known frauds since that span began; and the known
frauds of 30 days.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from features.windows.declaring import BUCKETS, WINDOWS
from scoring.state.script import DELAYS_REMEMBERED, SETTLED_BUCKETS

SECONDS = WINDOWS["30d"].bucket_seconds
REACH_SECONDS = float(SECONDS * (BUCKETS + 1))

Whole = npt.NDArray[np.int64]


@dataclass(slots=True)
class Delays:
    """How long labels of frauds usually take: the mean of the latest, in the order of telling."""

    labels: int = 0
    mean: float = 0.0

    def lags(self, times: npt.NDArray[np.float64], told: pl.DataFrame) -> Whole:
        """The delay in buckets at each event, at least 1; 0 before any label is known.

        `told`: time and known_at of frauds in order of the latter, all new.
        """
        moments, lags = [-math.inf], [self._lag()]
        for time, known_at in told.select("time", "known_at").iter_rows():
            if known_at >= time:
                self.labels = min(self.labels + 1, DELAYS_REMEMBERED)
                self.mean += (known_at - time - self.mean) / self.labels
            moments.append(known_at)
            lags.append(self._lag())
        places = np.searchsorted(np.array(moments), times, side="right") - 1
        return np.array(lags, dtype=np.int64)[places]

    def _lag(self) -> int:
        return max(1, math.floor(self.mean / SECONDS + 0.5)) if self.labels else 0


class Settling:
    """The settled transactions of the entities of one kind at a share of events.

    `recent`: entity and time of the transactions of 30 days and of the share; `frauds`: entity,
    time, known_at and change of labels (see `offline.risk.verdicts`).
    """

    def __init__(self, recent: pl.DataFrame, frauds: pl.DataFrame) -> None:
        frauds = frauds.filter(pl.col("entity").is_not_null())
        entities = pl.concat([recent["entity"], frauds["entity"]]).cast(pl.Categorical)
        codes = entities.to_physical().fill_null(-1).cast(pl.Int64).to_numpy()
        self._codes = codes[: len(recent)]
        self._fraud_codes = codes[len(recent) :]
        self._times = recent["time"].to_numpy()
        self._frauds = frauds
        self._keys = np.sort(_key(self._codes, _bucket(self._times)))

    def answers(self, lags: Whole) -> pl.DataFrame:
        """Of the last rows of `recent`, for which the delays are given in buckets: columns
        settled_N and frauds_N for each of `SETTLED_BUCKETS`, and frauds_30d."""
        first = len(self._times) - len(lags)
        times, codes = self._times[first:], self._codes[first:]
        bucket = _bucket(times)
        oldest, recent = bucket - BUCKETS, bucket - lags
        asked = (lags > 0) & (recent > oldest) & (codes >= 0)
        told: dict[str, pl.Series] = {}
        for length in SETTLED_BUCKETS:
            start = np.maximum(recent - length, oldest)
            sales = self._upto(codes, recent) - self._upto(codes, start)
            told[f"settled_{length}"] = _where(asked, sales)
            told[f"frauds_{length}"] = _where(asked, self._known(times, codes, lags, length))
        told["frauds_30d"] = _where(codes >= 0, self._known(times, codes, lags, BUCKETS))
        return pl.DataFrame(told)

    def _upto(self, codes: Whole, buckets: Whole) -> Whole:
        """How many transactions there were up to the end of the bucket, and of lower entities."""
        return np.searchsorted(self._keys, _key(codes, buckets), side="right").astype(np.int64)

    def _known(
        self, times: npt.NDArray[np.float64], codes: Whole, lags: Whole, length: int
    ) -> Whole:
        """The frauds known at each event that lie in the span, at most 30 days back.

        While the delay stays the same, a fraud is told of from the moment that it is known until
        the span has passed it: two running totals.
        """
        found = np.zeros(len(times), dtype=np.int64)
        if self._frauds.is_empty():
            return found
        moments = np.unique(times)
        places = np.searchsorted(moments, times)
        known = np.searchsorted(moments, self._frauds["known_at"].to_numpy())
        buckets = _bucket(self._frauds["time"].to_numpy())
        change = self._frauds["change"].to_numpy().astype(np.int64)
        for lag in np.unique(lags):
            mine = np.flatnonzero(lags == lag)
            ends = (buckets + min(int(lag) + length, BUCKETS)) * SECONDS
            over = np.searchsorted(moments, ends.astype(np.float64))
            told = known < over
            asked = codes[mine] * (len(moments) + 1) + places[mine]
            begun, ended = (
                _running(self._fraud_codes[told] * (len(moments) + 1) + at[told], change[told])
                for at in (known, over)
            )
            found[mine] = _total(begun, asked) - _total(ended, asked)
        return np.maximum(found, 0)


def _bucket(times: npt.NDArray[np.float64]) -> Whole:
    return np.floor(times / SECONDS).astype(np.int64)


def _key(codes: Whole, buckets: Whole) -> Whole:
    return codes * (1 << 32) + buckets


def _running(keys: Whole, change: Whole) -> tuple[Whole, Whole]:
    order = np.argsort(keys, kind="stable")
    return keys[order], np.concatenate([[0], np.cumsum(change[order])])


def _total(running: tuple[Whole, Whole], asked: Whole) -> Whole:
    keys, totals = running
    return np.asarray(totals[np.searchsorted(keys, asked, side="right")])


def _where(told: npt.NDArray[np.bool_], values: Whole) -> pl.Series:
    return pl.Series(values, dtype=pl.Float64).set(pl.Series(~told), None)
