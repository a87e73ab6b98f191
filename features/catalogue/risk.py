"""What the labels known so far say of those who take part: customer, merchant, device ...

Every share is smoothed, and counts older transactions less: half for each `half-life` that has
passed since. A wave of frauds shows in the short ones, an entity's standing in the long one.
"""

from collections.abc import Iterator

from features.declaring import LABELS, Section
from features.framework import Feature
from features.windows.declaring import Windowed

_WHOSE = {
    "customer": ("identity", "the customer's"),
    "card": ("funding", "the card's"),
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

SETTLED = {
    "{}_settled_fraud_day": "1 day",
    "{}_settled_fraud_week": "7 days",
    "{}_settled_fraud_month": "30 days",
}
"""Names of an entity's shares of fraud among settled transactions: those of a span before the time
that labels usually take (their mean delay). None reaches back further than 30 days."""

_MONTH_ELSEWHERE = {"customer", "merchant"}
"""Entities whose transactions of 30 days are declared among their other windows."""

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
        for pattern, span in SETTLED.items():
            yield section.ratio(
                pattern.format(entity),
                f"Which share of {whose} transactions is known to be fraud, of the {span} before "
                "the time that labels usually take.",
                gathered_from=LABELS,
            )
        yield section.count(
            f"{entity}_frauds_30d",
            f"How many of {whose} transactions of the last 30 days are known to be fraud.",
            windowed=Windowed(entity=entity, window="30d", where="fraud"),
        )
        if entity not in _MONTH_ELSEWHERE:
            yield section.count(
                f"{entity}_transactions_30d",
                f"How many of {whose} transactions there were in 30 days, this one among them.",
                windowed=Windowed(entity=entity, window="30d"),
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
