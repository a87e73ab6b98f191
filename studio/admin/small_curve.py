"""Curves of a rule's thresholds, small, for its page: what was saved with each value, its band, the
value in force and the one that costs least. The whole curve is a click away."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import log
from typing import Final

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from clients.queries import user_institutions
from foundation.models import User
from studio.models import Curve as CurveRow
from studio.optimise.costs import Bounded, Proposal
from studio.optimise.curves_shape import Curve
from studio.optimise.presenting import Answer, answer, read
from studio.optimise.services import assumptions_of, converted

WIDTH: Final = 220
HEIGHT: Final = 64
MOST: Final = 3
SEE: Final = "studio.view_curve"
_EDGE: Final = 4.0


@dataclass(frozen=True, slots=True)
class SmallCurve:
    """One threshold's; `words` say what the picture does."""

    name: str
    url: str
    picture: SafeString
    best: str
    words: str
    row: CurveRow


def small_curves(user: User, code: str) -> list[SmallCurve]:
    """The newest curve that the person made of each threshold of the rule, over institutions that
    they still work for. Three queries; some milliseconds a curve."""
    if not user.has_perm(SEE):
        return []
    slugs = list(user_institutions(user).values_list("slug", flat=True))
    rows = CurveRow.objects.filter(
        created_by=user,
        state=CurveRow.State.DONE,
        target__kind="parameter",
        target__rule=code,
        institutions__contained_by=slugs,
    )
    newest = rows.order_by("target__name", "-pk").distinct("target__name")[:MOST]
    found = list(newest)
    if not found:
        return []
    told = assumptions_of(user)
    curves = []
    for row in found:
        curve, parts = read(row)
        curves.append(_small(row, curve, answer(curve, parts, converted(told, curve.currency))))
    return curves


def _small(row: CurveRow, curve: Curve, told: Answer) -> SmallCurve:
    best = _best(told.proposal, curve.unit)
    name = str(row.target["name"])
    words = f"Saved with each value of {name}, in {curve.currency}; {best}"
    return SmallCurve(
        name=name,
        url=reverse("admin:studio_curve_change", args=[row.pk]),
        picture=picture(curve.values, told, current=curve.current, words=words),
        best=best,
        words=told.proposal.words,
        row=row,
    )


def _best(proposal: Proposal, unit: str) -> str:
    found = proposal.optimum
    if found is None:
        return "too few labels to tell which costs least"
    low, high = (f"{one:,.6g}" for one in (found.low, found.high))
    return f"{found.value:,.6g} {unit}".strip() + f" costs least ({low} to {high} at 95 %)"


def picture(values: Sequence[float], told: Answer, *, current: float, words: str) -> SafeString:
    """The line with its band, the present value as a dashed line, the cheapest as a point with its
    bounds beneath. `words` say it to who cannot see it."""
    x = _across(values)
    across = [x(value) for value in values]
    down = _heights([*told.low, *told.high, *told.saved])
    low, high, saved = ([down(y) for y in side] for side in (told.low, told.high, told.saved))
    band = _path([*zip(across, high, strict=True), *reversed(list(zip(across, low, strict=True)))])
    line = _path(zip(across, saved, strict=True))
    best = told.proposal.optimum
    marks = _marks(best, x, saved[list(values).index(best.value)]) if best else ""
    return format_html(
        '<svg class="st-curve-small" viewBox="0 0 {} {}" width="{}" height="{}" role="img" '
        'aria-label="{}"><title>{}</title><path class="st-band" d="{}Z"/>'
        '<path class="st-line" d="{}"/><path class="st-present" d="M{} 0V{}"/>{}</svg>',
        WIDTH, HEIGHT, WIDTH, HEIGHT, words, words, band, line, x(current), HEIGHT, marks,
    )  # fmt: skip


def _marks(best: Bounded, x: Callable[[float], float], height: float) -> SafeString:
    return format_html(
        '<path class="st-bounds-line" d="M{} {}H{}"/><circle cx="{}" cy="{}" r="4"/>',
        x(best.low), HEIGHT - 1, x(best.high), x(best.value), height,
    )  # fmt: skip


def _across(values: Sequence[float]) -> Callable[[float], float]:
    """Evenly by size, or by order of magnitude where they span many, as the whole curve has it."""
    wide = values[0] > 0 and values[-1] / values[0] > 20
    first, last = (log(end) if wide else end for end in (values[0], values[-1]))
    whole, inner = (last - first) or 1, WIDTH - 2 * _EDGE
    return lambda value: round(_EDGE + ((log(value) if wide else value) - first) / whole * inner, 1)


def _heights(amounts: Sequence[float]) -> Callable[[float], float]:
    top, bottom = max(amounts), min(amounts)
    whole, inner = (top - bottom) or 1, HEIGHT - 2 * _EDGE
    return lambda amount: round(_EDGE + (top - amount) / whole * inner, 1)


def _path(points: Iterable[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x} {y}" for x, y in points)
