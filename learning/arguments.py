"""Figures on a command line, for argparse: what is out of range is refused in a sentence."""

import math
from argparse import ArgumentTypeError
from collections.abc import Callable
from typing import Final

_MINUTES_OFF: Final = 14 * 60.0


def seconds(text: str) -> float:
    return _number(text, 0, math.inf, "seconds, 0 or more")


def days(text: str) -> float:
    return _number(text, 1 / 86_400, 10_000, "days, more than 0")


def minutes(text: str) -> float:
    return _number(text, -_MINUTES_OFF, _MINUTES_OFF, "minutes, -840 to 840")


def whole(text: str) -> int:
    return int(_number(text, 0, 10_000, "a whole number, 0 or more", int))


def votes(text: str) -> int:
    return int(_number(text, 1, 100, "a whole number, 1 to 100", int))


def _number(
    text: str, least: float, most: float, what: str, kind: Callable[[str], float] = float
) -> float:
    try:
        number = kind(text)
    except ValueError:
        number = math.nan
    if not least <= number <= most:  # false for NaN, too
        raise ArgumentTypeError(f"it must be {what}, not {text}")
    return number
