"""The rows known so far, growing day by day, as a sample to learn from."""

from __future__ import annotations

import numpy as np
import polars as pl

from learning.offline.reading import latest
from learning.training.sample import Sample, maturity_of
from learning.training.trained import Floats, Input


class Growing:
    """Matrices of events in order of time, and the labels told so far."""

    def __init__(self, inputs: tuple[Input, ...], maturity: float | None = None) -> None:
        self.inputs = inputs
        self._maturity = maturity
        self._matrices: list[Floats] = []
        self._events: list[pl.DataFrame] = []
        self._labels: list[pl.DataFrame] = []

    def labels(self, labels: pl.DataFrame) -> pl.DataFrame:
        """Takes those that are no older than what an earlier file told of the same transaction, and
        gives them back."""
        fresh = labels.select("tx_id", "y", "known_at")
        if self._labels:
            told = latest(pl.concat(self._labels)).select("tx_id", before="known_at")
            fresh = fresh.join(told, on="tx_id", how="left", maintain_order="left")
            is_older = (pl.col("known_at") < pl.col("before")).fill_null(value=False)
            fresh = fresh.filter(~is_older).drop("before")
        self._labels.append(fresh)
        return fresh

    def events(self, events: pl.DataFrame, matrix: Floats) -> None:
        self._events.append(events.select("tx_id", "occurred_at"))
        self._matrices.append(matrix)

    def sample(self) -> Sample:
        """All of it; of several labels of a transaction the one told last counts."""
        self._events = [pl.concat(self._events)]
        events, told = self._events[0], latest(pl.concat(self._labels))
        rows = events.join(told, on="tx_id", how="left", maintain_order="left")
        fraud = rows["y"].fill_null(0).to_numpy().astype(np.int8)
        known_at = rows["known_at"].fill_null(float("inf")).to_numpy().astype(np.float64)
        times = rows["occurred_at"].to_numpy().astype(np.float64)
        self._matrices = [np.concatenate(self._matrices)]
        return Sample(
            self.inputs,
            self._matrices[0],
            times,
            fraud,
            known_at,
            self._maturity or maturity_of(times, known_at, fraud),
        )
