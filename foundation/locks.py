"""Locks of PostgreSQL that belong to a database session: given back when it ends, however it ends.

For work that only one process may do at a time, and that takes longer than a transaction should.
They are known by name, and hold between processes; take them outside of any transaction.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def alone(name: str) -> Iterator[bool]:
    """Whether nobody else holds the lock, at once; if so, it is held until the end of the block."""
    with _held(name, "pg_try_advisory_lock", "pg_advisory_unlock") as taken:
        yield taken


@contextmanager
def together(name: str) -> Iterator[None]:
    """Hold it with any others who do so. Waits while somebody holds it alone."""
    with _held(name, "pg_advisory_lock_shared", "pg_advisory_unlock_shared"):
        yield


@contextmanager
def _held(name: str, take: str, give_back: str) -> Iterator[bool]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {take}(hashtextextended(%s, 0))", [name])
        # The function that waits returns nothing.
        taken = cursor.fetchone()[0] is not False
    session = connection.connection
    try:
        yield taken
    finally:
        # A session that died has given it back, and a new one has nothing to give: asking either
        # would put an error of its own in the place of the one that ended the block.
        if taken and connection.connection is session and connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT {give_back}(hashtextextended(%s, 0))", [name])
