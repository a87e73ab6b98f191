"""Random streams by name, and the few shapes of chance that the world is made of.

Each entity draws from a stream of its own, so that one more customer does not change the others.
"""

import math
from bisect import bisect
from collections.abc import Iterable, Mapping
from itertools import accumulate
from random import Random
from typing import Final, Generic, TypeVar

T = TypeVar("T")

_PRIME: Final = 7_368_787  # shares no factor with any power of ten


def stream(*name: object) -> Random:
    """A generator that the name alone determines, the same in every process."""
    return Random("/".join(map(str, name)))  # noqa: S311  a made-up world holds no secret


class Weighted(Generic[T]):
    """Things to choose from, each with a weight.

    >>> Weighted({"often": 9, "never": 0}).pick(stream(1))
    'often'
    """

    __slots__ = ("_cumulative", "items")

    def __init__(self, weights: Mapping[T, float] | Iterable[tuple[T, float]]) -> None:
        pairs = list(weights.items() if isinstance(weights, Mapping) else weights)
        self.items: list[T] = [item for item, _ in pairs]
        self._cumulative = list(accumulate(weight for _, weight in pairs))

    def pick(self, rng: Random) -> T:
        return self.at(rng.random())

    def at(self, share: float) -> T:
        """What stands at a share (0 to below 1) of the whole: a person's settled choice."""
        return self.items[bisect(self._cumulative, share * self._cumulative[-1])]


def chance(rng: Random, probability: float) -> bool:
    return rng.random() < probability


def lognormal(rng: Random, median: float, sigma: float) -> float:
    return median * math.exp(rng.gauss(0.0, sigma))


def bounded(rng: Random, mean: float, deviation: float, low: float, high: float) -> float:
    """Normally distributed, held between two bounds."""
    return min(high, max(low, rng.gauss(mean, deviation)))


def poisson(rng: Random, mean: float) -> int:
    """How often something happens that happens `mean` times on average."""
    if mean > 30:
        return max(0, round(rng.gauss(mean, math.sqrt(mean))))
    limit, product, count = math.exp(-mean), rng.random(), 0
    while product > limit:
        product *= rng.random()
        count += 1
    return count


def serial(kind: str, seed: int, index: int, width: int = 8) -> str:
    """A number that is unique for `index` and tells nothing of the order of creation.

    >>> serial("M", 7, 1), serial("M", 7, 2)
    ('23343020', '30711807')
    """
    size = 10**width
    offset = stream(kind, seed).randrange(size)
    return f"{(index * _PRIME + offset) % size:0{width}d}"
