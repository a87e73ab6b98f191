"""The names that a rule may ask for."""

import time

from django.db import DatabaseError

from intelligence.lists.builtin import BUILTIN
from intelligence.models import List

REFRESH_SECONDS = 5.0
_BUILTIN_NAMES = frozenset(spec.name for spec in BUILTIN)


class _Cache:
    names: frozenset[str] = frozenset()
    loaded_at = float("-inf")


def list_names() -> frozenset[str]:
    """Names of all lists, at most five seconds old; without a database those of the built-in ones.

    One SQL query when it is refreshed, else none.
    """
    if time.monotonic() - _Cache.loaded_at >= REFRESH_SECONDS:
        try:
            stored = frozenset(List.objects.values_list("name", flat=True))
        except DatabaseError:  # not migrated, or down: rules are still checked
            return _BUILTIN_NAMES | _Cache.names
        _Cache.names = stored
        _Cache.loaded_at = time.monotonic()
    return _BUILTIN_NAMES | _Cache.names


def forget_names() -> None:
    """Make the next call read the database: after a list was made, and between tests."""
    _Cache.loaded_at = float("-inf")
