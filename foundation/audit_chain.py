"""Seals audit entries into a chain of hashes, and verifies it.

Entries are written without sequence, so that writers never queue. One sealer at a time (an
advisory lock) numbers the new ones and gives each a SHA-256 over its content, its number and the
hash before it. A changed byte, a missing or an exchanged entry breaks the chain from there on;
entries cut off the end contradict the stored head. Whoever can rewrite every row and the head can
forge a whole chain: so its head is noted elsewhere, too (`foundation/audit_anchors.py`).

Entries not sealed yet (30 s at most, while the scheduler runs) are protected by the trigger alone.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast

from foundation.audit_anchors import Anchor
from foundation.audit_bound import BoundCheck
from foundation.metrics import AUDIT_SEALED
from foundation.models import AuditChain, AuditEntry
from foundation.sql import one_reading

GENESIS = bytes(32)
_LOCK = 7_341_902_118  # any number that no other lock of this application uses
_BATCH = 1_000
_REPORTED = 20


@dataclass(slots=True)
class ChainReport:
    """What `verify_audit_chain` found. `problems` holds the first twenty; `ok` says all."""

    checked: int = 0
    unsealed: int = 0
    head_sequence: int = 0
    head_hash: bytes = GENESIS
    problems: list[str] = field(default_factory=list)
    count: int = 0

    @property
    def ok(self) -> bool:
        return not self.count

    def add(self, problem: str) -> None:
        self.count += 1
        if len(self.problems) < _REPORTED:
            self.problems.append(problem)


def seal_audit_chain() -> int:
    """Joins all committed entries to the chain; how many. Zero when another sealer is at work."""
    sealed = 0
    while batch := _seal_batch():
        sealed += batch
        AUDIT_SEALED.inc(batch)
    return sealed


def _seal_batch() -> int:
    with transaction.atomic():
        if not _only_sealer():
            return 0
        entries = list(_with_text(AuditEntry.objects.filter(sequence=None)).order_by("pk")[:_BATCH])
        if not entries:
            return 0
        head = AuditChain.objects.first() or AuditChain(sequence=0, entry_hash=GENESIS)
        rows: list[tuple[int, int, bytes, bytes]] = []
        sequence, previous = head.sequence, bytes(head.entry_hash)
        for entry in entries:
            sequence += 1
            digest = entry_digest(entry, sequence, previous)
            rows.append((entry.pk, sequence, previous, digest))
            previous = digest
        _write(rows)
        head.sequence, head.entry_hash = sequence, previous
        head.save()
    return len(entries)


def _only_sealer() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        return bool(cursor.fetchone()[0])


def _write(rows: list[tuple[int, int, bytes, bytes]]) -> None:
    ids, sequences, previous, digests = (list(column) for column in zip(*rows, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE foundation_auditentry e SET sequence = s.sequence, "
            "previous_hash = s.previous_hash, entry_hash = s.entry_hash "
            "FROM unnest(%s::bigint[], %s::bigint[], %s::bytea[], %s::bytea[]) "
            "AS s (id, sequence, previous_hash, entry_hash) WHERE e.id = s.id",
            [ids, sequences, previous, digests],
        )


def _with_text(entries: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
    """Adds the JSON columns as PostgreSQL's text: as Python numbers, digits could get lost."""
    return entries.annotate(
        before_text=Cast("before", TextField()), after_text=Cast("after", TextField())
    ).defer("before", "after")


def entry_digest(entry: AuditEntry, sequence: int, previous: bytes) -> bytes:
    """SHA-256 over the canonical JSON list of everything that the entry says."""
    content = _content(entry, sequence, previous)
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).digest()


def _content(entry: AuditEntry, sequence: int, previous: bytes) -> list[Any]:
    return [
        previous.hex(),
        sequence,
        entry.pk,
        entry.recorded_at.astimezone(UTC).isoformat(timespec="microseconds"),
        entry.actor_id,
        entry.actor_name,
        entry.action,
        entry.subject,
        getattr(entry, "before_text"),  # noqa: B009  annotated by _with_text
        _after(entry),
        entry.reason,
        entry.institution_id,
        entry.request_id,
    ]


def verify_audit_chain(
    *, expect: str = "", anchors: Iterable[Anchor] = (), files: bool = False
) -> ChainReport:
    """Walks the whole chain in one consistent reading, in constant memory.

    A break is reported once: the walk goes on from what the entry itself claims. `expect` is the
    hash (hexadecimal) of a head noted earlier, which the chain must still contain; `anchors` are
    such heads with their places. Rows that entries vouch for are compared, too, and with `files`
    also what those have outside of the database.
    """
    report = ChainReport()
    heads = {anchor.sequence: anchor.head for anchor in anchors}
    expected_seen = not expect
    with one_reading():
        bound = BoundCheck(report.add, files)
        for entry in _sealed().iterator(chunk_size=_BATCH):
            _check(entry, report)
            bound.look(_after(entry))
            head = report.head_hash.hex()
            expected_seen = expected_seen or head == expect
            if heads.pop(report.head_sequence, head) != head:
                report.add(f"Entry {report.head_sequence} is another than when it was anchored.")
        for entry in _with_text(AuditEntry.objects.filter(sequence=None)).iterator():
            report.unsealed += 1
            bound.look(_after(entry))
        bound.finish()
        _check_head(report)
    if heads:
        report.add(f"Entry {min(heads)} was anchored, but is not there: the chain was cut off.")
    if not expected_seen:
        report.add(f"The chain does not contain {expect}: it was rewritten.")
    return report


def head_of_chain() -> tuple[int, bytes]:
    """Number and hash of the last sealed entry; zeros before the first."""
    head = AuditChain.objects.first()
    return (head.sequence, bytes(head.entry_hash)) if head else (0, GENESIS)


def sealed_contents(*, after: int = 0) -> Iterator[tuple[list[Any], str]]:
    """What each sealed entry's hash is made of, with the hash (hexadecimal), in their order."""
    for entry in _sealed().filter(sequence__gt=after).iterator(chunk_size=_BATCH):
        previous = bytes(entry.previous_hash or b"")
        content = _content(entry, entry.sequence or 0, previous)
        yield content, bytes(entry.entry_hash or b"").hex()


def _sealed() -> QuerySet[AuditEntry]:
    return _with_text(AuditEntry.objects.filter(sequence__isnull=False).order_by("sequence"))


def _after(entry: AuditEntry) -> str | None:
    text: str | None = getattr(entry, "after_text")  # noqa: B009  annotated by _with_text
    return text


def _check(entry: AuditEntry, report: ChainReport) -> None:
    sequence, claimed = entry.sequence or 0, bytes(entry.entry_hash or b"")
    previous = bytes(entry.previous_hash or b"")
    expected = report.head_sequence + 1
    if sequence != expected:
        report.add(f"Entry {expected} is missing: {sequence} comes next.")
    elif previous != report.head_hash:
        report.add(f"Entry {sequence} does not follow the entry before it.")
    if entry_digest(entry, sequence, previous) != claimed:
        report.add(f"Entry {sequence} (id {entry.pk}) was changed after it was sealed.")
    report.checked += 1
    report.head_sequence, report.head_hash = sequence, claimed


def _check_head(report: ChainReport) -> None:
    stored = head_of_chain()
    if stored != (report.head_sequence, report.head_hash):
        report.add(
            f"The chain ends at entry {report.head_sequence}, "
            f"but its stored head is entry {stored[0]}: entries were cut off or exchanged."
        )
