"""Figures of a rule as its list and its page write them."""

from collections.abc import Mapping
from math import log10

from scoring.reports.figures import Share

_STEPS = ((1e9, "bn"), (1e6, "M"), (1e3, "k"))


def short_number(value: float) -> str:
    """Three digits and a word for the rest.

    >>> [short_number(n) for n in (0, 7, 999, 1_234, 45_600, 1_999_999, 3.5e12)]
    ['0', '7', '999', '1.23 k', '45.6 k', '2 M', '3,500 bn']
    """
    for size, word in _STEPS:
        if abs(value) >= size * 0.9995:
            scaled = value / size
            digits = max(0, 2 - int(log10(max(abs(scaled), 1))))
            text = f"{scaled:,.{digits}f}"
            return f"{text.rstrip('0').rstrip('.') if '.' in text else text} {word}"
    return f"{value:,.0f}"


def short_money(amounts: Mapping[str, float]) -> str:
    """Each currency's sum, the largest first.

    >>> short_money({"NGN": 1_900_000.0, "USD": 3_200.0}), short_money({})
    ('NGN 1.9 M + USD 3.2 k', '0')
    """
    ordered = sorted(amounts.items(), key=lambda item: -item[1])
    return " + ".join(f"{currency} {short_number(amount)}" for currency, amount in ordered) or "0"


def share_in_words(share: Share) -> str:
    """What a share rests on, for whoever hovers over it."""
    if share.value is None:
        return "No hit of this time has a label yet"
    bounds = ""
    if share.low is not None and share.high is not None:
        bounds = f"; between {100 * share.low:.0f} and {100 * share.high:.0f} % at 95 %"
    return f"{share.part:,.0f} of {share.whole:,.0f} labelled hits were fraud{bounds}"
