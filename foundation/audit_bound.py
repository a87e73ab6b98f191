"""Rows whose content the audit trail vouches for.

An audit entry names such rows with their digests under "bound" in its `after`; being sealed into
the chain, it makes a later change of the row show. Rooms register their kinds of rows:

    register_bound("cases.caseentry", Bound(digests=..., count=...))

and write the entry with `after={..., "bound": {"cases.caseentry:<id>": "<hex>"}}`.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

KEY = "bound"
_BATCH = 1_000


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Instead of a digest: why the content of a sealed row does not open."""

    why: str


@dataclass(frozen=True, slots=True)
class Bound:
    """`digests` reads the digests of those of the named rows that there are; `count` tells how
    many rows there are in all: one that no entry names was smuggled in. Each row is named once.

    `files` looks at what such rows have outside of the database, and says what is wrong with it.
    """

    digests: Callable[[Sequence[str]], Mapping[str, str | Unreadable]]
    count: Callable[[], int]
    files: Callable[[Sequence[str]], Iterable[str]] | None = None


_kinds: dict[str, Bound] = {}


def register_bound(kind: str, bound: Bound) -> None:
    _kinds[kind] = bound


def bind(kind: str, digests: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Rows of one kind with their digests, for the `after` of the entry that tells of them."""
    return {KEY: {f"{kind}:{row}": digest for row, digest in digests.items()}}


def joined(*bindings: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    """Several results of `bind` as one."""
    return {KEY: {row: found for each in bindings for row, found in each.get(KEY, {}).items()}}


def digest_of(content: Iterable[Any]) -> str:
    """SHA-256 (hexadecimal) over the canonical JSON of a row's content."""
    text = json.dumps(_plain(list(content)), ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    """As PostgreSQL gives JSON back: 2.0 and 1e16 come as whole numbers, tuples as lists."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value


@dataclass(slots=True)
class BoundCheck:
    """Compares bound rows, and with `files` what they have outside of the database, with the trail
    while somebody walks it; memory for one batch."""

    add: Callable[[str], None]
    files: bool = False
    seen: dict[str, int] = field(default_factory=dict)
    _waiting: dict[str, dict[str, str]] = field(default_factory=dict)

    def look(self, after: str | None) -> None:
        """One audit entry's `after`, as JSON."""
        if after is None or f'"{KEY}"' not in after:
            return
        told = json.loads(after)
        bound = told.get(KEY) if isinstance(told, dict) else None
        for name, digest in (bound or {}).items():
            kind, _, row = name.partition(":")
            waiting = self._waiting.setdefault(kind, {})
            waiting[row] = digest
            if len(waiting) >= _BATCH:
                self._compare(kind)

    def finish(self) -> None:
        """To be called after the last entry, sealed or not."""
        for kind in list(self._waiting):
            self._compare(kind)
        for kind, bound in _kinds.items():
            there, told = bound.count(), self.seen.get(kind, 0)
            if there > told:
                self.add(f"{there - told:,} rows of {kind} are on no entry of the trail.")

    def _compare(self, kind: str) -> None:
        waiting = self._waiting.pop(kind)
        if kind not in _kinds:
            return
        known = _kinds[kind]
        found = known.digests(list(waiting))
        self.seen[kind] = self.seen.get(kind, 0) + len(found)
        for row, digest in waiting.items():
            now = found.get(row)
            if now is None:
                self.add(f"{kind} {row} is missing.")
            elif isinstance(now, Unreadable):
                self.add(f"{kind} {row} does not open: {now.why}.")
            elif now != digest:
                self.add(f"{kind} {row} was changed after it was written.")
        if self.files and known.files is not None:
            for problem in known.files(list(found)):
                self.add(problem)
