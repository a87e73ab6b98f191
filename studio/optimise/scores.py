"""The cheapest threshold from mere counts by score, where an answer must not wait for the archive.

As a curve, with each transaction for a customer of its own and every fraud of one worth. Pure.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np

from studio.optimise.costs import PARTS, Assumptions, Known, Parts, Proposal, propose
from studio.optimise.resampling import REPLICATES, SEED, Floats

_WEIGHTS: Final = 9
"""How often a transaction may be drawn: 0 to 8; more happens once in a million."""


def propose_threshold(
    frauds: Mapping[int, int],
    genuine: Mapping[int, int],
    *,
    lowest: int,
    current: int,
    missed_fraud: float,
) -> Proposal:
    """Of the thresholds from `lowest` to 100, and the present one. A transaction is declined from
    the threshold on; a fraud that is not costs `missed_fraud` genuine ones that are."""
    values = sorted({*range(lowest, 101), current})
    chance = np.random.default_rng(SEED)
    of_fraud, of_genuine = (_drawn(counts, chance) for counts in (frauds, genuine))
    scores = np.arange(101)
    below = (scores[:, None] < np.array(values)).astype(np.float64)  # scores x values
    parts = [
        _parts(one @ below, other @ (1.0 - below))
        for one, other in zip(of_fraud, of_genuine, strict=True)
    ]
    low, high = min(values), max(values)
    known = Known(
        fraud=sum(frauds.values()),
        genuine=sum(genuine.values()),
        affected=sum(n for some in (frauds, genuine) for s, n in some.items() if low <= s < high),
    )
    told = Assumptions(missed_share=missed_fraud, insult=1.0, review_minutes=0, hourly_cost=0)
    made = Parts(parts[0][0], parts[1], parts[2])
    return propose(made, [float(v) for v in values], float(current), known, told)


def _drawn(counts: Mapping[int, int], chance: np.random.Generator) -> tuple[Floats, Floats, Floats]:
    """Numbers by score: as they are, as drawn in each replicate, and as left out there."""
    plain = np.zeros((1, 101))
    drawn, absent = np.zeros((REPLICATES, 101)), np.zeros((REPLICATES, 101))
    shares = _poisson_shares()
    for score, number in sorted(counts.items()):
        plain[0, score] = number
        by_weight = chance.multinomial(number, shares, size=REPLICATES)
        drawn[:, score] = by_weight @ np.arange(_WEIGHTS)
        absent[:, score] = by_weight[:, 0]
    return plain, drawn, absent


def _poisson_shares() -> Floats:
    factorials = np.cumprod([1.0, *range(1, _WEIGHTS)])
    shares: Floats = 1.0 / factorials
    shares /= shares.sum()
    return shares


def _parts(missed: Floats, insults: Floats) -> Floats:
    found = np.zeros((*missed.shape, PARTS))
    found[..., 0], found[..., 1] = missed, insults
    return found
