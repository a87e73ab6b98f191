"""Small worlds, made once for all tests that look at them."""

from collections import defaultdict
from functools import cache

from intake.synthetic.settings import Settings
from intake.synthetic.world import Row, World

END = 1_790_000_000.0  # 2026-09-21T14:13:20Z


@cache
def world(count: int = 24_000, fraud_rate: float = 0.2, seed: int = 3, days: int = 90) -> list[Row]:
    """Far more fraud than in life, so that there is enough of each kind to judge."""
    return list(World(Settings(count, fraud_rate, seed, END, days)).rows())


@cache
def stories() -> dict[str, list[list[Row]]]:
    """The frauds of the world by typology, each with its transactions in order."""
    found: dict[str, list[Row]] = defaultdict(list)
    for row in world():
        if "true_story" in row.labels:
            found[row.labels["true_story"]].append(row)
    told: dict[str, list[list[Row]]] = defaultdict(list)
    for rows in found.values():
        told[rows[0].labels["true_typology"]].append(rows)
    return told


def genuine() -> list[Row]:
    return [row for row in world() if not row.labels["true_fraud"]]


def frauds() -> list[Row]:
    return [row for row in world() if row.labels["true_fraud"]]
