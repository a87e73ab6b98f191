"""CSV that spreadsheets open without being told to do something."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Final

Cell = str | int | float | Decimal | None

# What begins a formula, full-width forms included; a tab or line end may hide one.
_FORMULA: Final = tuple("=+-@\uff1d\uff0b\uff0d\uff20")
_HIDING: Final = ("\t", "\r", "\n")
_BOM: Final = "\ufeff"  # without it, Excel takes UTF-8 for something else
_ROWS: Final = 200


def safe_cell(value: Cell) -> Cell:
    """Text that a spreadsheet would take for a formula gets an apostrophe in front; numbers stay
    numbers.

    >>> safe_cell("=1+1"), safe_cell("  @SUM(A1)"), safe_cell(-5), safe_cell("plain")
    ("'=1+1", "'  @SUM(A1)", -5, 'plain')
    """
    if not isinstance(value, str):
        return value
    text = value.replace("\0", "")
    if text.startswith(_HIDING) or text.lstrip().startswith(_FORMULA):
        return f"'{text}"
    return text


def csv_chunks(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """UTF-8 with a byte-order mark, texts quoted and numbers not, some hundred rows a chunk."""
    buffer = io.StringIO(_BOM)
    buffer.seek(0, io.SEEK_END)
    writer = csv.writer(buffer, quoting=csv.QUOTE_NONNUMERIC)
    writer.writerow(header)
    for number, row in enumerate(rows, start=1):
        writer.writerow([safe_cell(cell) for cell in row])
        if number % _ROWS == 0:
            yield _taken(buffer)
    yield _taken(buffer)


def _taken(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode()
