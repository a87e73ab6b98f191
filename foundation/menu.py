"""The names that pages have in the menu, so that each is called the same everywhere."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings


@dataclass(frozen=True, slots=True)
class MenuPlace:
    """A link of the menu: the section it stands in, empty for none, and its own name."""

    section: str
    title: str


def menu_place(address: str) -> MenuPlace | None:
    """Where the menu has the page at this address; None for a page that it has not."""
    unfold: dict[str, Any] = settings.UNFOLD
    for section in unfold["SIDEBAR"]["navigation"]:
        for item in section["items"]:
            if str(item["link"]) == address:
                return MenuPlace(section.get("title", ""), item["title"])
    return None
