"""From margins to probabilities and to scores, fitted on rows later than those trained on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from learning.training.trained import Doubles, Knots

FEW_FRAUDS = 100
"""Below this, a line on the log odds (Platt); from here on, isotonic regression."""

_STEEPEST = 4.0
_PRIOR_WEIGHT = 2.0
_EDGE = 6.0
_SCORES = ((1.0, 0.0), (0.05, 40.0), (0.01, 60.0), (0.001, 80.0), (0.0001, 100.0))
"""Share of genuine traffic that scores higher, and the score that this is worth (design)."""

_POINTS = 400


def calibrated(margins: Doubles, fraud: npt.NDArray[np.float32]) -> Knots:
    """Probabilities of margins, rising strictly, so that no order is lost to ties."""
    if fraud.sum() < FEW_FRAUDS:
        return _line(margins, fraud)
    centres, shares = _blocks(margins, fraud)
    low, high = float(margins.min()) - _EDGE, float(margins.max()) + _EDGE
    # Beyond what was seen the odds go on with the margin, which is a log odds itself.
    x = [low, *centres, high]
    y = [
        _sigmoid(_logit(shares[0]) + low - centres[0]),
        *shares,
        _sigmoid(_logit(shares[-1]) + high - centres[-1]),
    ]
    return _rising(np.array(x), np.array(y))


def aligned(margins: Doubles) -> Knots:
    """Scores 0..100 of margins by the share of genuine rows above them; `margins` are of those.

    Ties count half (mid-rank). The tail ends at what so many rows support.
    """
    values, counts = np.unique(margins, return_counts=True)
    above = len(margins) - np.cumsum(counts)
    shares = (above + counts / 2) / len(margins)
    places = np.unique(
        np.searchsorted(-shares, -np.geomspace(1.0, shares[-1], _POINTS)).clip(0, len(values) - 1)
    )
    points, scores = zip(*sorted((np.log10(share), score) for share, score in _SCORES), strict=True)
    y = np.interp(np.log10(shares[places]), points, scores)
    return _rising(values[places], y)


def _line(margins: Doubles, fraud: npt.NDArray[np.float32]) -> Knots:
    from sklearn.linear_model import LogisticRegression

    line = LogisticRegression(C=1.0).fit(margins.reshape(-1, 1), fraud > 0)
    slope = float(np.clip(line.coef_[0, 0], 0.05, _STEEPEST))
    # The intercept that keeps the mean probability at the share of frauds, by bisection.
    low, high = -50.0, 50.0
    for _ in range(60):
        middle = (low + high) / 2
        if _sigmoids(slope * margins + middle).mean() < fraud.mean():
            low = middle
        else:
            high = middle
    x = np.linspace(float(margins.min()) - _EDGE, float(margins.max()) + _EDGE, 200)
    return _rising(x, _sigmoids(slope * x + low))


def _blocks(margins: Doubles, fraud: npt.NDArray[np.float32]) -> tuple[list[float], list[float]]:
    """The centres of isotonic regression's steps, and their shares of fraud. Rows of one margin are
    one point: a model of few features says few things, each of many rows."""
    from sklearn.isotonic import IsotonicRegression

    values, place = np.unique(margins, return_inverse=True)
    rows = np.bincount(place).astype(np.float64)
    frauds = np.bincount(place, fraud)
    steps = IsotonicRegression().fit_transform(values, frauds / rows, sample_weight=rows)
    starts = np.flatnonzero(np.r_[True, np.diff(steps) > 0])
    prior = float(fraud.mean())
    sums = [np.add.reduceat(told, starts) for told in (rows, rows * values, frauds)]
    blocks: list[_Block] = []
    for size, total, found in zip(*sums, strict=True):
        block = _Block(float(size), float(total), float(found))
        # Drawn towards the prior, a step may come to lie below the one before it.
        while blocks and block.share(prior) <= blocks[-1].share(prior):
            block = block.joined(blocks.pop())
        blocks.append(block)
    return [block.total / block.size for block in blocks], [block.share(prior) for block in blocks]


@dataclass(frozen=True, slots=True)
class _Block:
    """Neighbouring rows: how many, the sum of their margins, and how many frauds."""

    size: float
    total: float
    frauds: float

    def share(self, prior: float) -> float:
        return (self.frauds + prior * _PRIOR_WEIGHT) / (self.size + _PRIOR_WEIGHT)

    def joined(self, other: _Block) -> _Block:
        return _Block(self.size + other.size, self.total + other.total, self.frauds + other.frauds)


def _rising(x: Doubles, y: Doubles) -> Knots:
    keep = np.r_[True, np.diff(x) > 0]
    x, y = x[keep], np.maximum.accumulate(y[keep])
    return Knots(tuple(map(float, x)), tuple(map(float, y)))


def _logit(p: float) -> float:
    p = min(max(p, 1e-9), 1 - 1e-9)
    return float(np.log(p / (1 - p)))


def _sigmoid(x: float) -> float:
    return float(1 / (1 + np.exp(-x)))


def _sigmoids(x: Doubles) -> Doubles:
    return np.asarray(1 / (1 + np.exp(-x)))
