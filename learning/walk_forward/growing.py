"""The rows known so far, growing day by day, as a sample to learn from."""

from __future__ import annotations

import numpy as np
import polars as pl

from learning.errors import BadHistory
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

    def labels(self, labels: pl.DataFrame) -> None:
        self._labels.append(labels.select("tx_id", "y", "known_at"))

    def check_new(self, events: pl.DataFrame) -> None:
        """Raises BadHistory for an id that an earlier file had: its label would be told twice."""
        for earlier in self._events:
            again = events.join(earlier, on="tx_id", how="semi")
            if len(again):
                raise BadHistory(
                    f"Transaction {again['tx_id'][0]} stands in the events of an earlier day as "
                    "well; give each event once."
                )

    @property
    def seen(self) -> pl.DataFrame:
        """tx_id and occurred_at of all events so far."""
        self._events = [pl.concat(self._events)]
        return self._events[0]

    def events(self, events: pl.DataFrame, matrix: Floats) -> None:
        self._events.append(events.select("tx_id", "occurred_at"))
        self._matrices.append(matrix)

    def sample(self) -> Sample:
        """All of it; of several labels of a transaction the last one told counts."""
        events, labels = self.seen, pl.concat(self._labels)
        told = labels.unique("tx_id", keep="last")
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
