"""Repair: days that the archive does not hold as they are, written again from the database."""

import datetime as dt
from collections.abc import Iterable

from learning.archive import journal
from learning.archive.exporting import write_parts
from learning.archive.rows import SLICE, read_day
from learning.archive.store import archive_store
from learning.models import ArchiveFile


def rewrite_days(days: Iterable[dt.date]) -> int:
    """Replaces each day's files by new ones made of the database's decisions; how many rows.

    Takes only what was exported already: the rest is the next export's. Each day counts as it is
    done. Raises ArchiveBusy, and whatever the store raises.
    """
    rows = 0
    with journal.writing():
        store = archive_store()
        journal.tidy_up(store)
        through = journal.state().through
        for day in days:
            old = list(ArchiveFile.objects.filter(day=day, state=ArchiveFile.State.LIVE))
            new = [f for part in read_day(day, through, SLICE) for f in write_parts(store, [part])]
            journal.replace(old=old, new=new)
            journal.tidy_up(store)
            rows += sum(file.rows for file in new)
    return rows


def remove_strangers(paths: Iterable[str]) -> None:
    """Removes files that verify found to be none of the archive's."""
    with journal.writing():
        store = archive_store()
        listed = set(ArchiveFile.objects.values_list("path", flat=True))
        for path in set(paths) - listed:
            store.remove(path)
