"""What a flush between tests leaves behind, kept from the first one.

Django fills content types, permissions, roles and the like anew after every flush, which takes
three times as long as emptying all tables. The rows are the same each time, so they are copied.
"""

from collections.abc import Callable
from typing import Any

from django.db import connections, transaction

SCHEMA = "kept_between_tests"


class Keeper:
    """Takes the place of the signal that Django sends after a flush."""

    def __init__(self, fill: Callable[..., None]) -> None:
        self._fill = fill
        self._kept: list[str] = []

    def __call__(self, verbosity: int, interactive: bool, db: str, **more: Any) -> None:
        if self._kept:
            self._put_back(db)
        else:
            self._fill(verbosity, interactive, db, **more)
            self._keep(db)

    def _keep(self, db: str) -> None:
        connection = connections[db]
        names = connection.introspection.django_table_names(only_existing=True)
        with transaction.atomic(db), connection.cursor() as cursor:
            cursor.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
            cursor.execute(f"CREATE SCHEMA {SCHEMA}")
            for name in names:
                cursor.execute(f'SELECT EXISTS (SELECT FROM "{name}")')  # noqa: S608
                if cursor.fetchone()[0]:
                    copy = f'CREATE TABLE {SCHEMA}."{name}" AS TABLE "{name}"'
                    cursor.execute(copy)
                    self._kept.append(name)

    def _put_back(self, db: str) -> None:
        """Keys to other tables are checked at the end, so the order does not matter."""
        copies = (f'INSERT INTO "{name}" TABLE {SCHEMA}."{name}"' for name in self._kept)
        with transaction.atomic(db), connections[db].cursor() as cursor:
            cursor.execute("; ".join(copies))
