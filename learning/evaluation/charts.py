"""Lines and bars as SVG, without a script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

WIDTH, HEIGHT, MARGIN = 460, 260, 42


def lines(
    title: str,
    series: Mapping[str, Sequence[tuple[float, float]]],
    *,
    x_label: str,
    y_label: str,
    diagonal: bool = False,
) -> str:
    """A chart of points joined by lines; both axes begin at zero."""
    points = [point for told in series.values() for point in told]
    right = max([x for x, _ in points], default=1.0) or 1.0
    top = max([y for _, y in points], default=1.0) or 1.0
    if diagonal:
        right = top = max(right, top)

    def place(x: float, y: float) -> str:
        across = MARGIN + x / right * (WIDTH - 2 * MARGIN)
        return f"{across:.1f},{HEIGHT - MARGIN - y / top * (HEIGHT - 2 * MARGIN):.1f}"

    parts = [_axes(title, x_label, y_label, right, top)]
    if diagonal:
        parts.append(f'<polyline class="ideal" points="{place(0, 0)} {place(right, top)}"/>')
    for number, (name, told) in enumerate(series.items()):
        path = " ".join(place(x, y) for x, y in told)
        parts.append(f'<polyline class="line{number}" points="{path}"/>')
        parts.append(
            f'<text class="line{number}" x="{MARGIN + 8}" y="{MARGIN + 14 * number}">'
            f"{escape(name)}</text>"
        )
    return (
        f'<svg role="img" aria-label="{escape(title)}" viewBox="0 0 {WIDTH} {HEIGHT}">'
        + "".join(parts)
        + "</svg>"
    )


def bars(title: str, values: Mapping[str, float], *, most: int = 20) -> str:
    """Horizontal bars, the first on top."""
    chosen = list(values.items())[:most]
    longest = max([value for _, value in chosen], default=1.0) or 1.0
    height = 18 * len(chosen) + 8
    parts = []
    for number, (name, value) in enumerate(chosen):
        y = 18 * number + 14
        parts.append(
            f'<text x="200" y="{y}" text-anchor="end">{escape(name)}</text>'
            f'<rect class="bar" x="206" y="{y - 10}" width="{value / longest * 190:.1f}" '
            f'height="12"/><text x="{212 + value / longest * 190:.1f}" y="{y}">{value:.3g}</text>'
        )
    return (
        f'<svg role="img" aria-label="{escape(title)}" viewBox="0 0 {WIDTH} {height}">'
        + "".join(parts)
        + "</svg>"
    )


def _axes(title: str, x_label: str, y_label: str, right: float, top: float) -> str:
    bottom = HEIGHT - MARGIN
    return (
        f'<text class="title" x="{MARGIN}" y="16">{escape(title)}</text>'
        f'<polyline class="axis" points="{MARGIN},{MARGIN} {MARGIN},{bottom} '
        f'{WIDTH - MARGIN},{bottom}"/>'
        f'<text x="{WIDTH - MARGIN}" y="{bottom + 16}" text-anchor="end">{right:.3g}</text>'
        f'<text x="{MARGIN - 4}" y="{MARGIN + 4}" text-anchor="end">{top:.3g}</text>'
        f'<text x="{WIDTH / 2}" y="{HEIGHT - 8}" text-anchor="middle">{escape(x_label)}</text>'
        f'<text x="{MARGIN}" y="{MARGIN - 10}">{escape(y_label)}</text>'
    )
