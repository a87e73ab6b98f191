"""Curves as points of an SVG's polyline, and figures side by side. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SIDE = 200
"""Width and height of a chart; its lower left corner is 0, 0 of the curve."""


@dataclass(frozen=True, slots=True)
class Chart:
    """Two curves in one picture, scaled so that both fill it; `most` says what its edges mean."""

    title: str
    across: str
    up: str
    most: float
    champion: str
    challenger: str


@dataclass(frozen=True, slots=True)
class Compared:
    """A figure of both, with the bounds of their difference where it has any."""

    name: str
    champion: str
    challenger: str
    bounds: str = ""


def charts_of(figures: Mapping[str, Any]) -> list[Chart]:
    """The curves of a comparison."""
    return [
        _chart("Precision by recall", "recall", "precision", figures.get("recall_curve")),
        _chart("Said and came true", "said", "came true", figures.get("calibration_curve")),
    ]


def _chart(title: str, across: str, up: str, curves: Sequence[Any] | None) -> Chart:
    old, new = curves or ([], [])
    most = max((max(point) for point in (*old, *new)), default=1.0) or 1.0
    return Chart(title, across, up, most, points_of(old, most), points_of(new, most))


def points_of(curve: Sequence[Sequence[float]], most: float = 1.0) -> str:
    """
    >>> points_of([(0.0, 0.0), (0.5, 1.0)])
    '0.0,200.0 100.0,0.0'
    """
    scale = SIDE / most
    return " ".join(f"{x * scale:.1f},{SIDE - y * scale:.1f}" for x, y in curve)


def side_by_side(figures: Mapping[str, Any]) -> list[Compared]:
    """The figures of a comparison in words and in their order."""
    return [
        _bounded("Average precision", figures["average_precision"], "{:.4f}"),
        _bounded("Cost of a transaction, USD", figures["cost_usd"], "{:.4f}"),
        _pair("Calibration error", figures["calibration_error"], "{:.4f}"),
        _pair("Microseconds a transaction", figures["latency_us"], "{:.0f}"),
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
    return float(f"{value:.6g}") if isinstance(value, float) else value
