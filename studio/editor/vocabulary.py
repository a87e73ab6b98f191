"""The words of the rule language, for completion: what may stand in a condition, and what it is."""

from collections.abc import Iterable
from functools import cache
from typing import Any

from features.catalogue import CATALOGUE
from rules.checking import VERTICAL_TYPES
from rules.language.functions import FUNCTIONS, SPECIAL
from studio.editor.builder import COMPARISONS, QUESTIONS

_MEANINGS = {
    "listed": "whether it is on a list",
    "known": "whether there is a value",
    "default": "the value, or another when it is missing",
    "if_else": "one value or the other",
    "min": "the smallest",
    "max": "the largest",
    "abs": "without its sign",
    "round": "the nearest whole number",
    "floor": "rounded down",
    "ceil": "rounded up",
    "is_whole": "whether nothing stands behind the point",
    "startswith": "whether the text begins so",
    "endswith": "whether it ends so",
    "contains": "whether the part stands in it",
    "contains_any": "whether any entry of a list stands in it",
    "matches": "whether the pattern is found in it",
    "lower": "in small letters",
    "upper": "in capitals",
    "length": "how many characters or entries",
    "seconds_between": "from one moment to the other",
    "hours_between": "from one moment to the other",
    "days_between": "from one moment to the other",
    "hour_of": "the hour of the day",
    "weekday_of": "the day of the week, Monday is 0",
}


def vocabulary(lists: Iterable[str]) -> dict[str, Any]:
    """All names with type and meaning, as JSON; parameters the page knows itself."""
    return {**_fixed(), "lists": sorted(lists)}


@cache
def _fixed() -> dict[str, Any]:
    return {
        "features": [
            {
                "name": feature.name,
                "type": feature.type.value,
                "unit": feature.unit,
                "doc": feature.doc,
                "category": feature.category,
                "choices": list(feature.choices),
            }
            for feature in sorted(CATALOGUE, key=lambda feature: feature.name)
            if feature.readable
        ],
        "functions": [
            {"name": name, "usage": usage, "doc": _MEANINGS[name]} for name, usage in _usages()
        ],
        "vertical": [
            {"name": f"vertical.{name}", "type": kind.value}
            for name, kind in VERTICAL_TYPES.items()
        ],
        "comparisons": list(COMPARISONS),
        "questions": dict(QUESTIONS),
    }


def _usages() -> list[tuple[str, str]]:
    usages = {**SPECIAL, **{name: function.usage for name, function in FUNCTIONS.items()}}
    return sorted(usages.items())
