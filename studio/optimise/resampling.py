"""How sure a curve is: the same decisions counted again with customers drawn by chance. Pure.

The bootstrap draws whole customers, since one customer's decisions are not independent of each
other. It is the Poisson bootstrap: each customer counts 0, 1, 2 ... times by a Poisson(1) number of
its own, which for many customers is what drawing with replacement comes to (Hanley and MacGibbon,
Creating non-parametric bootstrap samples using Poisson frequencies, 2006; Chamandy et al.,
Estimating uncertainty for massive data streams, 2012). The number follows from customer, replicate
and seed alone, so a curve read in portions is the curve read at once, and the same again tomorrow.

Decisions whose status is the same under every value only add a constant to a curve. All others
share few *patterns* (a status for each value), so nothing is kept but a few sums for each pattern
and replicate, however many decisions there are.
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from studio.backtest.contract import TRUTHS

Floats = npt.NDArray[np.float64]
Bytes = npt.NDArray[np.uint8]
Keys = npt.NDArray[np.uint64]

REPLICATES: Final = 300
SEED: Final = 20_261_121
_KINDS: Final = len(TRUTHS)

# P(X <= k) of Poisson(1) for k = 0, 1 ...; more than 8 happens once in a million.
_CUMULATED: Final = np.cumsum([np.exp(-1.0) / float(np.prod(range(1, k + 1))) for k in range(9)])


def weights_of(customers: Keys, replicate: int, seed: int = SEED) -> Bytes:
    """How often each customer counts in that replicate; always the same for the same customer."""
    with np.errstate(over="ignore"):
        salt = _mixed(np.array([seed * 1_000_003 + replicate], np.uint64))
        uniform = (_mixed(customers ^ salt) >> np.uint64(11)).astype(np.float64) / 2.0**53
    return np.searchsorted(_CUMULATED, uniform, side="right").astype(np.uint8)


def _mixed(keys: Keys) -> Keys:
    """SplitMix64's last steps: neighbouring keys come out unrelated (Steele, Lea, Flood, 2014)."""
    keys = (keys + np.uint64(0x9E3779B97F4A7C15)).astype(np.uint64)
    keys = (keys ^ (keys >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    keys = (keys ^ (keys >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    found: Keys = keys ^ (keys >> np.uint64(31))
    return found


@dataclass(slots=True)
class Sums:
    """Numbers and amounts of decisions by pattern and truth: a row for each replicate, the first
    for all decisions as they are; `left_out` the same for customers that a replicate left out."""

    steps: int
    replicates: int = REPLICATES
    patterns: dict[bytes, int] = field(default_factory=dict)
    numbers: Floats = field(init=False)
    amounts: Floats = field(init=False)
    left_out_numbers: Floats = field(init=False)
    left_out_amounts: Floats = field(init=False)

    def __post_init__(self) -> None:
        shape = (self.replicates + 1, 0, _KINDS)
        self.numbers, self.amounts = np.zeros(shape), np.zeros(shape)
        self.left_out_numbers, self.left_out_amounts = np.zeros(shape), np.zeros(shape)

    def add(self, statuses: Bytes, truth: Bytes, amounts: Floats, customers: Keys) -> None:
        """`statuses` has a row for each value tried, a column for each decision."""
        places = self._places(statuses)
        cells = len(self.patterns) * _KINDS
        index = places * _KINDS + truth
        self.numbers[0] += _binned(index, None, cells)
        self.amounts[0] += _binned(index, amounts, cells)
        # Only decisions that depend on the value are worth drawing again.
        varies = (statuses != statuses[0]).any(axis=0)
        index, amounts, customers = index[varies], amounts[varies], customers[varies]
        known, who = np.unique(customers, return_inverse=True)
        for replicate in range(self.replicates if len(known) else 0):
            weights = weights_of(known, replicate)[who].astype(np.float64)
            absent = (weights == 0).astype(np.float64)
            row = replicate + 1
            self.numbers[row] += _binned(index, weights, cells)
            self.amounts[row] += _binned(index, weights * amounts, cells)
            self.left_out_numbers[row] += _binned(index, absent, cells)
            self.left_out_amounts[row] += _binned(index, absent * amounts, cells)

    def add_constant(self, status: Bytes, truth: Bytes, amounts: Floats) -> None:
        """Decisions whose status no value changes, each with it."""
        for one in np.unique(status):
            rows = status == one
            place = self._place(bytes([one]) * self.steps)
            for sums, weights in ((self.numbers, None), (self.amounts, amounts[rows])):
                sums[0, place] += np.bincount(truth[rows], weights=weights, minlength=_KINDS)

    def _place(self, pattern: bytes) -> int:
        place = self.patterns.setdefault(pattern, len(self.patterns))
        self._make_room()
        return place

    def _places(self, statuses: Bytes) -> npt.NDArray[np.int64]:
        """Which pattern each decision has; room is made for new ones."""
        rows = np.ascontiguousarray(statuses.T)
        distinct, codes = np.unique(rows.view(f"V{rows.shape[1]}").ravel(), return_inverse=True)
        known = [self.patterns.setdefault(one.tobytes(), len(self.patterns)) for one in distinct]
        self._make_room()
        return np.array(known, np.int64)[codes]

    def _make_room(self) -> None:
        new = len(self.patterns) - self.numbers.shape[1]
        if new:
            room = ((0, 0), (0, new), (0, 0))
            self.numbers, self.amounts = np.pad(self.numbers, room), np.pad(self.amounts, room)
            self.left_out_numbers = np.pad(self.left_out_numbers, room)
            self.left_out_amounts = np.pad(self.left_out_amounts, room)

    @property
    def table(self) -> Bytes:
        """The patterns: a row each, a column for each value."""
        joined = b"".join(self.patterns)
        return np.frombuffer(joined, np.uint8).reshape(len(self.patterns), self.steps)


def _binned(index: npt.NDArray[np.int64], weights: Floats | None, cells: int) -> Floats:
    found = np.bincount(index, weights=weights, minlength=cells).astype(np.float64)
    return found.reshape(-1, _KINDS)
