"""A piece of SQL with its parameters, for statements that several rooms write together; and
readings of one moment."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from django.db import connection, transaction


class Fragment(NamedTuple):
    """`sql` holds `%s` marks only for `params`; values never stand in the text."""

    sql: str
    params: Sequence[Any]


def with_statement(parts: Sequence[tuple[str, Fragment]], last: Fragment) -> Fragment:
    """One statement out of named data-modifying parts and a closing one.

    PostgreSQL runs all parts on one snapshot and as one transaction: either all rows are there
    afterwards, or none. Foreign keys between the parts are checked at the statement's end.
    """
    named = ", ".join(f"{name} AS ({part.sql})" for name, part in parts)
    params = [value for _, part in parts for value in part.params]
    return Fragment(f"WITH {named} {last.sql}", [*params, *last.params])


@contextmanager
def one_reading() -> Iterator[None]:
    """Everything read inside is of one moment. Inside a caller's transaction it is as consistent
    as that one: the level can't change any more."""
    with transaction.atomic(), connection.cursor() as cursor:
        if not transaction.get_connection().savepoint_ids:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield
