"""A TOML file of rules: read whole, with every fault and its line where it has one. No query but
for the names of lists."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import msgspec

from features.framework import CATEGORIES
from foundation.errors import BadRequest, FieldError
from rules.checking import check_definition
from rules.definition import Definition, State, VerticalConfig
from rules.errors import Invalid
from rules.services import check_code
from studio.exchange.writing import VERTICALS, Entry

LARGEST: Final = 2_000_000
"""Bytes: ten times the built-in rules."""
MOST_RULES: Final = 2_000
_LONG_NAME: Final = re.compile(
    r"""(?<![\w-])(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){16}"""
)
"""Names of more parts than any table here has: reading one takes the square of its parts."""


@dataclass(frozen=True, slots=True)
class Fault:
    """`line` 0: nowhere in particular."""

    line: int
    where: str
    message: str

    def __str__(self) -> str:
        place = f"line {self.line}, " if self.line else ""
        where = f"[{self.where[:80]}] " if self.where else ""
        return f"{place}{where}{self.message}"


class FileRefused(BadRequest):
    """Nothing was taken from the file."""

    type, title = "rules-file-invalid", "The file is not a file of rules"

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = faults
        told = [str(fault) for fault in faults[:100]]
        more = len(faults) - len(told)
        super().__init__(
            "; ".join(told) + (f"; and {more} more" if more else ""),
            errors=[FieldError(fault.where[:80] or "file", str(fault)) for fault in faults[:100]],
        )


@dataclass(slots=True)
class RulesFile:
    """What a file holds."""

    rules: list[Entry] = field(default_factory=list)
    verticals: list[VerticalConfig] = field(default_factory=list)


def read_toml(content: bytes, *, name: str = "") -> RulesFile:
    """Raises FileRefused with every fault.

    `name` of a file as the catalogue's own gives rules without a category theirs ("ato.toml").
    """
    document = _parse(content)
    stem = name.rpartition("/")[2].removesuffix(".toml")
    found, faults = RulesFile(), []
    tables = {**document}
    verticals = tables.pop(VERTICALS, {})
    if len(tables) > MOST_RULES:
        raise FileRefused([Fault(0, "", f"At most {MOST_RULES} rules, not {len(tables):,}.")])
    lines = _Lines(content)
    for code, table in tables.items():
        default = {"category": stem} if stem in CATEGORIES else {}
        faults += list(_take_rule(found, code, table, default, lines))
    for code, table in _tables(verticals, VERTICALS, faults):
        if "code" in table:
            name = f"{VERTICALS}.{code}"
            faults.append(Fault(lines.of(name, "code"), name, "has its code in its heading."))
            continue
        try:
            found.verticals.append(msgspec.convert({"code": code, **table}, VerticalConfig))
        except (msgspec.ValidationError, TypeError) as error:
            faults.append(Fault(lines.of(f"{VERTICALS}.{code}"), f"{VERTICALS}.{code}", str(error)))
    if faults:
        raise FileRefused(faults)
    if not (found.rules or found.verticals):
        raise FileRefused([Fault(0, "", "There are no rules and no verticals in it.")])
    return found


def _parse(content: bytes) -> dict[str, Any]:
    if len(content) > LARGEST:
        raise FileRefused([Fault(0, "", f"At most {LARGEST:,} bytes.")])
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileRefused([Fault(0, "", f"It is not UTF-8 at byte {error.start}.")]) from None
    if name := _LONG_NAME.search(text):
        line = text.count("\n", 0, name.start()) + 1
        raise FileRefused([Fault(line, "", "A name has more than 16 parts.")])
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"\(at line (\d+)", str(error))
        words = re.sub(r"\s*\(at .*\)$", "", str(error))
        line = int(place.group(1)) if place else 0
        raise FileRefused([Fault(line, "", f"It is not TOML: {words}.")]) from None
    except ValueError:  # Python reads no number of thousands of digits
        raise FileRefused([Fault(0, "", "A number in it has too many digits.")]) from None
    except RecursionError:
        raise FileRefused([Fault(0, "", "It is nested too deeply.")]) from None


def _tables(value: Any, where: str, faults: list[Fault]) -> Iterator[tuple[str, dict[str, Any]]]:
    if not isinstance(value, dict):
        faults.append(Fault(0, where, "must be a table."))
        return
    for code, table in value.items():
        if isinstance(table, dict):
            yield code, table
        else:
            faults.append(Fault(0, f"{where}.{code}", "must be a table."))


def _take_rule(
    found: RulesFile, code: str, table: Any, default: dict[str, str], lines: "_Lines"
) -> Iterator[Fault]:
    if not isinstance(table, dict):
        yield Fault(lines.key(code), code, "must be a table, as [high_amount].")
        return
    content = {**default, **table}
    try:
        check_code(code)
        state = State(content.pop("state", State.SHADOW))
        share = msgspec.convert(content.pop("canary_percent", 10.0), float)
        if not 0 <= share <= 100:
            raise ValueError("canary_percent must lie between 0 and 100.")
        entry = Entry(code, state, share, Definition.load(content))
    except (msgspec.ValidationError, ValueError, Invalid) as error:
        yield Fault(lines.of(code), code, str(error))
        return
    try:
        check_definition(entry.definition)
    except Invalid as error:
        for finding in error.findings:
            line = lines.of(code, finding.field)
            yield Fault(line, code, f"{finding.field}: {finding.message}")
        return
    found.rules.append(entry)


class _Lines:
    """Where tables and their fields stand, as far as plain looking tells."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    @cached_property
    def _fields(self) -> dict[str, dict[str, int]]:
        """By table and field; looked for once something is wrong, since it takes seconds for 2 MB
        of short lines."""
        found: dict[str, dict[str, int]] = {"": {}}
        table = ""
        text = self._content.decode("utf-8-sig")
        for number, line in enumerate(text.split("\n"), start=1):
            if header := re.match(r"\s*\[([^\[\]]+)\]\s*(#.*)?$", line):
                table = header.group(1).replace('"', "").replace(" ", "")
                found.setdefault(table, {"": number})
            elif assigned := re.match(r'\s*"?([A-Za-z0-9_-]+)"?\s*=', line):
                found[table].setdefault(assigned.group(1), number)
        return found

    def of(self, table: str, name: str = "") -> int:
        """The field's line, else the table's, else 0."""
        fields = self._fields.get(table, {})
        return fields.get(name) or fields.get("", 0)

    def key(self, name: str) -> int:
        return self._fields[""].get(name, 0)
