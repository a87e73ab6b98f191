"""Shares of a column's values by bins, and how far other values are from them (PSI). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

PARTS: Final = 10
_LEAST: Final = 1e-4
"""What an empty bin counts as: the index has a logarithm in it."""


@dataclass(frozen=True, slots=True)
class Bins:
    """`edges` rise; a value belongs to the bin that ends with the first edge not below it. `shares`
    are those of the bins and, last, of missing values."""

    edges: tuple[float, ...]
    shares: tuple[float, ...]

    @classmethod
    def of(cls, values: npt.NDArray[Any], edges: tuple[float, ...] | None = None) -> Self:
        """By tenths of the values, unless edges are given; equal tenths fall together."""
        if edges is None:
            edges = _tenths(values)
        return cls(edges, tuple(map(float, _shares(values, edges))))

    def psi(self, now: npt.NDArray[Any]) -> float:
        """The population stability index: the sum of (now - then) x ln(now / then) over all bins. 0
        is the same distribution; from .1 on it has moved, from .25 on by much.

        Chance alone makes it about (bins - 1) x (1/rows then + 1/rows now).
        """
        then = np.maximum(self.shares, _LEAST)
        found = np.maximum(_shares(now, self.edges), _LEAST)
        return float(np.sum((found - then) * np.log(found / then)))

    def as_dict(self) -> dict[str, list[float]]:
        """JSON-ready. Edges keep every digit: a value may lie on one."""
        return {"edges": list(self.edges), "shares": [round(share, 6) for share in self.shares]}

    @classmethod
    def load(cls, data: Mapping[str, Any]) -> Self:
        return cls(tuple(data["edges"]), tuple(data["shares"]))


def _tenths(values: npt.NDArray[Any]) -> tuple[float, ...]:
    known = values[~np.isnan(values)]
    if not len(known):
        return ()
    cuts = np.linspace(0, 1, PARTS + 1)[1:-1]
    return tuple(map(float, np.unique(np.quantile(known, cuts))))


def _shares(values: npt.NDArray[Any], edges: tuple[float, ...]) -> npt.NDArray[np.float64]:
    known = values[~np.isnan(values)]
    places = np.searchsorted(np.asarray(edges), known, side="left")
    counts = np.bincount(places, minlength=len(edges) + 1).astype(float)
    counts = np.append(counts, len(values) - len(known))
    return np.asarray(counts / max(len(values), 1))
