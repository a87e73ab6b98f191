"""The models of one revision, in memory. Immutable, shared by threads."""

from dataclasses import dataclass

from rules.engine import bucket
from scoring.detectors import Detector

_SPLIT = "models"
"""The name under which customers are spread over models."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A version in use. Without `detector` it could not be loaded, and `fault` says why."""

    version: str
    share: int  # percentage of customers for whom it decides, of a challenger
    detector: Detector | None
    fault: str = ""


@dataclass(frozen=True, slots=True)
class ModelsInUse:
    """`champion` is None when no model was ever put in force."""

    revision: int
    champion: Loaded | None = None
    challengers: tuple[Loaded, ...] = ()

    @property
    def faulty(self) -> bool:
        every = (*((self.champion,) if self.champion else ()), *self.challengers)
        return any(one.detector is None for one in every)

    def deciding(self, customer_hash: bytes | None) -> Loaded | None:
        """The model that decides for this customer; without one, and where a challenger does not
        work, the champion."""
        if customer_hash is not None and any(one.share for one in self.challengers):
            place, until = bucket(_SPLIT, customer_hash), 0
            for one in self.challengers:
                until += one.share
                if place < until:
                    return one if one.detector is not None else self.champion
        return self.champion


NO_MODELS = ModelsInUse(revision=0)
