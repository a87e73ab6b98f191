"""The published rule book and the exchange rates, for tests: made once a process, then copied.

Making it takes 0.4 s, which thousands of tests would pay; copying its rows takes some milliseconds.
"""

from io import StringIO

from django.apps import apps
from django.core.management import call_command
from django.db import connection, transaction

_rows: dict[str, str] = {}  # by table, in the form of COPY


def bring_in_rule_book() -> None:
    """As after `load_rules` and `import_rates` on an empty installation."""
    with transaction.atomic():
        if _rows:
            _copy_in()
            return
        before = _filled()
        call_command("load_rules", verbosity=0)
        call_command("import_rates", verbosity=0)
        _keep(_filled() - before)


def _filled() -> set[str]:
    """Names of the tables that have rows."""
    tables = [model._meta.db_table for model in apps.get_models() if model._meta.managed]
    return {table for table in tables if _has_rows(table)}


def _has_rows(table: str) -> bool:
    with connection.cursor() as cursor:
        name = connection.ops.quote_name(table)
        cursor.execute(f"SELECT EXISTS (SELECT FROM {name})")  # noqa: S608
        return bool(cursor.fetchone()[0])


def _keep(tables: set[str]) -> None:
    with connection.cursor() as cursor:
        for table in tables:
            rows = StringIO()
            cursor.copy_expert(f"COPY {connection.ops.quote_name(table)} TO STDOUT", rows)
            _rows[table] = rows.getvalue()


def _copy_in() -> None:
    with connection.cursor() as cursor:
        for table, rows in _rows.items():
            name = connection.ops.quote_name(table)
            cursor.copy_expert(f"COPY {name} FROM STDIN", StringIO(rows))
