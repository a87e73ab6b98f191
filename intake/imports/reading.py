"""Open a CSV, Parquet or JSON Lines file and read it row by row, never as a whole.

CSV is read with the standard library rather than with Polars: a row with a cell too many, a stray
quote or a wrong byte must become one rejected row, and Polars refuses the whole file for it.
"""

import csv
import hashlib
from collections.abc import Callable, Generator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import IO, Final, Protocol

import polars as pl

from foundation.errors import BadRequest
from intake.body import parse_object
from intake.imports.errors import CannotImport
from intake.imports.rows import Row, plain

LONGEST_LINE: Final = 1_048_576  # characters or bytes; a longer line is no transaction
BATCH: Final = 10_000  # rows of Parquet held at once


class Source(Protocol):
    """A file that can be read from its start, any number of times."""

    @property
    def columns(self) -> Sequence[str] | None:
        """In the file's order; None for JSON Lines, whose rows name their own."""
        ...

    def rows(self, skip: int = 0, *, only: Sequence[str] = ()) -> Generator[Row]:
        """All rows but the first `skip`, in the file's order.

        `only` names the columns that are wanted: where that is cheaper, the others are left out.
        """
        ...


def open_source(path: Path) -> Source:
    """By the name's ending. Raises CannotImport when there is no such file or it isn't readable."""
    maker = _MAKERS.get(path.suffix.lower())
    if maker is None:
        endings = ", ".join(_MAKERS)
        raise CannotImport(f"{path.name} ends in none of {endings}; rename or convert the file.")
    try:
        return maker(path)
    except FileNotFoundError:
        raise CannotImport(f"There is no file {path}.") from None
    except OSError as error:
        raise CannotImport(f"{path} cannot be read: {error.strerror}.") from None


def fingerprint(path: Path) -> str:
    """SHA-256 of the whole content in hexadecimal; about 1 s for 1 GB."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


class CsvSource:
    """Comma-separated with a header line, UTF-8. Every cell is text; an empty one is missing."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._open() as handle:
            header = next(csv.reader(_Lines(handle)), None)
        if not header:
            raise CannotImport(f"{path.name} is empty; a header line with the columns is needed.")
        self.columns = [name.strip() for name in header]
        twice = {name for name in self.columns if self.columns.count(name) > 1}
        if twice:
            named = ", ".join(sorted(twice)) or "(empty)"
            raise CannotImport(f"{path.name} has a column twice: {named}; rename one of them.")

    def _open(self) -> IO[str]:
        # Bytes that are no UTF-8 come as lone surrogates, so that the row can be named.
        return self._path.open(encoding="utf-8-sig", errors="surrogateescape", newline="")

    def rows(self, skip: int = 0, *, only: Sequence[str] = ()) -> Generator[Row]:
        with self._open() as handle:
            yield from islice(self._rows(handle), skip, None)

    def _rows(self, handle: IO[str]) -> Generator[Row]:
        lines = _Lines(handle)
        reader = csv.reader(lines)
        next(reader, None)
        number = 0
        while True:
            lines.taken.clear()
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                number += 1
                yield Row(number, {}, lines.text(), f"is no CSV: {error}")
                continue
            if cells:  # blank lines are no rows
                number += 1
                yield self._row(number, cells, lines)

    def _row(self, number: int, cells: list[str], lines: "_Lines") -> Row:
        if len(cells) != len(self.columns):
            fault = f"has {len(cells)} cells where the header has {len(self.columns)}"
            return Row(number, {}, lines.text(), fault)
        if not all(map(_is_text, cells)):
            return Row(number, {}, lines.text(), "is not valid UTF-8")
        return Row(number, dict(zip(self.columns, cells, strict=True)))


def _is_text(cell: str) -> bool:
    return cell.isascii() or not any("\udc80" <= character <= "\udcff" for character in cell)


class _Lines:
    """Lines, the longest of them in pieces: a file without line ends must not fill the memory.

    Remembers those that a row was read from, so that a bad row can be shown as it stands.
    """

    def __init__(self, handle: IO[str]) -> None:
        self._handle = handle
        self.taken: list[str] = []

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._handle.readline(LONGEST_LINE)
        if not line:
            raise StopIteration
        self.taken.append(line)
        return line

    def text(self) -> str:
        return "".join(self.taken)


class ParquetSource:
    """Typed columns; a batch of rows is decoded at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        if not path.is_file():
            raise FileNotFoundError(path)
        try:
            self._schema = self._scan().collect_schema()
        except pl.exceptions.PolarsError as error:
            raise self._unreadable(error) from None
        self.columns = self._schema.names()

    def _scan(self) -> pl.LazyFrame:
        return pl.scan_parquet(self._path, glob=False)

    def rows(self, skip: int = 0, *, only: Sequence[str] = ()) -> Generator[Row]:
        names = [name for name in self.columns if name in only] or self.columns
        # Asked once for the column, not for each of a million cells.
        as_is = all(_is_plain(self._schema[name]) for name in names)
        number = skip
        try:
            frame = self._scan().select(names).slice(skip)
            for batch in frame.collect_batches(chunk_size=BATCH, maintain_order=True):
                for values in batch.iter_rows():
                    number += 1
                    cells = zip(names, values if as_is else map(plain, values), strict=True)
                    yield Row(number, {name: cell for name, cell in cells if cell is not None})
        except pl.exceptions.PolarsError as error:
            raise self._unreadable(error) from None

    def _unreadable(self, error: Exception) -> CannotImport:
        reason = str(error).partition("\n")[0]
        return CannotImport(f"{self._path.name} is no sound Parquet file: {reason}.")


def _is_plain(kind: pl.DataType) -> bool:
    return kind.is_integer() or kind.is_float() or kind in (pl.String, pl.Boolean)


class JsonLinesSource:
    """One JSON object a line."""

    columns = None

    def __init__(self, path: Path) -> None:
        self._path = path
        path.open("rb").close()

    def rows(self, skip: int = 0, *, only: Sequence[str] = ()) -> Generator[Row]:
        with self._path.open("rb") as handle:
            yield from islice(self._rows(handle), skip, None)

    def _rows(self, handle: IO[bytes]) -> Generator[Row]:
        number = 0
        while line := handle.readline(LONGEST_LINE + 1):
            whole = line.endswith(b"\n") or len(line) <= LONGEST_LINE
            if not whole:
                _skip_to_line_end(handle)
            if line.strip():
                number += 1
                yield _json_row(number, line, whole=whole)


def _skip_to_line_end(handle: IO[bytes]) -> None:
    while (rest := handle.readline(LONGEST_LINE)) and not rest.endswith(b"\n"):
        pass


def _json_row(number: int, line: bytes, *, whole: bool) -> Row:
    raw = line.decode("utf-8", "surrogateescape")
    if not whole:
        return Row(number, {}, raw[:200], f"is longer than {LONGEST_LINE:,} bytes")
    try:
        return Row(number, parse_object(line).fields, raw)
    except BadRequest as problem:
        return Row(number, {}, raw, problem.detail.rstrip("."))


_MAKERS: Final[Mapping[str, Callable[[Path], Source]]] = {
    ".csv": CsvSource,
    ".parquet": ParquetSource,
    ".pq": ParquetSource,
    ".jsonl": JsonLinesSource,
    ".ndjson": JsonLinesSource,
}
