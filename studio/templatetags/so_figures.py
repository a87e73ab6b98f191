"""Figures of the pages of rollout, health and curves."""

from collections.abc import Sequence

from django import template

register = template.Library()


@register.filter
def percent(share: float | None) -> str:
    """
    >>> percent(0.1), percent(0.0123), percent(None)
    ('10 %', '1.23 %', '–')
    """
    return "–" if share is None else f"{100 * share:.3g} %"


@register.simple_tag
def height(part: float, most: float) -> str:
    """Of a bar in percent, at least a trace of what is not nothing.

    >>> height(5, 10), height(1, 1000), height(0, 0)
    ('50.0', '2.0', '0')
    """
    return f"{max(100 * part / most, 2):.1f}" if part and most else "0"


@register.filter
def failures(days: Sequence[Sequence[int]]) -> int:
    return sum(day[3] for day in days)
