"""What the labels known so far say of those who take part: customer, merchant, device ...

Every share is smoothed, and counts older transactions less: half for each `half-life` that has
passed since. A wave of frauds shows in the short ones, an entity's standing in the long one.
"""

from collections.abc import Iterator

from features.computations import numbers
from features.declaring import LABELS, Section
from features.framework import Feature

_WHOSE = {
    "customer": ("identity", "the customer's"),
    "merchant": ("merchant", "the merchant's"),
    "beneficiary": ("merchant", "the beneficiary's"),
    "device": ("network", "the device's"),
    "ip": ("network", "the address's"),
    "bin": ("funding", "the BIN's"),
}

RATES = {
    "{}_fraud_rate": 30,
    "{}_fraud_rate_week": 7,
    "{}_fraud_rate_days": 3,
}
"""Names of an entity's shares of fraud, and after how many days a transaction counts half."""

FRAUDS = {
    "{}_frauds_month": 30,
    "{}_frauds_week": 7,
    "{}_frauds_days": 3,
}
"""Names of an entity's known frauds, and after how many days one counts half."""

_COUNTED = {
    "customer": ("velocity_7d", "velocity_30d"),
    "merchant": ("merchant_transactions_7d", "merchant_transactions_30d"),
}
"""Entities whose transactions of 7 and of 30 days are counted."""

_DECLARED_ELSEWHERE = {
    f"{entity}_fraud_rate" for entity in ("merchant", "beneficiary", "device", "ip", "bin")
}


def _features() -> Iterator[Feature]:
    for entity, (category, whose) in _WHOSE.items():
        section = Section(category)
        for pattern, days in RATES.items():
            name = pattern.format(entity)
            if name not in _DECLARED_ELSEWHERE:
                yield section.ratio(
                    name,
                    f"Which share of {whose} transactions was fraud, as far as known, smoothed; "
                    f"those of {days} days ago count half.",
                    gathered_from=LABELS,
                )
        for pattern, days in FRAUDS.items():
            yield section.count(
                pattern.format(entity),
                f"How many of {whose} transactions are known to be fraud; those of {days} days ago "
                "count half.",
                gathered_from=LABELS,
            )
        if entity in _COUNTED:
            for span in ("month", "week"):
                yield section.number(
                    f"{entity}_settled_fraud_{span}",
                    f"The known frauds ({entity}_frauds_{span}) for each of {whose} transactions "
                    "of 7 to 30 days ago: younger frauds are seldom known yet.",
                    0,
                    1e9,
                    unit="times",
                    compute=numbers.for_each_settled,
                    computed_from=(f"{entity}_frauds_{span}", *_COUNTED[entity]),
                )
        if entity != "customer":  # previous_fraud_count
            yield section.count(
                f"{entity}_known_frauds",
                f"How many of {whose} transactions are known to be fraud.",
                gathered_from=LABELS,
            )
        yield section.days(
            f"{entity}_last_fraud_days",
            f"How long ago the newest of {whose} known frauds took place.",
            gathered_from=LABELS,
        )


FEATURES = tuple(_features())
