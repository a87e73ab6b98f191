"""The names that a rule may ask for."""

import time

from django.db import DatabaseError

from intelligence.models import List

REFRESH_SECONDS = 5.0


class _Cache:
    names: frozenset[str] = frozenset()
    loaded_at = float("-inf")


def list_names() -> frozenset[str]:
    """Names of the lists in the database, at most five seconds old; without one those known last.

    One SQL query when it is refreshed, else none.
    """
    if time.monotonic() - _Cache.loaded_at >= REFRESH_SECONDS:
        try:
            stored = frozenset(List.objects.values_list("name", flat=True))
        except DatabaseError:  # not migrated, or down: rules are still checked
            return _Cache.names
        _Cache.names = stored
        _Cache.loaded_at = time.monotonic()
    return _Cache.names


def forget_names() -> None:
    """Make the next call read the database: after a list was made, and between tests."""
    _Cache.loaded_at = float("-inf")
