"""What moved a model on one row: the change of the expected margin at each split on its paths.

Saabas' attribution: quick enough for the answer of a flagged transaction. It adds up to the margin,
and is what XGBoost calls approximate contributions.
"""

import io
import zipfile
import zlib
from dataclasses import dataclass, fields
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

from scoring.detectors.errors import CorruptArtefact

Array = npt.NDArray[Any]

_DEEPEST: Final = 1_000
_UNREADABLE: Final = (
    ValueError,
    KeyError,
    IndexError,
    TypeError,
    OSError,
    EOFError,
    zipfile.BadZipFile,
    zlib.error,
)


@dataclass(frozen=True, slots=True)
class Paths:
    """The nodes of all trees in one row each. A leaf leads to itself."""

    roots: Array  # int32
    column: Array  # int32
    threshold: Array  # float32
    below: Array  # int32: where to go when less than the threshold, or not in the set
    above: Array
    missing: Array
    chosen: Array  # uint64: the set of categories as bits; 0 for a comparison of numbers
    expected: Array  # float64: the mean margin of what passed the node in training
    depth: Array  # int32, one number

    def dump(self) -> bytes:
        buffer = io.BytesIO()
        np.savez_compressed(buffer, **{one.name: getattr(self, one.name) for one in fields(self)})
        return buffer.getvalue()

    @classmethod
    def load(cls, content: bytes, *, width: int) -> Self:
        """Raises CorruptArtefact."""
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as stored:
                found = cls(**{one.name: stored[one.name] for one in fields(cls)})
            sound = found._is_sound(width)
        except _UNREADABLE as error:
            raise CorruptArtefact(f"The model's paths cannot be read: {error}") from error
        if not sound:
            raise CorruptArtefact("The model's paths lead out of its trees.")
        return found

    def _is_sound(self, width: int) -> bool:
        """Whether every step leads to a node, and every node compares a column."""
        size = len(self.column)
        targets = (self.roots, self.below, self.above, self.missing)
        each = (self.below, self.above, self.missing, self.threshold, self.chosen, self.expected)
        return bool(
            all(len(one) == size for one in each)
            and all(one.min() >= 0 and one.max() < size for one in targets)
            and self.column.min() >= 0
            and self.column.max() < width
            and 0 <= int(self.depth[0]) <= _DEEPEST
        )

    def shares(self, row: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """By column; their sum is the margin less the mean margin of training."""
        at, total = self.roots, np.zeros(len(row))
        for _ in range(int(self.depth[0])):
            column = self.column[at]
            following = self._next(at, row[column])
            moved = self.expected[following] - self.expected[at]
            total += np.bincount(column, weights=moved, minlength=len(row))
            at = following
        return total

    def _next(self, at: Array, values: Array) -> Array:
        unknown = np.isnan(values)
        below = values < self.threshold[at]
        chosen = self.chosen[at]
        if chosen.any():
            bits = np.where(unknown | (values < 0) | (values > 63), 64, values).astype(np.uint64)
            # A shift by 64 or more is nobody's promise: an unseen category is in no set.
            inside = np.where(bits < 64, (chosen >> np.minimum(bits, 63)) & np.uint64(1), 0) == 1
            below = np.where(chosen > 0, ~inside, below)
        known = np.where(below, self.below[at], self.above[at])
        following: Array = np.where(unknown, self.missing[at], known)
        return following
