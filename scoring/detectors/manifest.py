"""What a model's folder holds, and how to read its answers."""

from bisect import bisect_right
from typing import Final, Literal

import msgspec

FORMAT: Final = 1
NAME: Final = "manifest.json"
GRAPH: Final = "model.onnx"
PATHS: Final = "paths.npz"
CARD: Final = "card.json"
CARD_PAGE: Final = "card.html"

Kind = Literal["number", "flag", "category"]


def explainer(number: int) -> str:
    """The file of a booster as XGBoost reads it, counted from 0."""
    return f"explain-{number}.ubj"


class Column(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A column of the rows; a category is the place of its value among `categories`."""

    name: str
    kind: Kind
    categories: tuple[str, ...] = ()


class Curve(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Straight lines between points, flat outside; `x` rises, `y` does not fall."""

    x: tuple[float, ...]
    y: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.x or len(self.x) != len(self.y):
            raise ValueError("a curve needs as many x as y, and one at least")
        if list(self.x) != sorted(set(self.x)) or list(self.y) != sorted(self.y):
            raise ValueError("a curve must rise in x and not fall in y")

    def at(self, value: float) -> float:
        """
        >>> [Curve((0.0, 2.0), (10.0, 20.0)).at(value) for value in (-1, 0.5, 9)]
        [10.0, 12.5, 20.0]
        """
        place = bisect_right(self.x, value)
        if place == 0:
            return self.y[0]
        if place == len(self.x):
            return self.y[-1]
        left, low = self.x[place - 1], self.y[place - 1]
        return low + (self.y[place] - low) * (value - left) / (self.x[place] - left)


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`files` has the SHA-256 of every other file, hexadecimal, by name. `calibration` makes a
    margin (log odds) a probability, `alignment` an ML score of 0..100; `anomaly` makes the forest's
    figure a score of 0..100, None without a forest."""

    format: int
    catalogue_version: int
    columns: tuple[Column, ...]
    calibration: Curve
    alignment: Curve
    anomaly: Curve | None
    boosters: int
    files: dict[str, str]
