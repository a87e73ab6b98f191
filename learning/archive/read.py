"""Reading the archive: as a LazyFrame of Polars, or as a list of files for other tools.

    from learning.archive import read

    rows = read.scan(institution="demo", since=date(2026, 10, 1), columns=["amount", "status"])
    rows.filter(pl.col("amount") > 1_000).collect()

Only files that count are read, so every decision comes exactly once.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import polars as pl
from polars.io.plugins import register_io_source

from learning.archive.journal import reading
from learning.archive.labels import known_labels
from learning.archive.schema import (
    DAY,
    LABEL,
    Schema,
    default_columns,
    file_schema,
    full_schema,
    suggestion,
)
from learning.archive.store import Store, archive_store
from learning.errors import UnknownColumnError
from learning.models import ArchiveFile

__all__ = ["Portion", "files", "known_labels", "portions", "reading", "scan"]

Moment = dt.date | dt.datetime


def scan(
    *,
    institution: str | None = None,
    since: Moment | None = None,
    until: Moment | None = None,
    columns: Sequence[str] | None = None,
    known_by: dt.datetime | None = None,
) -> pl.LazyFrame:
    """Archived decisions on transactions from `since` to `until` (exclusive), in no order.

    `institution` is a slug; a date stands for its first moment in UTC. `columns` are features,
    columns of the decision, and `day`; all but retired features when None. Types are the same
    whatever was stored: a feature that the version of a row did not know is null. With `known_by`
    the columns of LABEL follow, as they were known at that moment.

    Filters and columns asked for, here or later, reach the files: days by their names, the rest by
    the statistics in them. One query, and one for labels. The files are chosen now; hold
    :func:`reading` until the frame is collected, or a compaction may remove one of them.

    Raises UnknownColumnError, and ValueError for a time without a zone.
    """
    begin, end = _moment(since), _moment(until)
    wanted = _wanted(columns)
    needed = dict.fromkeys([*wanted, "occurred_at", "institution", "transaction_id"])
    rows = _rows(archive_store(), _live(begin, end), {name: full_schema()[name] for name in needed})
    if begin is not None:
        rows = rows.filter(pl.col("occurred_at") >= begin.timestamp())
    if end is not None:
        rows = rows.filter(pl.col("occurred_at") < end.timestamp())
    if institution is not None:
        rows = rows.filter(pl.col("institution") == institution)
    if known_by is None:
        return rows.select(wanted)
    labels = known_labels(
        known_by=_aware(known_by), institution=institution, since=begin, until=end
    )
    return rows.join(labels.lazy(), on="transaction_id", how="left").select(*wanted, *LABEL)


class Portion(NamedTuple):
    """A part of what was asked for; `rows` are those of its files, before any filter."""

    rows: int
    versions: frozenset[int]  # of the catalogue
    frame: pl.LazyFrame


def portions(
    *,
    institutions: Collection[str],
    since: Moment,
    until: Moment,
    columns: Sequence[str],
    rows: int,
) -> list[Portion]:
    """As `scan` of several institutions, in the order of days and in frames of about `rows` rows:
    for those who go through more than memory holds, or want to be stopped between. One query.
    """
    begin, end = _moment(since), _moment(until)
    assert begin is not None  # noqa: S101  (for the type checker)
    assert end is not None  # noqa: S101
    wanted = _wanted(columns)
    needed = dict.fromkeys([*wanted, "occurred_at", "institution"])
    schema = {name: full_schema()[name] for name in needed}
    inside = pl.col("occurred_at").is_between(begin.timestamp(), end.timestamp(), closed="left")
    inside &= pl.col("institution").is_in(list(institutions))
    store = archive_store()
    return [
        Portion(
            heap.rows,
            frozenset(file.catalogue_version for file in heap.files),
            heap.cut(_rows(store, heap.files, schema)).filter(inside).select(wanted),
        )
        for heap in _heaps(_live(begin, end), rows)
    ]


class _Heap(NamedTuple):
    """Some whole files, or a slice of one that is too large."""

    rows: int
    files: list[ArchiveFile]
    start: int | None = None

    def cut(self, frame: pl.LazyFrame) -> pl.LazyFrame:
        return frame if self.start is None else frame.slice(self.start, self.rows)


def _heaps(found: Iterable[ArchiveFile], most: int) -> Iterator[_Heap]:
    heap: list[ArchiveFile] = []
    rows = 0
    for file in found:
        if rows + file.rows > most and heap:
            yield _Heap(rows, heap)
            heap, rows = [], 0
        if file.rows > most:
            for start in range(0, file.rows, most):
                yield _Heap(min(most, file.rows - start), [file], start)
        else:
            heap.append(file)
            rows += file.rows
    if heap:
        yield _Heap(rows, heap)


def files(*, since: Moment | None = None, until: Moment | None = None) -> list[str]:
    """Paths or URLs of the files that hold transactions from `since` to `until` (exclusive).

    For DuckDB and others: read them by name, with hive partitioning. One query.
    """
    store = archive_store()
    return [store.address(file.path) for file in _live(_moment(since), _moment(until))]


def _wanted(columns: Sequence[str] | None) -> list[str]:
    if columns is None:
        return list(default_columns())
    known = full_schema()
    for name in columns:
        if name not in known:
            raise UnknownColumnError(name, suggestion(name))
    return list(dict.fromkeys(columns))


def _live(begin: dt.datetime | None, end: dt.datetime | None) -> list[ArchiveFile]:
    found = ArchiveFile.objects.filter(state=ArchiveFile.State.LIVE)
    if begin is not None:
        found = found.filter(day__gte=begin.date())
    if end is not None:
        bound = "day__lt" if end.time() == dt.time() else "day__lte"
        found = found.filter(**{bound: end.date()})
    return list(found.order_by("day", "first_serial"))


def _rows(store: Store, found: Iterable[ArchiveFile], schema: Schema) -> pl.LazyFrame:
    by_version: defaultdict[int, list[ArchiveFile]] = defaultdict(list)
    for file in found:
        by_version[file.catalogue_version].append(file)
    parts = [_version(store, version, some, schema) for version, some in by_version.items()]
    return pl.concat(parts) if parts else pl.LazyFrame(schema=schema)


def _version(store: Store, version: int, found: list[ArchiveFile], schema: Schema) -> pl.LazyFrame:
    """Files of one version as the columns asked for."""
    stored = {**file_schema(version), **DAY}
    if store.is_local:
        paths = [store.address(file.path) for file in found]
        rows = pl.scan_parquet(paths, glob=False, hive_partitioning=True, hive_schema=DAY)
    else:
        rows = _fetched(store, found, stored)
    return rows.select(
        _column(name, kind, stored.get(name)).alias(name) for name, kind in schema.items()
    )


def _column(name: str, kind: pl.DataType, stored: pl.DataType | None) -> pl.Expr:
    if stored is None:
        return pl.lit(None, dtype=kind)
    return pl.col(name) if stored == kind else pl.col(name).cast(kind, strict=False)


def _fetched(store: Store, found: list[ArchiveFile], stored: Schema) -> pl.LazyFrame:
    """Files from a store that Polars cannot read by itself, fetched one by one when collected."""

    def read(
        with_columns: list[str] | None,
        predicate: pl.Expr | None,
        n_rows: int | None,
        batch_size: int | None,
    ) -> Iterator[pl.DataFrame]:
        for file in found:
            with store.local(file.path) as path:
                rows: Any = pl.scan_parquet(path, glob=False, hive_partitioning=False)
                rows = rows.with_columns(pl.lit(file.day).alias("day"))
                if predicate is not None:
                    rows = rows.filter(predicate)
                rows = rows.select(with_columns or list(stored))
                frame = (rows if n_rows is None else rows.head(n_rows)).collect()
            yield frame
            if n_rows is not None:
                n_rows -= frame.height
                if n_rows <= 0:
                    return

    return register_io_source(read, schema=stored, validate_schema=True)


def _moment(value: Moment | None) -> dt.datetime | None:
    if value is None or isinstance(value, dt.datetime):
        return None if value is None else _aware(value)
    return dt.datetime.combine(value, dt.time(), dt.UTC)


def _aware(value: dt.datetime) -> dt.datetime:
    if value.tzinfo is None:
        raise ValueError("A time without a zone says no moment; give it one, such as UTC.")
    return value.astimezone(dt.UTC)
