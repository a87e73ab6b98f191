"""What a model was trained on, as shares by bins: a part of its card."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from learning.drift.bins import Bins
from learning.training.sample import Places, Sample, thinned
from learning.training.trained import Doubles, Floats, Input

MOST_ROWS: Final = 100_000
"""Tenths of more rows than this are the same tenths."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """Of each column in the model's order, and of the score on days it had not seen."""

    rows: int
    inputs: tuple[Input, ...]
    columns: tuple[Bins, ...]
    score: Bins

    def psi_of(self, matrix: Floats) -> dict[str, float]:
        """The index of each column of a matrix in these inputs' order."""
        return {
            one.name: bins.psi(matrix[:, place])
            for place, (one, bins) in enumerate(zip(self.inputs, self.columns, strict=True))
        }

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready; `load` is its inverse."""
        features = [
            {
                "name": one.name,
                "kind": one.kind,
                "categories": list(one.categories),
                **bins.as_dict(),
            }
            for one, bins in zip(self.inputs, self.columns, strict=True)
        ]
        return {"rows": self.rows, "features": features, "score": self.score.as_dict()}

    @classmethod
    def load(cls, data: Mapping[str, Any]) -> Baseline:
        told = data["features"]
        return cls(
            data["rows"],
            tuple(Input(one["name"], one["kind"], tuple(one["categories"])) for one in told),
            tuple(Bins.load(one) for one in told),
            Bins.load(data["score"]),
        )


def baseline_of(sample: Sample, rows: Places, scores: Doubles) -> Baseline:
    """Of the rows that were trained on, and `scores` (0..100) of held-out ones."""
    matrix = sample.matrix[thinned(rows, MOST_ROWS)]
    columns = tuple(
        Bins.of(matrix[:, place], edges_of(one)) for place, one in enumerate(sample.inputs)
    )
    return Baseline(len(rows), sample.inputs, columns, Bins.of(scores))


def edges_of(one: Input) -> tuple[float, ...] | None:
    """A bin for each category, and for no and yes; tenths of numbers."""
    if one.kind == "category":
        return tuple(place + 0.5 for place in range(len(one.categories) - 1))
    return (0.5,) if one.kind == "flag" else None
