"""Export: decisions that are settled and not in the archive yet become files."""

import logging
import time
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from django.utils import timezone as clock

from foundation.logging import redact
from learning.archive import journal
from learning.archive.rows import SLICE, Part, read_slice
from learning.archive.settled import PATIENCE, settled_serial
from learning.archive.store import Store, archive_store
from learning.archive.writing import write_frame
from learning.metrics import ROWS_EXPORTED
from learning.models import ArchiveFile, ArchiveState

log = logging.getLogger(__name__)
Advance = Callable[[int], object]


class Exported(NamedTuple):
    """What a run did. `settled` is False when it waited in vain for an open transaction."""

    rows: int
    files: int
    through: int
    complete: bool
    settled: bool


def export(
    *,
    until: int | None = None,
    seconds: float | None = None,
    patience: float = PATIENCE,
    advance: Advance = lambda serials: None,
) -> Exported:
    """Write every settled decision that the archive lacks, in slices; each counts as it is done.

    Stops before the serial after `until`, or after the first slice that ends later than `seconds`
    from now; `advance` is told how many serials each slice took. Raises ArchiveBusy when another
    process is at it, and whatever the store raises; what was done until then stays.
    """
    with journal.writing():
        try:
            done = _export(until, seconds, patience, advance)
        except Exception as error:
            _note_failure(error)
            raise
        if done.settled:  # else it waited in vain for a transaction, which is no success
            ArchiveState.objects.update(exported_at=clock.now(), error="")
        return done


def _export(
    until: int | None, seconds: float | None, patience: float, advance: Advance
) -> Exported:
    begin = journal.state().through
    store = archive_store()
    journal.tidy_up(store)
    target = settled_serial(patience)
    if target is None:
        return Exported(0, 0, begin, complete=False, settled=False)
    target = target if until is None else min(target, until)
    deadline = None if seconds is None else time.monotonic() + seconds
    rows = files = 0
    through = begin
    while through < target:
        after, through = through, min(through + SLICE, target)
        written = _export_slice(store, after, through)
        files += len(written)
        rows += sum(file.rows for file in written)
        advance(through - after)
        if deadline is not None and time.monotonic() >= deadline:
            break
    return Exported(rows, files, through, complete=through >= target, settled=True)


def _export_slice(store: Store, after: int, through: int) -> list[ArchiveFile]:
    """Steps, each of which may be the last one of this process:

    1. read the decisions;
    2. announce their files;
    3. write them;
    4. move the watermark and make the files count, in one transaction.

    Before 4 nothing counts, and the next run removes what was announced and begins again.
    """
    written = write_parts(store, read_slice(after, through))
    journal.advance(after=after, through=through, written=written)
    ROWS_EXPORTED.inc(sum(file.rows for file in written))
    return written


def write_parts(store: Store, parts: list[Part]) -> list[ArchiveFile]:
    """Files for the parts, announced and written; they do not count yet."""
    files = journal.announce(_plan(part) for part in parts)
    for file, part in zip(files, parts, strict=True):
        file.size = store.put(file.path, partial(write_frame, part.frame))
    return files


def _plan(part: Part) -> journal.Planned:
    serials = part.frame["serial"]
    first, last = int(serials.min()), int(serials.max())  # type: ignore[arg-type]
    return journal.Planned(part.day, part.version, first, last, part.frame.height)


def _note_failure(error: Exception) -> None:
    """For the status page. The database may be what failed, and then there is nowhere to note."""
    text = redact(f"{type(error).__name__}: {error}")[:300]
    try:
        ArchiveState.objects.update(failed_at=clock.now(), error=text)
    except Exception:  # noqa: BLE001  the first error is the one to be raised
        log.warning("The failure of an export could not be noted")
