"""What helps while a rule is written: names in use, and what can be read and said."""

from typing import Any

from features.catalogue import CATALOGUE
from features.framework import CATEGORIES
from rules.models import Rule

_SOURCES = {"supplied": "client", "computed": "us", "either": "client or us"}


def suggestions() -> dict[str, Any]:
    """Families and flag types that rules have now, sorted; one query."""
    rules = Rule.objects.filter(current__isnull=False)
    pairs = list(rules.values_list("current__family", "current__flag_type"))
    return {
        "families": sorted({family for family, _ in pairs}),
        "flag_types": sorted({flag for _, flag in pairs}),
        "feature_count": sum(feature.readable for feature in CATALOGUE),
    }


def guide() -> dict[str, Any]:
    """Features by category as the guide shows them."""
    sections = {
        category: [
            (feature, feature.unit or "–", _SOURCES[feature.source])
            for feature in CATALOGUE
            if feature.category == category and feature.readable
        ]
        for category in CATEGORIES
    }
    return {"sections": {name: rows for name, rows in sections.items() if rows}}
