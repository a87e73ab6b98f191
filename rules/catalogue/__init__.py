"""The built-in rules and verticals, read from the TOML files beside this one. No database here."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from rules.definition import Definition, PublishedRule, Snapshot, State, VerticalConfig

FOLDER = Path(__file__).parent
VERTICALS_FILE = "verticals.toml"


class CatalogueError(Exception):
    """A file of the catalogue is not as it should be; the message names file, rule and fault."""


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """A rule as shipped, and the state in which an installation receives it."""

    code: str
    state: State
    definition: Definition


@cache
def built_in_rules() -> tuple[BuiltIn, ...]:
    """All built-in rules by code. Raises CatalogueError."""
    found: dict[str, BuiltIn] = {}
    for path in sorted(FOLDER.glob("*.toml")):
        if path.name == VERTICALS_FILE:
            continue
        for code, table in _read(path).items():
            if code in found:
                raise CatalogueError(f"{path.name}: the rule {code} exists twice.")
            found[code] = _built_in(path, code, table)
    return tuple(found[code] for code in sorted(found))


def _built_in(path: Path, code: str, table: dict[str, Any]) -> BuiltIn:
    """The file's name is the category, so that a rule cannot stand in the wrong file."""
    content = {"category": path.stem, **table}
    state = content.pop("state", State.LIVE)
    try:
        return BuiltIn(code, State(state), Definition.load(content))
    except (msgspec.ValidationError, ValueError) as error:
        raise CatalogueError(f"{path.name}: [{code}]: {error}") from error


def built_in_snapshot(catalogue_version: int) -> Snapshot:
    """The catalogue as a first load publishes it, without a database. Raises CatalogueError."""
    return Snapshot(
        catalogue_version=catalogue_version,
        rules=tuple(
            PublishedRule(
                code=rule.code,
                version=1,
                state=rule.state,
                canary_percent=100.0,
                definition=rule.definition,
            )
            for rule in built_in_rules()
            if rule.state in {State.SHADOW, State.CANARY, State.LIVE}
        ),
        verticals=built_in_verticals(),
    )


@cache
def built_in_verticals() -> tuple[VerticalConfig, ...]:
    """The verticals as shipped, by code. Raises CatalogueError."""
    tables = _read(FOLDER / VERTICALS_FILE)
    default = tables.pop("default")
    try:
        return tuple(
            msgspec.convert({"code": code, **default, **tables[code]}, VerticalConfig)
            for code in sorted(tables)
        )
    except msgspec.ValidationError as error:
        raise CatalogueError(f"{VERTICALS_FILE}: {error}") from error


def _read(path: Path) -> dict[str, dict[str, Any]]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise CatalogueError(f"{path.name}: {error}") from error
