"""{% load shares %}: shares of a whole in words."""

from django import template

from scoring.reports.figures import Share

register = template.Library()


@register.filter
def percent(share: Share) -> str:
    """ "66.7 %"; a dash of an empty whole."""
    return "–" if share.value is None else f"{100 * share.value:.3g} %"


@register.filter
def between(share: Share) -> str:
    """Its bounds: "21 to 94 %"."""
    if share.low is None or share.high is None:
        return ""
    return f"{100 * share.low:.0f} to {100 * share.high:.0f} %"
