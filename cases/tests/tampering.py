"""Changes past the application."""

from django.db import connection


def tamper(table: str, statement: str, *params: object) -> None:
    """As somebody who can switch the triggers off."""
    connection.check_constraints()
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(statement, params or None)
        connection.check_constraints()
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
