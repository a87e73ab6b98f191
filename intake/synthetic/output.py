"""Rows into a file: JSON Lines, CSV or Parquet by its ending, as the native import reads them.

The file appears under its name when it is whole; until then it is `<name>.partial`. Only its owner
may read it: invented people look like real ones.
"""

import codecs
import csv
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO, Any, Final

import msgspec
import polars as pl

from features.supplied import SUPPLIED
from features.types import Type
from foundation.files import whole_file
from intake.synthetic.columns import COLUMNS
from intake.synthetic.world import Row

Writer = Callable[[Iterable[Row], IO[bytes]], None]

_CHUNK: Final = 20_000  # rows of Parquet held as Python objects
_BOOLEANS: Final = frozenset({"is_fraud", "true_fraud"})


def write(rows: Iterable[Row], path: Path) -> None:
    """Raises OSError when the file cannot be written, KeyError for an ending of no kind."""
    writer = WRITERS[path.suffix.lower()]
    with whole_file(path) as handle:
        writer(rows, handle)


def _json_lines(rows: Iterable[Row], handle: IO[bytes]) -> None:
    encode = msgspec.json.Encoder().encode
    for row in rows:
        handle.write(encode({**row.fields, **row.labels}) + b"\n")


def _csv(rows: Iterable[Row], handle: IO[bytes]) -> None:
    writer = csv.writer(codecs.getwriter("utf-8")(handle), lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        cells = row.fields | row.labels
        writer.writerow([cells.get(column) for column in COLUMNS])


def _parquet(rows: Iterable[Row], handle: IO[bytes]) -> None:
    schema = {column: _kind(column) for column in COLUMNS}
    frames = []
    pending: list[dict[str, Any]] = []
    for row in rows:
        pending.append(row.fields | row.labels)
        if len(pending) == _CHUNK:
            frames.append(pl.from_dicts(pending, schema=schema))
            pending.clear()
    frames.append(pl.from_dicts(pending, schema=schema))
    try:
        pl.concat(frames).write_parquet(handle)
    except pl.exceptions.PolarsError as error:  # what Polars makes of a full disk
        raise OSError(str(error)) from error


def _kind(column: str) -> pl.DataType | type[pl.DataType]:
    """Times stay texts: each has its own offset from UTC, which a column of times has not."""
    feature = SUPPLIED.get(column)
    if column in _BOOLEANS or (feature is not None and feature.type is Type.BOOLEAN):
        return pl.Boolean
    if feature is not None and feature.type in {Type.NUMBER, Type.MONEY}:
        return pl.Float64
    return pl.String


WRITERS: Final[dict[str, Writer]] = {
    ".jsonl": _json_lines,
    ".ndjson": _json_lines,
    ".csv": _csv,
    ".parquet": _parquet,
    ".pq": _parquet,
}
