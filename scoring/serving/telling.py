"""Explanations in plain words, from what the features are declared to be."""

from dataclasses import dataclass
from typing import Any

from features.catalogue import CATALOGUE
from scoring.models import Decision
from scoring.serving.explaining import OTHERS
from scoring.serving.models import Explanation
from transactions.feature_text import readable


@dataclass(frozen=True, slots=True)
class Factor:
    """What moved the model: `points` of the ML score, plus or minus, and the same in log odds."""

    name: str
    words: str
    points: float
    contribution: float


def factors_told(decision: Decision, *, currency: str) -> list[Factor] | None:
    """The strongest first, None while nobody has explained the decision (one query)."""
    found = Explanation.objects.filter(pk=decision.pk).first()
    if found is None:
        return None
    return [
        Factor(
            one["name"],
            words_of(one["name"], one["value"], currency),
            one["points"],
            one["contribution"],
        )
        for one in found.factors
    ]


def words_of(name: str, value: Any, currency: str) -> str:
    """
    >>> words_of("ip_is_vpn", True, "NGN")
    'Whether the address belongs to a virtual private network: yes'
    >>> words_of("account_age_days", None, "NGN").rpartition(": ")[2]
    'not known'
    """
    if name == OTHERS:
        return "Everything else together"
    feature = CATALOGUE.get(name)
    what = _first_words(feature.doc) if feature else name.replace("_", " ")
    return f"{what}: {'not known' if value is None else readable(name, value, currency)}"


def _first_words(doc: str) -> str:
    """
    >>> _first_words("How much is moved. Zero is allowed: cards are checked.")
    'How much is moved'
    """
    return doc.partition(". ")[0].partition(";")[0].rstrip(".")
