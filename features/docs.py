"""Writes docs/features.md from the catalogue: ``python -m features.docs``."""

import sys
from collections.abc import Iterator
from pathlib import Path

from features.aliases import ALIASES
from features.catalogue import CATALOGUE
from features.framework import CATEGORIES, Feature
from features.types import Type

PAGE = Path(__file__).parent.parent / "docs" / "features.md"

_TITLES = {
    "identity": "Identity: who the customer is, and how well that is known",
    "behavioral": "Behaviour: what the customer usually does, and does now",
    "transaction": "Transaction: amount, time, kind and card",
    "network": "Network: address, place, browser and device",
    "ato": "Account takeover",
    "funding": "Funding: where the money comes from",
    "merchant": "Merchant: to whom the money goes",
    "ml": "Models: shapes that models take in, and their figures",
    "derived": "Derived: one figure for each side",
}

_INTRODUCTION = """\
# Features

Everything that rules and models can know of a transaction: {count} features, catalogue
version {version}. This page is written by `python -m features.docs` from the declarations in
`features/catalogue/`; a test fails when it is out of date. To add one, see
[recipes/add-a-feature.md](recipes/add-a-feature.md).

- **From** says where the value comes from. *client*: only when the client supplies it. *us*:
  computed, and cannot be supplied. *either*: what the client supplies wins; both are stored.
- A value that nobody knows is **missing**: it is never taken for zero or for false. So is a
  number outside of its range, and whatever divides by zero.
- An **identifier** is stored as a keyed hash. A rule may ask whether it is on a list, and read
  what is derived from it, such as `email_domain` or `ip_class`.
- Amounts are in the transaction's currency, times in seconds since 1970 (UTC); clients may give
  times in ISO 8601 as well. Hours and weekdays are those of the customer's own clock: they are
  missing when the transaction came without a time, or without an offset from UTC.
- An **output** is written after the decision, so no rule and no model can read it.
"""


def page() -> str:
    """The whole page."""
    introduction = _INTRODUCTION.format(count=len(CATALOGUE), version=CATALOGUE.version)
    return introduction + "".join(_sections()) + "".join(_aliases())


def _sections() -> Iterator[str]:
    for category in CATEGORIES:
        features = CATALOGUE.by_category()[category]
        yield f"\n## {_TITLES[category]}\n\n`{category}`, {len(features)} features\n\n"
        yield "| name | type | unit and range | from | meaning |\n|---|---|---|---|---|\n"
        for feature in features:
            yield _line(feature, category)


def _line(feature: Feature, category: str) -> str:
    others = [other for other in feature.categories if other != category]
    meaning = feature.doc + (f" Also in {', '.join(others)}." if others else "")
    cells = (f"`{feature.name}`", feature.type, _range(feature), _origin(feature), meaning)
    return "| " + " | ".join(cells) + " |\n"


def _range(feature: Feature) -> str:
    return "; ".join(part for part in (feature.unit, _bounds(feature)) if part)


def _bounds(feature: Feature) -> str:
    if feature.choices:
        return ", ".join(feature.choices)
    told = ".." in feature.unit or feature.type is Type.TIMESTAMP
    if told or feature.minimum is None or feature.maximum is None:
        return ""
    return f"{feature.minimum:,.15g} to {feature.maximum:,.15g}"


def _origin(feature: Feature) -> str:
    if feature.output:
        return "output"
    inputs = ", ".join(f"`{_shown(n)}`" for n in (*feature.computed_from, *feature.optional))
    names = {"supplied": "client", "computed": "us", "either": "either"}
    return names[feature.source] + (f", from {inputs}" if inputs else "")


def _shown(name: str) -> str:
    """Facts that are no features by the name of the field that they come from."""
    return {"own_time": "occurred_at", "utc_offset_minutes": "occurred_at"}.get(
        name, name.removeprefix("raw_")
    )


def _aliases() -> Iterator[str]:
    yield "\n## Other names\n\n"
    yield "A request may use these names as well. Given twice, a field must have one value.\n\n"
    yield "| name | stands for |\n|---|---|\n"
    for name, field in sorted(ALIASES.items()):
        yield f"| `{name}` | `{field}` |\n"


def main() -> int:
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
