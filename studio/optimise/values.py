"""Which values of a parameter, threshold or weight are tried. Pure.

Parameters are amounts, counts, ages: what matters of them is the ratio. So values lie a constant
factor apart, from a tenth to ten times the present one, within the parameter's own bounds, and are
rounded to what differs within the range.
"""

from math import floor, isfinite, log10
from typing import Final

STEPS: Final = 40
"""So many values are tried at most, besides the present one."""
REACH: Final = 10.0
"""From the present value divided by this to it times this."""
MAX_WEIGHT: Final = 5.0


def parameter_values(
    current: float, minimum: float | None, maximum: float | None, *, whole: bool = False
) -> list[float]:
    """In order, the present one among them.

    >>> parameter_values(5, 1, 8, whole=True)
    [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]
    """
    low, high = _reach(current, minimum, maximum)
    if whole and high - low <= STEPS:
        found = [float(n) for n in range(floor(low), floor(high) + 1)]
    elif low > 0:
        ratio = (high / low) ** (1 / (STEPS - 1))
        found = [low * ratio**step for step in range(STEPS)]
    else:
        found = [low + (high - low) * step / (STEPS - 1) for step in range(STEPS)]
    rounded = (float(round(v)) if whole else _rounded(v, high - low) for v in found)
    kept = {v for v in rounded if low <= v <= high and isfinite(v)}
    return sorted(kept | {current})


def _reach(current: float, minimum: float | None, maximum: float | None) -> tuple[float, float]:
    if current > 0:
        low, high = current / REACH, current * REACH
    else:
        low, high = current - REACH, current + REACH
    low = low if minimum is None else max(low, minimum)
    high = high if maximum is None else min(high, maximum)
    return (min(low, current), max(high, current))


def _rounded(value: float, span: float) -> float:
    """To two digits, or finer where the whole range is narrow.

    >>> [_rounded(v, 50_000) for v in (537.3, 12_345.0, 0.0)], _rounded(0.4567, 0.3)
    ([500.0, 12300.0, 0.0], 0.457)
    """
    if value == 0:
        return 0.0
    digits = 1 - floor(log10(abs(value)))  # two digits
    if span > 0:
        # Finer in a narrow range, so that neighbours stay apart.
        digits = max(digits, 2 - floor(log10(span)))
    return round(value, min(digits, 12))


def threshold_values(low: int, high: int) -> list[float]:
    """Every whole score from `low` to `high`: scores are whole numbers."""
    return [float(score) for score in range(low, high + 1)]


def weight_values(current: float) -> list[float]:
    """Tenths to 2, then coarser to MAX_WEIGHT; the present one among them.

    >>> weight_values(1.0)[:3], weight_values(1.25)[-6:]
    ([0.0, 0.1, 0.2], [2.5, 3.0, 3.5, 4.0, 4.5, 5.0])
    """
    fine = [tenth / 10 for tenth in range(21)]
    coarse = [half / 2 for half in range(5, int(MAX_WEIGHT * 2) + 1)]
    return sorted({*fine, *coarse, current})
