"""Which files count, and how that changes: announced, live, dropped. And who may change it."""

import contextlib
import datetime as dt
import secrets
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from django.db import connection, transaction

from foundation.locks import alone, together
from learning.archive.store import FOLDER, SUFFIX, Store
from learning.errors import ArchiveBusy, ArchiveMoved
from learning.models import ArchiveFile, ArchiveState

_WRITE: Final = "learning.archive:write"
_READ: Final = "learning.archive:read"
_State = ArchiveFile.State


class Planned(NamedTuple):
    """A file to be written."""

    day: dt.date
    version: int
    first_serial: int
    last_serial: int
    rows: int


@contextlib.contextmanager
def writing() -> Iterator[None]:
    """Only one process exports, compacts or repairs at a time. Raises ArchiveBusy at once."""
    with alone(_WRITE) as taken:
        if not taken:
            raise ArchiveBusy
        yield


@contextlib.contextmanager
def removing() -> Iterator[bool]:
    """Whether files may be removed: not while anybody holds the archive for reading."""
    with alone(_READ) as taken:
        yield taken


@contextlib.contextmanager
def reading() -> Iterator[None]:
    """While this is held no file is removed. Waits while some are just being removed."""
    with together(_READ):
        yield


def state() -> ArchiveState:
    """How far the archive reaches."""
    found, _ = ArchiveState.objects.get_or_create(id=ArchiveState.ONLY)
    return found


def snapshot() -> tuple[int, list[ArchiveFile]]:
    """The watermark and the files that count, as they belong together."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        reached = ArchiveState.objects.filter(id=ArchiveState.ONLY).first()
        live = list(ArchiveFile.objects.filter(state=_State.LIVE).order_by("day", "first_serial"))
    return (reached.through if reached else 0), live


def announce(planned: Iterable[Planned]) -> list[ArchiveFile]:
    """Rows of files about to be written, so that a crash leaves none that nobody knows of.

    Names are never used twice: a writer that was thought dead cannot touch another's file.
    """
    return ArchiveFile.objects.bulk_create(
        ArchiveFile(
            path=_path(file),
            day=file.day,
            catalogue_version=file.version,
            first_serial=file.first_serial,
            last_serial=file.last_serial,
            rows=file.rows,
        )
        for file in planned
    )


def _path(file: Planned) -> str:
    name = f"{file.first_serial:012}-{file.last_serial:012}-v{file.version}"
    return f"{FOLDER}/day={file.day.isoformat()}/{name}-{secrets.token_hex(4)}{SUFFIX}"


def advance(*, after: int, through: int, written: Sequence[ArchiveFile]) -> None:
    """Moves the watermark and makes the files of its slice count: both or neither.

    Raises ArchiveMoved when the watermark is not where the slice began.
    """
    with transaction.atomic():
        moved = ArchiveState.objects.filter(id=ArchiveState.ONLY, through=after)
        if moved.update(through=through) != 1:
            raise ArchiveMoved
        _make_live(written)


def replace(*, old: Sequence[ArchiveFile], new: Sequence[ArchiveFile]) -> None:
    """Makes the new files count instead of the old ones, which are then to be removed.

    Raises ArchiveMoved when one of the old ones did not count any more.
    """
    with transaction.atomic():
        ids = [file.pk for file in old]
        live = ArchiveFile.objects.filter(pk__in=ids, state=_State.LIVE)
        if live.update(state=_State.DROPPED) != len(ids):
            raise ArchiveMoved
        _make_live(new)


def _make_live(files: Sequence[ArchiveFile]) -> None:
    for file in files:
        waiting = ArchiveFile.objects.filter(pk=file.pk, state=_State.WRITING)
        if waiting.update(state=_State.LIVE, size=file.size) != 1:
            raise ArchiveMoved


def tidy_up(store: Store) -> int:
    """Removes what a crash left half done and what was replaced; how many files.

    Replaced files stay as long as somebody reads. Called by whoever holds :func:`writing`.
    """
    removed = _remove(store, _State.WRITING)
    with removing() as allowed:
        if allowed:
            removed += _remove(store, _State.DROPPED)
    return removed


def _remove(store: Store, which: str) -> int:
    files = list(ArchiveFile.objects.filter(state=which))
    for file in files:
        store.remove(file.path)
        file.delete()
    return len(files)
