"""Entries out of a CSV file: every row is checked first, then all are stored or none.

Columns: value; and, where a row differs from what the command says, kind, effect, reason, owner,
expires_at (YYYY-MM-DD, the end of that day in UTC, or an ISO time).
"""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, time
from typing import NamedTuple, TextIO

from django.db import transaction
from django.utils import timezone as clock

from foundation import audit
from foundation.permissions import require
from intelligence.kinds import KINDS, hashes_of
from intelligence.lists.checking import Draft, InvalidEntry, make_entry
from intelligence.lists.sealing import open_value
from intelligence.lists.services import end_expired, require_scope
from intelligence.models import List, ListEntry

COLUMNS = frozenset({"value", "kind", "effect", "reason", "owner", "expires_at"})
MOST_TOLD = 20  # bad rows
_BATCH = 2_000


class BadRow(NamedTuple):
    """`line` counts from 1, the header included; the message does not repeat the value."""

    line: int
    message: str


class ListFileError(Exception):
    """A file of which nothing was taken; `rows` are the first bad ones of `count`."""

    def __init__(self, message: str, rows: Iterable[BadRow] = (), count: int = 0) -> None:
        super().__init__(message)
        self.rows = tuple(rows)
        self.count = count


class Imported(NamedTuple):
    added: int
    there_already: int


@transaction.atomic
def import_entries(*, by: audit.Actor, to: List, file: TextIO, common: Draft) -> Imported:
    """Adds the file's entries; `common` holds what the rows leave out.

    Values that are in force already for the same institution, or stand in the file twice, are
    passed over, so a second run of the same file changes nothing. Raises ListFileError.
    """
    require(by, "intelligence.add_listentry")
    require_scope(by, common.institution)
    now = clock.now()
    entries = _checked(to, file, common, audit.actor_name(by), now)
    end_expired(to, common.institution, now)
    live = ListEntry.objects.filter(list=to, institution=common.institution, ended_at=None)
    held = {bytes(digest) for digest in live.values_list("value_hash", flat=True)}
    missing = []
    for entry in entries:
        hashes = hashes_of(KINDS[entry.kind], open_value(entry))
        if held.isdisjoint(hashes):
            missing.append(entry)
            held.add(bytes(entry.value_hash))
    before = live.count()
    ListEntry.objects.bulk_create(missing, batch_size=_BATCH, ignore_conflicts=True)
    added = live.count() - before
    audit.record(
        actor=by,
        action="list.import",
        subject=f"intelligence.list:{to.pk}",
        after={"source": common.source, "rows": len(entries), "added": added},
        reason=common.reason,
        institution_id=common.institution.pk if common.institution else None,
    )
    return Imported(added, len(entries) - added)


def _checked(to: List, file: TextIO, common: Draft, by: str, now: datetime) -> list[ListEntry]:
    entries: list[ListEntry] = []
    bad: list[BadRow] = []
    count = 0
    for line, row in _rows(file):
        try:
            entries.append(make_entry(to, _draft(row, common), by=by, now=now))
        except InvalidEntry as error:
            count += 1
            if len(bad) < MOST_TOLD:
                bad.append(BadRow(line, error.detail))
    if count:
        raise ListFileError(f"{count} of {count + len(entries)} rows are wrong", bad, count)
    return entries


def _rows(file: TextIO) -> Iterator[tuple[int, dict[str, str]]]:
    """Rows with the line on which each ends; empty ones are passed over."""
    reader = csv.DictReader(file, strict=True, skipinitialspace=True)
    try:
        header = [(name or "").strip().lower() for name in reader.fieldnames or ()]
        if "value" not in header or not COLUMNS.issuperset(header):
            raise ListFileError(
                f"the first line must name columns: value, and any of "
                f"{', '.join(sorted(COLUMNS - {'value'}))}"
            )
        if twice := sorted({name for name in header if header.count(name) > 1}):
            raise ListFileError(f"the first line names {', '.join(twice)} more than once")
        reader.fieldnames = header
        for row in reader:
            if None in row:
                raise ListFileError(f"line {reader.line_num} has more fields than the first line")
            cells = {name: (cell or "").strip() for name, cell in row.items()}
            if any(cells.values()):
                yield reader.line_num, cells
    except csv.Error as error:
        raise ListFileError(f"the row after line {reader.line_num}: {error}") from error
    except UnicodeDecodeError as error:
        raise ListFileError("the file is not UTF-8 text") from error


def _draft(row: dict[str, str], common: Draft) -> Draft:
    expires_at = row.get("expires_at")
    return replace(
        common,
        value=row["value"],
        kind=row.get("kind") or common.kind,
        reason=row.get("reason") or common.reason,
        owner=row.get("owner") or common.owner,
        effect=row.get("effect", "").lower() or common.effect,
        expires_at=read_expiry(expires_at) if expires_at else common.expires_at,
    )


def read_expiry(text: str) -> datetime:
    """A day means its end in UTC; a time without a zone is in UTC. Raises InvalidEntry."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidEntry("expires_at", "The expiry is no date; one is 2027-01-31.") from None
    if len(text) <= len("2027-01-31"):
        moment = datetime.combine(moment, time.max)
    try:
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except OverflowError:
        raise InvalidEntry("expires_at", "The expiry lies beyond the year 9999.") from None
