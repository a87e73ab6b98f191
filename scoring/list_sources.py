"""Tells the rules which lists there are: the two rooms below this one do not know each other."""

from intelligence.lists import list_names
from intelligence.lists.builtin import BUILTIN
from rules.checking import register_list_source

_BUILTIN_NAMES = frozenset(spec.name for spec in BUILTIN)


def builtin_names() -> frozenset[str]:
    """Names of the lists that come with the product; they need no database, loaded or not."""
    return _BUILTIN_NAMES


def register_sources() -> None:
    """Built-in rules name built-in lists alone, so `load_rules` never waits for `load_lists`."""
    register_list_source(builtin_names)
    register_list_source(list_names)
