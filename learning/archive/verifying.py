"""Verify: whether the archive says what the database says, and whether its files are whole."""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

import polars as pl

from learning.archive import journal
from learning.archive.rows import SLICE, read_day, read_slice
from learning.archive.schema import file_schema
from learning.archive.store import SUFFIX, Store, archive_store
from learning.models import ArchiveFile

NAMED: Final = 5
"""Transactions named a difference."""
_HALF: Final = (1 << 32) - 1
_SEPARATOR: Final = "\x1f"
Advance = Callable[[int], object]


class Sum(NamedTuple):
    """Rows and the sum of their hashes, which does not depend on their order."""

    rows: int = 0
    checksum: int = 0

    def plus(self, other: "Sum") -> "Sum":
        return Sum(self.rows + other.rows, self.checksum + other.checksum)


class Period(NamedTuple):
    """Days from `since` to `until` (exclusive); None is without bound."""

    since: dt.date | None = None
    until: dt.date | None = None

    def __contains__(self, day: object) -> bool:
        if not isinstance(day, dt.date):
            return False
        early = self.since is not None and day < self.since
        return not early and (self.until is None or day < self.until)


class Report(NamedTuple):
    """What was compared and what differs.

    `problems` are sentences, `days` those whose rows the archive does not hold as they are,
    `strangers` files in its place that are none of its own.
    """

    decisions: int
    files: int
    problems: list[str]
    days: list[dt.date]
    strangers: list[str]


def verify(period: Period = Period(), advance: Advance = lambda serials: None) -> Report:  # noqa: B008  immutable
    """Compare archived days with the database.

    Reads each file of the period once and all decisions once, in slices, and compares counts and
    checksums of whole rows by day; only days that differ are read again, to say what differs. What
    is not exported yet is no difference. Exports go on meanwhile; nothing is removed.
    """
    with journal.reading():
        store = archive_store()
        through, live = journal.snapshot()
        files = [file for file in live if file.day in period]
        problems, held = _sums_of_files(store, files)
        stored = _sums_of_decisions(through, period, advance)
        days = sorted(day for day in stored | held if stored.get(day) != held.get(day))
        for day in days:
            problems += _differences(store, day, [f for f in files if f.day == day], through)
        strangers = _strangers(store, period)
        problems += [f"{path} is none of the archive's files" for path in strangers]
    compared = sum(found.rows for found in stored.values())
    return Report(compared, len(files), problems, days, strangers)


def row_hashes(frame: pl.DataFrame) -> pl.Series:
    """A hash of each row over all of its values. Equal only between frames of one version."""
    lists = [name for name, kind in frame.schema.items() if isinstance(kind, pl.List)]
    texts = pl.col(lists).cast(pl.List(pl.String)).list.join(_SEPARATOR)
    return frame.with_columns(texts).hash_rows(seed=0)


def _sum(frame: pl.DataFrame) -> Sum:
    hashes = row_hashes(frame)
    # In halves, so that no sum leaves 64 bits.
    low, high = int((hashes & _HALF).sum()), int((hashes // (_HALF + 1)).sum())
    return Sum(frame.height, low + (high << 32))


def _sums_of_decisions(through: int, period: Period, advance: Advance) -> dict[dt.date, Sum]:
    sums: defaultdict[dt.date, Sum] = defaultdict(Sum)
    for after in range(0, through, SLICE):
        last = min(after + SLICE, through)
        for part in read_slice(after, last, *period):
            sums[part.day] = sums[part.day].plus(_sum(part.frame))
        advance(last - after)
    return dict(sums)


def _sums_of_files(
    store: Store, files: Iterable[ArchiveFile]
) -> tuple[list[str], dict[dt.date, Sum]]:
    """What is wrong with files, and the sums of those that can be read."""
    problems: list[str] = []
    sums: defaultdict[dt.date, Sum] = defaultdict(Sum)
    for file in files:
        try:
            found = _sum_of_file(store, file)
        except _Damaged as damage:
            problems.append(str(damage))
        else:
            sums[file.day] = sums[file.day].plus(found)
    return problems, dict(sums)


class _Damaged(Exception):
    """A file is not what was written; the message is a sentence."""


def _sum_of_file(store: Store, file: ArchiveFile) -> Sum:
    size = store.size(file.path)
    if size is None:
        raise _Damaged(f"{file.path} is missing")
    if size != file.size:
        raise _Damaged(f"{file.path} has {size:,} bytes, {file.size:,} were written")
    found = Sum()
    for frame in _batches(store, file):
        found = found.plus(_sum(frame))
    if found.rows != file.rows:
        raise _Damaged(f"{file.path} holds {found.rows:,} rows, {file.rows:,} were written")
    return found


def _batches(store: Store, file: ArchiveFile) -> Iterator[pl.DataFrame]:
    """The file's rows with the columns of its version. Raises _Damaged."""
    schema = file_schema(file.catalogue_version)
    try:
        with store.local(file.path) as path:
            rows = pl.scan_parquet(path, glob=False, hive_partitioning=False, schema=schema)
            for start in range(0, file.rows + 1, SLICE):  # one more: it may hold too many
                yield rows.slice(start, SLICE).collect()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise _Damaged(f"{file.path} cannot be read ({type(error).__name__})") from error


def _differences(
    store: Store, day: dt.date, files: list[ArchiveFile], through: int
) -> Iterator[str]:
    """What differs on a day, in sentences that name some transactions."""
    stored = _hashes(part.frame for part in read_day(day, through))
    held = _hashes(frame for file in files for frame in _readable(store, file))
    once = held.unique("transaction_id")
    both = stored.join(once, on="transaction_id", suffix="_held")
    for rows, what in (
        (stored.join(once, on="transaction_id", how="anti"), "not in the archive"),
        (once.join(stored, on="transaction_id", how="anti"), "not in the database"),
        (held.filter(held["transaction_id"].is_duplicated()), "in the archive more than once"),
        (both.filter(both["hash"] != both["hash_held"]), "not as the database has them"),
    ):
        ids = rows["transaction_id"].unique().sort()
        if ids.len():
            named = ", ".join(ids.head(NAMED)) + (" ..." if ids.len() > NAMED else "")
            yield f"{day}: {ids.len():,} decisions {what}: {named}"


def _readable(store: Store, file: ArchiveFile) -> Iterator[pl.DataFrame]:
    """Nothing of a damaged file, which was already told of."""
    try:
        _sum_of_file(store, file)
    except _Damaged:
        return
    yield from _batches(store, file)


def _hashes(frames: Iterable[pl.DataFrame]) -> pl.DataFrame:
    found = [
        frame.select("transaction_id").with_columns(row_hashes(frame).alias("hash"))
        for frame in frames
    ]
    schema = {"transaction_id": pl.String, "hash": pl.UInt64}
    return pl.concat(found) if found else pl.DataFrame(schema=schema)


def _strangers(store: Store, period: Period) -> list[str]:
    """Files that are not listed: whoever reads by a pattern would read them too.

    Files are listed before rows are asked for: a file is announced before it is written.
    """
    there = store.files()
    unlisted = there - set(ArchiveFile.objects.values_list("path", flat=True))
    return sorted(path for path in unlisted if path.endswith(SUFFIX) and _concerns(path, period))


def _concerns(path: str, period: Period) -> bool:
    name = path.partition("day=")[2].partition("/")[0]
    try:
        return dt.date.fromisoformat(name) in period
    except ValueError:
        return True
