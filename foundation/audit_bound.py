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
class Bound:
    """`digests` reads the digests of those of the named rows that there are; `count` tells how
    many rows there are in all: one that no entry names was smuggled in."""

    digests: Callable[[Sequence[str]], Mapping[str, str]]
    count: Callable[[], int]


_kinds: dict[str, Bound] = {}


def register_bound(kind: str, bound: Bound) -> None:
    _kinds[kind] = bound


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
    """Compares bound rows with the trail while somebody walks it; memory for one batch."""

    add: Callable[[str], None]
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
        found = _kinds[kind].digests(list(waiting))
        self.seen[kind] = self.seen.get(kind, 0) + len(found)
        for row, digest in waiting.items():
            if row not in found:
                self.add(f"{kind} {row} is missing.")
            elif found[row] != digest:
                self.add(f"{kind} {row} was changed after it was written.")
