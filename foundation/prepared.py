"""Statements that PostgreSQL plans once a connection instead of once a call.

Planning takes longer than running a statement that touches a few rows by index: prepared, the hot
path's two statements cost the database a third less. psycopg2 has no prepared statements of its
own, so SQL's PREPARE and EXECUTE are used. A pooler that hands each transaction another connection
breaks them: behind one, set PREPARED_STATEMENTS=no.
"""

from typing import Any
from weakref import WeakKeyDictionary

import psycopg2.errors
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, OperationalError, connections

from foundation.sql import Fragment

MOST = 200  # a connection; callers build few shapes, and a plan takes some kilobytes

# By the driver's connection: a reconnected thread finds nothing there and prepares anew.
_names: WeakKeyDictionary[Any, dict[str, str]] = WeakKeyDictionary()


def fetch_one(fragment: Fragment) -> tuple[Any, ...] | None:
    """Run the statement; its first row, or None when it returns none.

    One statement, and a PREPARE before the first of its shape on this connection.
    """
    connection = connections[DEFAULT_DB_ALIAS]  # once: the usual proxy looks it up at each use
    with connection.cursor() as cursor:
        text = _executable(cursor, connection.connection, fragment.sql)
        try:
            cursor.execute(text, fragment.params)
        except OperationalError as error:
            if isinstance(error.__cause__, psycopg2.errors.InvalidSqlStatementName):
                _names.pop(connection.connection, None)  # somebody discarded them
            raise
        return cursor.fetchone() if cursor.description else None


def _executable(cursor: Any, driver: Any, sql: str) -> str:
    if not settings.PREPARED_STATEMENTS:
        return sql
    names = _names.setdefault(driver, {})
    known = names.get(sql)
    if known is None and len(names) < MOST:
        known = names[sql] = _prepare(cursor, f"fraudshield_{len(names)}", sql)
    return known or sql


def _prepare(cursor: Any, name: str, sql: str) -> str:
    first, *others = sql.split("%s")
    numbered = first + "".join(f"${n}{text}" for n, text in enumerate(others, start=1))
    cursor.execute(f"PREPARE {name} AS {numbered}")
    return f"EXECUTE {name}({', '.join(['%s'] * len(others))})"
