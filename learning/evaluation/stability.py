"""How far features had moved by the last week before training (PSI, see `drift.bins`)."""

from __future__ import annotations

from learning.drift.baseline import edges_of
from learning.drift.bins import Bins
from learning.training.trained import Floats, Input


def stability(inputs: tuple[Input, ...], before: Floats, now: Floats) -> dict[str, float]:
    """The index of each column, highest first."""
    told = {
        one.name: Bins.of(before[:, place], edges_of(one)).psi(now[:, place])
        for place, one in enumerate(inputs)
    }
    return dict(sorted(told.items(), key=lambda pair: -pair[1]))
