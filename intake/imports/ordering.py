"""Rows in event-time order, whatever order the file has, in bounded memory."""

import sqlite3
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

from intake.imports.cells import Fields
from intake.imports.rows import Row, dump, load

EventTime = Callable[[Fields], float | None]

_CACHE_KIB: Final = 65_536
_BATCH: Final = 10_000


class Survey(NamedTuple):
    rows: int
    in_order: bool


def timed(rows: Iterable[Row], event_time: EventTime) -> Iterator[tuple[float, Row]]:
    """Each row with the time it is sorted by. A row that tells none keeps its neighbour's place:
    it will be rejected, and must not make a sorted file look unsorted."""
    latest = float("-inf")
    for row in rows:
        time = event_time(row.fields)
        yield (latest if time is None else time), row
        latest = latest if time is None else time


def survey(rows: Iterable[Row], event_time: EventTime) -> Survey:
    """Count the rows and see whether their times never go back; holds one row at a time."""
    count, in_order, before = 0, True, float("-inf")
    for time, _ in timed(rows, event_time):
        count += 1
        in_order = in_order and time >= before
        before = time
    return Survey(count, in_order)


def sorted_rows(rows: Iterable[Row], event_time: EventTime, skip: int = 0) -> Generator[Row]:
    """The rows by event time, those of one moment in the file's order, without the first `skip`.

    SQLite sorts them outside memory: 64 MiB of cache, and about twice the size of the rows as JSON
    on disk (in TMPDIR) while the iterator lives. The file has no name, so that a kill leaves no
    personal data behind.
    """
    with TemporaryDirectory(prefix="fraudshield-import-") as folder:
        path = Path(folder) / "rows"
        with closing(sqlite3.connect(path, isolation_level=None)) as spool:
            _prepare(spool, Path(folder))
            path.unlink()
            _fill(spool, timed(rows, event_time))
            found = spool.execute(
                "SELECT number, content FROM rows ORDER BY time, number LIMIT -1 OFFSET ?", [skip]
            )
            for number, content in found:
                yield Row(number, *load(content))


def _prepare(spool: sqlite3.Connection, folder: Path) -> None:
    spool.execute("PRAGMA journal_mode = OFF")  # no second file; what fails is read anew
    spool.execute("PRAGMA synchronous = OFF")
    spool.execute("PRAGMA temp_store = FILE")
    spool.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
    spool.execute("CREATE TABLE rows (time REAL, number INTEGER, content TEXT)")


def _fill(spool: sqlite3.Connection, rows: Iterable[tuple[float, Row]]) -> None:
    entries = ((time, row.number, dump(row[1:])) for time, row in rows)
    spool.execute("BEGIN")
    while batch := list(islice(entries, _BATCH)):
        spool.executemany("INSERT INTO rows VALUES (?, ?, ?)", batch)
    spool.execute("COMMIT")
