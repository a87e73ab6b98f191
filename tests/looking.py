"""Looking at pages as people do: a picture of each, in light and dark, and what axe-core finds."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

WIDTH = 1280  # pixels
DARK = "on => document.documentElement.classList.toggle('dark', on)"


@pytest.fixture
def picture(page, tmp_path):
    """Keeps a picture of the page under that name, where PICTURES says."""
    place = Path(os.environ.get("PICTURES", tmp_path))
    place.mkdir(parents=True, exist_ok=True)

    def take(name: str) -> None:
        page.screenshot(path=place / f"{name}.png")

    yield take
    print(f"Pictures: {place}")  # noqa: T201


def faults(page) -> list[str]:
    """What axe-core calls serious or critical, with where it is."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [
        f"{each['id']}: {node['target']} {node['failureSummary']}"
        for each in found
        if each["impact"] in {"serious", "critical"}
        for node in each["nodes"]
    ]


def themes(page) -> Iterator[str]:
    """The page as it stands, in one theme after the other; it is left in the light one."""
    for theme in ("dark", "light"):
        page.emulate_media(color_scheme=theme)
        page.evaluate(
            "on => document.documentElement.classList.toggle('dark', on)", theme == "dark"
        )
        page.wait_for_timeout(200)  # colours fade over
        yield theme


def judge(page, picture, name: str) -> list[str]:
    """What keeps people from reading the page as it stands."""
    page.wait_for_load_state("networkidle")
    wrong = []
    for theme in themes(page):
        picture(f"{theme}-{name}")
        wrong += [f"{theme}: {fault}" for fault in faults(page)]
    if page.evaluate("document.documentElement.scrollWidth") > WIDTH:
        wrong.append("wider than the screen")
    return wrong


class Looker:
    """Goes from page to page, and keeps what is wrong with each."""

    def __init__(self, page, live_server, picture) -> None:
        self.page, self.url, self.picture = page, live_server.url, picture
        self.found: dict[str, list[str]] = {}

    def look(self, name: str, address: str = "") -> None:
        if address:
            self.page.goto(self.url + address)
        if wrong := judge(self.page, self.picture, name):
            self.found[name] = wrong


@pytest.fixture
def looker(page, live_server, picture) -> Looker:
    return Looker(page, live_server, picture)
