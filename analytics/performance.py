"""How well decisions told fraud from genuine, by the model that took part."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Final

import msgspec

from analytics.accuracy import Accuracy, accuracy_of
from analytics.period import Period
from analytics.reading import LABELLED, WITHIN, rows

NO_MODEL: Final = "No model took part in these decisions: the figures are of the rules alone."
NO_LABELS: Final = "Nothing is known yet of what these transactions were; send feedback."


class ModelFigures(msgspec.Struct, frozen=True, kw_only=True):
    """One model's labelled decisions; `model_version` null is the rules alone.

    `auc` is the chance that a fraud scored higher than a genuine transaction: 0.5 is guessing, 1 is
    perfect; null unless both are known.
    """

    model_version: str | None
    labelled: int
    frauds: int
    auc: float | None
    average_score_fraud: float | None
    average_score_genuine: float | None
    outcome: Accuracy


class Performance(msgspec.Struct, frozen=True, kw_only=True):
    """`note` says what the figures are of where that is less than a model."""

    models: tuple[ModelFigures, ...]
    note: str


Case = tuple[int, str, bool]
"""Fraud score, status, whether it was fraud."""

_BY_SCORE: Final = f"""
    SELECT d.model_version, d.fraud_score, d.status, label.is_fraud, count(*)
    FROM {LABELLED} WHERE {WITHIN} GROUP BY 1, 2, 3, 4
"""  # noqa: S608  no value from outside


def performance(institution_id: int, period: Period, vertical: str | None = None) -> Performance:
    """One query, over the labelled decisions alone."""
    models: dict[str, Counter[Case]] = defaultdict(Counter)
    for version, *case, number in rows(_BY_SCORE, institution_id, period, vertical):
        models[version][tuple(case)] = number
    figures = tuple(_figures(version, models[version]) for version in sorted(models))
    return Performance(models=figures, note=_note(models))


def _note(models: Iterable[str]) -> str:
    versions = set(models)
    if not versions:
        return NO_LABELS
    return NO_MODEL if versions == {""} else ""


def _figures(version: str, cases: Counter[Case]) -> ModelFigures:
    outcomes: Counter[tuple[str, bool]] = Counter()
    scores: dict[bool, Counter[int]] = {True: Counter(), False: Counter()}
    for (score, status, fraud), number in cases.items():
        outcomes[status, fraud] += number
        scores[fraud][score] += number
    return ModelFigures(
        model_version=version or None,
        labelled=cases.total(),
        frauds=scores[True].total(),
        auc=auc(scores[True], scores[False]),
        average_score_fraud=_average(scores[True]),
        average_score_genuine=_average(scores[False]),
        outcome=accuracy_of(outcomes),
    )


def auc(frauds: Counter[int], genuine: Counter[int]) -> float | None:
    """Area under the ROC curve of scores, ties counted half; None unless there are both.

    >>> auc(Counter({80: 1, 20: 1}), Counter({20: 1, 10: 1}))
    0.875
    """
    pairs = frauds.total() * genuine.total()
    if not pairs:
        return None
    below = won = 0.0
    for score in sorted(frauds.keys() | genuine.keys()):
        won += frauds[score] * (below + genuine[score] / 2)
        below += genuine[score]
    return round(won / pairs, 6)


def _average(scores: Counter[int]) -> float | None:
    total = scores.total()
    return round(sum(s * n for s, n in scores.items()) / total, 4) if total else None
