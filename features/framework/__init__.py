"""Declare a feature once, and compute the whole vector of a transaction from what is known of it.

    declaration   features, and the facts of a transaction
    soundness     whether declarations make sense
    catalogue     all features together: the computation of a vector

A :class:`Catalogue` resolves all that can be resolved while it is built: positions, bounds and the
order in which features depend on each other. Scoring then only walks flat tuples.
"""

from features.framework.catalogue import Catalogue
from features.framework.declaration import (
    CATEGORIES,
    FACT_NAMES,
    TALLY_NAMES,
    Facts,
    Feature,
    Reading,
    Row,
    Source,
    Value,
)

__all__ = [
    "CATEGORIES",
    "FACT_NAMES",
    "TALLY_NAMES",
    "Catalogue",
    "Facts",
    "Feature",
    "Reading",
    "Row",
    "Source",
    "Value",
]
