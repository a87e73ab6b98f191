"""What each built-in rule must be, row by row, as `facts.csv` says, and as the catalogue has it."""

import csv
import re
from pathlib import Path

from rules.catalogue import BuiltIn
from rules.definition import Definition, Money, Value

COLUMNS = (
    "code",
    "category",
    "sentinel_id",
    "severity",
    "flag_type",
    "family",
    "only",
    "exclude",
    "effect",
    "score",
    "confidence",
)


def promised() -> dict[str, dict[str, str]]:
    """The rows of the table by code."""
    with Path(__file__).with_name("facts.csv").open(encoding="utf-8", newline="") as file:
        return {row["code"]: row for row in csv.DictReader(file)}


def shipped(rule: BuiltIn) -> dict[str, str]:
    """The same facts of a rule in the catalogue."""
    definition = rule.definition
    plain = definition.as_dict()
    special = {
        "code": rule.code,
        "only": " ".join(definition.only),
        "exclude": " ".join(definition.exclude),
        "score": score_with_numbers(definition),
        "confidence": f"{definition.confidence:g}",
    }
    return {name: special.get(name, str(plain.get(name, ""))) for name in COLUMNS}


def score_with_numbers(definition: Definition) -> str:
    """The score with its parameters' values in their places, as `min(80, amount / 5000 USD * 40)`.

    Values alone are compared, so that a parameter may be called what it likes.
    """
    text = definition.score
    for parameter in definition.parameters:
        text = re.sub(rf"\b{parameter.name}\b", _said(parameter.value), text)
    return text


def _said(value: Value) -> str:
    if isinstance(value, Money):
        return f"{value.value:g} {value.currency}"
    return f"{value:g}" if isinstance(value, float | int) else str(value)
