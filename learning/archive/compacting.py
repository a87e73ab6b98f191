"""Compaction: many small files of a day become few."""

import contextlib
import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from django.utils import timezone as clock

from learning.archive import journal
from learning.archive.store import Store, archive_store
from learning.archive.writing import merge
from learning.models import ArchiveFile

FULL: Final = 200_000
"""Rows that a merged file holds at most."""
FAN_IN: Final = 8
"""Files of about one size that are merged while their day still grows: each row is then written
again once for every eightfold growth, not once for every export."""
QUIET: Final = dt.timedelta(hours=6)
"""A day to which nothing came for so long is merged as far as it goes."""


class Compacted(NamedTuple):
    """Files that were merged, and how many they became."""

    merged: int
    into: int


def compact(
    *, everything: bool = False, advance: Callable[[int], object] = lambda files: None
) -> Compacted:
    """Merge small files; `everything` also where the day still grows.

    While somebody reads nothing is merged, as the old files would have to stay beside the new one.
    Raises ArchiveBusy, and whatever the store raises.
    """
    with journal.writing():
        store = archive_store()
        journal.tidy_up(store)
        total, into = 0, 0
        for group in _groups(everything=everything):
            with journal.removing() as allowed:
                pass  # only asked: nobody shall wait for the whole merge
            if not allowed:
                break
            _merge(store, group)
            journal.tidy_up(store)
            total += len(group)
            into += 1
            advance(len(group))
        return Compacted(total, into)


def _groups(*, everything: bool) -> list[list[ArchiveFile]]:
    """The files to merge into one each."""
    partitions: defaultdict[tuple[dt.date, int], list[ArchiveFile]] = defaultdict(list)
    live = ArchiveFile.objects.filter(state=ArchiveFile.State.LIVE, rows__lt=FULL)
    for file in live.order_by("day", "first_serial"):
        partitions[file.day, file.catalogue_version].append(file)
    groups: list[list[ArchiveFile]] = []
    quiet_since = clock.now() - QUIET
    for files in partitions.values():
        is_quiet = everything or max(file.written_at for file in files) < quiet_since
        groups += merges(files, at_least=2 if is_quiet else FAN_IN, by_size=not is_quiet)
    return groups


def merges(
    files: Iterable[ArchiveFile], *, at_least: int, by_size: bool
) -> list[list[ArchiveFile]]:
    """Groups of `at_least` files or more with no more than FULL rows together."""
    tiers: defaultdict[int, list[ArchiveFile]] = defaultdict(list)
    for file in files:
        tiers[_tier(file.rows) if by_size else 0].append(file)
    groups: list[list[ArchiveFile]] = []
    for tier in tiers.values():
        group: list[ArchiveFile] = []
        for file in sorted(tier, key=lambda file: file.first_serial):
            if sum(other.rows for other in group) + file.rows > FULL:
                groups.append(group)
                group = []
            group.append(file)
        groups.append(group)
    return [group for group in groups if len(group) >= at_least]


def _tier(rows: int) -> int:
    """
    >>> [_tier(rows) for rows in (1, 7, 8, 63, 64)]
    [0, 0, 1, 1, 2]
    """
    return (rows.bit_length() - 1) // 3


def _merge(store: Store, files: list[ArchiveFile]) -> ArchiveFile:
    """Steps: announce; write; in one transaction, count the new file and drop the old ones."""
    (merged,) = journal.announce([_plan(files)])
    with contextlib.ExitStack() as stack:
        sources = [stack.enter_context(store.local(file.path)) for file in files]
        merged.size = store.put(merged.path, lambda path: merge(sources, path, merged.rows))
    journal.replace(old=files, new=[merged])
    return merged


def _plan(files: list[ArchiveFile]) -> journal.Planned:
    return journal.Planned(
        files[0].day,
        files[0].catalogue_version,
        min(file.first_serial for file in files),
        max(file.last_serial for file in files),
        sum(file.rows for file in files),
    )
