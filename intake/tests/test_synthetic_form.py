"""No field of the synthetic world betrays fraud by being there, or by its form.

Rows of one customer are alike, so each customer (or device, card, payee ...) counts once in each
stratum: vertical, channel, kind of transaction, country. Within strata the presence of every field,
the length of every text and the decimals of every number are compared between fraud and genuine,
and a table of whole patterns, learnt on half of the customers, is tried on the other half.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable
from typing import Any
from zlib import crc32

import pytest

from intake.synthetic.columns import FIELDS
from intake.synthetic.world import Row
from intake.tests.synthetic_cast import frauds, genuine, world

LIMIT = 4.5  # standard deviations; the largest of a hundred honest fields stays below 3.5

# Whose property a field is; others are the customer's or the row's own.
OWNERS = {
    **dict.fromkeys(("device_id", "os_type", "device_type", "is_emulator"), "device_id"),
    **dict.fromkeys(("screen_resolution", "device_language", "canvas_fingerprint"), "device_id"),
    **dict.fromkeys(("beneficiary_id", "beneficiary_account_age_days"), "beneficiary_id"),
    **dict.fromkeys(("merchant_id", "terminal_id"), "merchant_id"),
    **dict.fromkeys(("seller_id", "seller_age_days"), "seller_id"),
    **dict.fromkeys(("ip_address",), "ip_address"),
}
# What these say is the customer's conduct, and their last digits follow from it.
CONDUCT = {"return_rate", "credit_used_ratio", "sender_balance_before", "sender_balance_after"}
# The name of a network is what it says, not its form.
NAMES = {"isp_name", "card_issuer_bank", "user_agent", "gpu_info"}


def stratum(row: Row) -> Hashable:
    fields = row.fields
    return tuple(
        fields[name]
        for name in ("industry", "transaction_channel", "transaction_type", "home_country")
    )


def once_each(owner: str) -> Iterable[tuple[Hashable, bool, Row]]:
    """One row of each owner, stratum and kind (fraud or not)."""
    seen = set()
    for row in world():
        place, fraud = stratum(row), row.labels["true_fraud"]
        key = (row.fields.get(owner), place, fraud)
        if key not in seen:
            seen.add(key)
            yield place, fraud, row


def presence_deviation(name: str) -> float:
    """Mantel-Haenszel: how far the presence among frauds is from what the strata let expect."""
    tables: dict[Hashable, Counter[tuple[bool, bool]]] = defaultdict(Counter)
    for place, fraud, row in once_each("user_id"):
        tables[place][fraud, name in row.fields] += 1
    surplus = variance = 0.0
    for table in tables.values():
        total, with_it = table.total(), table[True, True] + table[False, True]
        fraud = table[True, True] + table[True, False]
        if 0 < fraud < total and 0 < with_it < total:
            surplus += table[True, True] - fraud * with_it / total
            variance += (
                fraud * (total - fraud) * with_it * (total - with_it) / (total**2 * (total - 1))
            )
    return surplus / math.sqrt(variance) if variance else 0.0


def rank_deviation(name: str, form: Callable[[Any], float]) -> tuple[float, float]:
    """Wilcoxon's rank test, summed over strata, and the area under the curve that it stands for."""
    values: dict[Hashable, tuple[list[float], list[float]]] = defaultdict(lambda: ([], []))
    for place, fraud, row in once_each(OWNERS.get(name, "user_id")):
        if name in row.fields:
            values[place][fraud].append(form(row.fields[name]))
    surplus = variance = pairs = wins = 0.0
    for honest, bad in values.values():
        if not honest or not bad:
            continue
        counts = Counter(honest + bad)
        n, m = len(honest), len(bad)
        below, ranks = 0.0, {}
        for value in sorted(counts):
            ranks[value] = below + (counts[value] + 1) / 2
            below += counts[value]
        u = sum(ranks[value] for value in bad) - m * (m + 1) / 2
        ties = sum(c**3 - c for c in counts.values()) / ((n + m) * (n + m - 1))
        surplus += u - n * m / 2
        variance += n * m / 12 * (n + m + 1 - ties)
        wins, pairs = wins + u, pairs + n * m
    return (surplus / math.sqrt(variance) if variance else 0.0), (wins / pairs if pairs else 0.5)


def decimals(number: float) -> float:
    return len(repr(float(number)).partition(".")[2].rstrip("0"))


@pytest.mark.parametrize("name", FIELDS)
def test_a_field_is_there_as_often_for_fraud_as_for_genuine(name):
    assert abs(presence_deviation(name)) < LIMIT


@pytest.mark.parametrize("name", [name for name in FIELDS if name not in CONDUCT | NAMES])
def test_a_field_has_the_same_form_for_fraud_as_for_genuine(name):
    sample = next(row.fields[name] for row in world() if name in row.fields)
    if isinstance(sample, bool):
        return
    deviation, area = rank_deviation(name, len if isinstance(sample, str) else decimals)
    assert abs(deviation) < LIMIT
    assert 0.42 < area < 0.58


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("user_id", lambda text: int(text[0])),
        ("transaction_id", lambda text: int(text[-1])),
        ("beneficiary_id", lambda text: int(text[0])),
        ("merchant_id", lambda text: int(text[0])),
        ("device_id", lambda text: int(text[0], 16)),
        ("card_token", lambda text: ord(text[4])),
        ("card_last_four", lambda text: int(text[0])),
        ("occurred_at", lambda text: int(text[17:19])),
        ("email", lambda text: crc32(text.split("@")[1].encode()) % 97),
    ],
)
def test_no_part_of_an_id_tells_them_apart(name, part):
    deviation, area = rank_deviation(name, part)
    assert abs(deviation) < LIMIT
    assert 0.42 < area < 0.58


def test_a_table_of_whole_patterns_does_no_better_than_chance():
    """Stronger than any tree on presence and decimals: each combination has a score of its own."""
    learnt: dict[Hashable, Counter[bool]] = defaultdict(Counter)
    base: dict[Hashable, Counter[bool]] = defaultdict(Counter)
    tried: dict[Hashable, tuple[list[float], list[float]]] = defaultdict(lambda: ([], []))
    for row in world():
        if int(row.fields["user_id"]) % 2:
            learnt[stratum(row), pattern(row)][row.labels["true_fraud"]] += 1
            base[stratum(row)][row.labels["true_fraud"]] += 1
    for row in world():
        if not int(row.fields["user_id"]) % 2:
            place = stratum(row)
            found, usual = learnt[place, pattern(row)], base[place]
            rate = (usual[True] + 0.5) / (usual.total() + 1)
            score = (found[True] + 5 * rate) / (found.total() + 5) - rate
            tried[place][row.labels["true_fraud"]].append(score)
    wins = pairs = 0.0
    for honest, bad in tried.values():
        wins += sum((b > h) + (b == h) / 2 for b in bad for h in honest[:200])
        pairs += len(bad) * len(honest[:200])
    assert 0.45 < wins / pairs < 0.55


def pattern(row: Row) -> Hashable:
    return (frozenset(row.fields), decimals(row.fields["amount"]))


def test_whatever_kind_of_row_a_fraud_has_genuine_customers_have_too():
    def kinds(rows: list[Row]) -> Counter[Hashable]:
        return Counter(stratum(row)[:3] for row in rows)

    honest = kinds(genuine())
    assert [kind for kind in kinds(frauds()) if honest[kind] < 5] == []


@pytest.mark.parametrize("name", FIELDS)
def test_a_value_has_one_type_for_all(name):
    kinds = {type(row.fields[name]) for row in world() if name in row.fields}
    assert len(kinds) == 1
