"""The way to a page, above it: {% load menu %} {{ parts|as_in_menu }}"""

from collections.abc import Sequence
from typing import Any

from django import template
from django.utils.text import capfirst

from foundation.menu import menu_place

register = template.Library()


@register.filter
def as_in_menu(parts: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Unfold's parts (application, list, row), the first two named as in the menu.

    A row goes by its `page_title`, else by its own text, never capitalised: it may be a code.
    """
    application, *rest = parts
    if not rest:
        return [{**application, "title": capfirst(str(application["title"]))}]
    rows, *row = rest
    place = menu_place(str(rows.get("link", "")))
    if place is not None:
        application = {"title": place.section}
        rows = {**rows, "title": place.title}
    else:
        rows = {**rows, "title": capfirst(str(rows["title"]))}
    named = [{**part, "title": getattr(part["title"], "page_title", part["title"])} for part in row]
    return [application, rows, *named]
