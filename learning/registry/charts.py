"""Curves as points of an SVG's polyline, and figures side by side. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import floor, isfinite, log10
from typing import Any

WIDTH, HEIGHT = 240, 180
"""Of the part where the curves are."""

_PARTS = (0.0, 0.25, 0.5, 0.75, 1.0)
_STEPS = (1, 2, 5, 10)


@dataclass(frozen=True, slots=True)
class Tick:
    """A place on an axis, in the picture's units, and what it stands for."""

    at: float
    words: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Two curves in one picture with axes in percent; `ideal` is the line of a perfect answer, or
    of one that knows nothing, as `ideal_words` says."""

    title: str
    across: str
    up: str
    champion: str
    challenger: str
    columns: Sequence[Tick]
    rows: Sequence[Tick]
    ideal: str = ""
    ideal_words: str = ""


@dataclass(frozen=True, slots=True)
class Compared:
    """A figure of both, with the bounds of their difference where it has any."""

    name: str
    champion: str
    challenger: str
    bounds: str = ""


def charts_of(figures: Mapping[str, Any]) -> list[Chart]:
    """The curves of a comparison; those that it does not have yet are left out."""
    made = [
        _chart(
            "Precision and recall",
            "frauds found (recall)",
            "of the stopped, fraud (precision)",
            figures,
            "recall",
        ),
        _chart(
            "ROC",
            "genuine stopped",
            "frauds found",
            figures,
            "roc",
            ideal="a guess",
        ),
        _chart(
            "Calibration",
            "probability said",
            "turned out fraud",
            figures,
            "calibration",
            ideal="what was said, came",
        ),
        _chart("Money", "transactions reviewed", "of the lost money found", figures, "money"),
    ]
    return [one for one in made if one is not None]


def _chart(
    title: str, across: str, up: str, figures: Mapping[str, Any], name: str, *, ideal: str = ""
) -> Chart | None:
    curves = figures.get(f"{name}_curve")
    if not curves:
        return None
    old, new = curves
    most = 1.0
    if name == "calibration":  # rare frauds: both axes end where the curves do
        most = _round_up(max((max(point) for point in (*old, *new)), default=1.0))
    return Chart(
        title,
        across,
        up,
        points_of(old, most),
        points_of(new, most),
        [Tick(round(part * WIDTH, 1), _percent(part * most)) for part in _PARTS],
        [Tick(round(HEIGHT - part * HEIGHT, 1), _percent(part * most)) for part in _PARTS],
        f"0,{HEIGHT} {WIDTH},0" if ideal else "",
        ideal,
    )


def points_of(curve: Sequence[Sequence[float]], most: float = 1.0) -> str:
    """
    >>> points_of([(0.0, 0.0), (0.5, 1.0)])
    '0.0,180.0 120.0,0.0'
    """
    return " ".join(f"{x / most * WIDTH:.1f},{HEIGHT - y / most * HEIGHT:.1f}" for x, y in curve)


def _round_up(value: float) -> float:
    """
    >>> [_round_up(value) for value in (0.0, 0.013, 0.3, 0.9)]
    [1.0, 0.02, 0.5, 1.0]
    """
    if not 0 < value < 1:
        return 1.0
    size = 10.0 ** floor(log10(value))
    return round(next(size * step for step in _STEPS if size * step >= value * 0.999999), 9)


def _percent(share: float) -> str:
    """
    >>> [_percent(share) for share in (0.0, 0.25, 0.005, 1.0)]
    ['0', '25 %', '0.5 %', '100 %']
    """
    return f"{share * 100:.3g} %" if share else "0"


def side_by_side(figures: Mapping[str, Any]) -> list[Compared]:
    """The figures of a comparison in words and in their order."""
    return [
        _bounded("Average precision", figures["average_precision"], "{:.4f}"),
        _bounded("Cost of a transaction, USD", figures["cost_usd"], "{:.4f}"),
        _pair("Calibration error", figures["calibration_error"], "{:.4f}"),
        _pair("Microseconds a transaction", figures["latency_us"], "{:.0f}"),
        *(
            _bounded(f"False alarms by {name}, highest rate over lowest", told, "{:.2f}")
            for name, told in figures.get("false_alarms", {}).items()
            if told
        ),
        _pair("Groups spared alike, ratio", figures["fairness"], "{:.2f}"),
    ]


def _bounded(name: str, found: Mapping[str, float], form: str) -> Compared:
    signed = form.replace(":", ":+")
    return Compared(
        name,
        form.format(found["champion"]),
        form.format(found["challenger"]),
        f"{signed.format(found['low'])} to {signed.format(found['high'])}",
    )


def _pair(name: str, found: Sequence[float | None], form: str) -> Compared:
    old, new = ("no groups" if one is None else form.format(one) for one in found)
    return Compared(name, old, new)


def card_figures(card: Mapping[str, Any]) -> dict[str, Any]:
    """What a card says in single figures and words; those one level down under both names."""
    found: dict[str, Any] = {}
    for name, value in card.items():
        if isinstance(value, Mapping):
            inner = {f"{name}: {key}": one for key, one in value.items()}
            found |= {key: one for key, one in inner.items() if _is_single(one)}
        elif _is_single(value):
            found[name] = value
    return {name.replace("_", " "): _rounded(value) for name, value in found.items()}


def _is_single(value: Any) -> bool:
    return isinstance(value, str | int | float) and len(str(value)) <= 120


def _rounded(value: Any) -> Any:
    if isinstance(value, float) and isfinite(value):
        return int(value) if value == int(value) else float(f"{value:.6g}")
    return value
