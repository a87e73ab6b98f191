"""The layout of vectors, one file a catalogue version: which name stands where, and of which type.

A stored vector is read by the layout of the version that wrote it, so files are added and never
changed. ``python -m features.layouts`` writes the file of the catalogue's present version.
"""

import json
import sys
from functools import cache
from pathlib import Path
from typing import NamedTuple

from features.catalogue import CATALOGUE
from features.errors import UnknownCatalogueVersionError
from features.types import Type

FOLDER = Path(__file__).parent / "catalogue" / "layouts"


class Layout(NamedTuple):
    """Names and types of a version's features, and their positions among numbers and texts."""

    version: int
    names: tuple[str, ...]
    types: tuple[Type, ...]
    numbers: tuple[int, ...]
    texts: tuple[int, ...]


@cache
def layout(version: int) -> Layout:
    """Raises UnknownCatalogueVersionError for a version of which no file is kept."""
    path = _path(version)
    if not path.exists():
        raise UnknownCatalogueVersionError(version)
    pairs = json.loads(path.read_text(encoding="utf-8"))["features"]
    types = tuple(Type(kind) for _, kind in pairs)
    return Layout(
        version,
        tuple(name for name, _ in pairs),
        types,
        tuple(i for i, kind in enumerate(types) if kind.is_numeric),
        tuple(i for i, kind in enumerate(types) if not kind.is_numeric),
    )


def present_layout() -> str:
    """The text of the file for the catalogue as it stands, one feature a line."""
    lines = ",\n".join(f"    {json.dumps([f.name, f.type])}" for f in CATALOGUE)
    return f'{{\n  "version": {CATALOGUE.version},\n  "features": [\n{lines}\n  ]\n}}\n'


def complaint() -> str | None:
    """What is wrong between the catalogue and the file of its version, with the remedy."""
    path = _path(CATALOGUE.version)
    if not path.exists():
        return f"version {CATALOGUE.version} has no layout: run python -m features.layouts"
    if path.read_text(encoding="utf-8") != present_layout():
        return (
            f"names, types or order of features changed, but the version is still "
            f"{CATALOGUE.version}: raise VERSION in features/catalogue/__init__.py, "
            f"then run python -m features.layouts"
        )
    return None


def _path(version: int) -> Path:
    return FOLDER / f"{version}.json"


def main() -> int:
    path = _path(CATALOGUE.version)
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        path.write_text(present_layout(), encoding="utf-8")
    problem = complaint()
    if problem:
        sys.stderr.write(problem + "\n")
    return 1 if problem else 0


if __name__ == "__main__":
    sys.exit(main())
