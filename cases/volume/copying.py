"""Rows into tables by COPY, which takes a tenth of what INSERT takes."""

from collections.abc import Iterable
from datetime import datetime
from io import StringIO
from types import TracebackType
from typing import Any, Final

from django.db import connection, models

AT_ONCE: Final = 20_000
_ESCAPES: Final = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


class Copy:
    """Collects rows and writes them AT_ONCE; what is left when it is closed."""

    def __init__(self, table: str, columns: Iterable[str]) -> None:
        self.statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN"
        self.lines: list[str] = []

    def add(self, *values: Any) -> None:
        self.lines.append("\t".join([_text(value) for value in values]))
        if len(self.lines) >= AT_ONCE:
            self.flush()

    def flush(self) -> None:
        if self.lines:
            with connection.cursor() as cursor:
                cursor.copy_expert(self.statement, StringIO("\n".join(self.lines) + "\n"))
            self.lines.clear()

    def __enter__(self) -> "Copy":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        if kind is None:
            self.flush()


def reserve(model: type[models.Model], number: int) -> int:
    """The first of so many keys in a row that nobody else will get."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_serial_sequence(%s, 'id')", [model._meta.db_table])
        [sequence] = cursor.fetchone()
        cursor.execute("SELECT nextval(%s)", [sequence])
        [first] = cursor.fetchone()
        cursor.execute("SELECT setval(%s, %s)", [sequence, first + number])
    return int(first) + 1


def _text(value: Any) -> str:
    """
    >>> _text(None), _text(b"\\x01"), _text(["a", "b"]), _text("tab\\t")
    ('\\\\N', '\\\\\\\\x01', '{a,b}', 'tab\\\\t')
    """
    if value is None:
        return "\\N"
    if isinstance(value, bytes):
        return "\\\\x" + value.hex()
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, list):
        return "{" + ",".join(value) + "}"
    return str(value).translate(_ESCAPES)
