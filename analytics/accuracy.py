"""Were the decisions right? Declined counts as predicted fraud."""

from collections import Counter
from typing import Final

import msgspec

from analytics.period import Period
from analytics.reading import LABELLED, WITHIN, rows, share


class Accuracy(msgspec.Struct, frozen=True, kw_only=True):
    """Decisions whose truth is known, by what was predicted.

    Shares are 0 to 1 and null where nothing is known. A false positive was declined and genuine; a
    false negative was fraud and not declined: `in_review` of those went to a person.
    """

    accuracy: float | None
    total_feedback: int
    correct_predictions: int
    false_positives: int
    false_negatives: int
    true_positives: int
    true_negatives: int
    in_review: int
    precision: float | None
    recall: float | None


_BY_STATUS: Final = f"""
    SELECT d.status, label.is_fraud, count(*) FROM {LABELLED} WHERE {WITHIN} GROUP BY 1, 2
"""  # noqa: S608  no value from outside


def accuracy(institution_id: int, period: Period, vertical: str | None = None) -> Accuracy:
    """One query, over the labelled decisions alone."""
    counts: Counter[tuple[str, bool]] = Counter()
    for status, fraud, number in rows(_BY_STATUS, institution_id, period, vertical):
        counts[status, fraud] = number
    return accuracy_of(counts)


def accuracy_of(counts: Counter[tuple[str, bool]]) -> Accuracy:
    """From numbers of decisions by status and truth.

    >>> told = accuracy_of(Counter({("declined", True): 3, ("declined", False): 1,
    ...                             ("approved", False): 5, ("review", True): 1}))
    >>> told.accuracy, told.precision, told.recall
    (0.8, 0.75, 0.75)
    """
    caught, alarms = counts["declined", True], counts["declined", False]
    missed = sum(number for (status, fraud), number in counts.items() if fraud) - caught
    passed = counts.total() - caught - alarms - missed
    return Accuracy(
        accuracy=share(caught + passed, counts.total()),
        total_feedback=counts.total(),
        correct_predictions=caught + passed,
        false_positives=alarms,
        false_negatives=missed,
        true_positives=caught,
        true_negatives=passed,
        in_review=counts["review", True],
        precision=share(caught, caught + alarms),
        recall=share(caught, caught + missed),
    )
