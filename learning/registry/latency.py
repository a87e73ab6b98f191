"""How long a model takes, on vectors of recent decisions."""

from statistics import median
from time import perf_counter
from typing import Final

from features.vector import unpack
from scoring.detectors import Detector
from scoring.models import Decision

CALLS: Final = 200


def judging_us(*detectors: Detector) -> list[float]:
    """The median microseconds of each, measured in turns on the same vectors. One query."""
    rows = Decision.objects.order_by("-pk").values_list("numbers", "texts", "catalogue_version")
    vectors = [unpack(*row) for row in rows[:CALLS]]
    taken: list[list[float]] = [[] for _ in detectors]
    for vector in vectors:
        for times, detector in zip(taken, detectors, strict=True):
            start = perf_counter()
            detector.judge(vector)
            times.append(perf_counter() - start)
    return [round(median(times) * 1e6, 1) if times else 0.0 for times in taken]
