"""The banner of switches that are on: {% load switches %} {% switch_banner %}"""

from typing import Any

from django import template

from rules.switching.queries import switches_on

register = template.Library()


@register.inclusion_tag("rules/switch_banner.html")
def switch_banner() -> dict[str, Any]:
    """One query; nothing where none is on."""
    return {"switches": switches_on()}
