"""What a model's page tells besides its card: the figures that count, and what a comparison
waits for."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection

from learning.registry.charts import card_figures
from learning.registry.comparing import LEAST_FRAUDS, LEAST_GENUINE
from learning.registry.paired import ROUNDS
from scoring.serving.models import ModelVersion
from scoring.serving.services import champion

State = ModelVersion.State

LATEST: Final = 5_000
"""Labels that are looked at: the page must not read the archive."""

_SO_FAR: Final = """
SELECT count(DISTINCT d.transaction_id) FILTER (WHERE told.is_fraud),
       count(DISTINCT d.transaction_id) FILTER (WHERE NOT told.is_fraud)
FROM (SELECT transaction_id, is_fraud FROM transactions_label ORDER BY id DESC LIMIT %s) AS told
JOIN scoring_decision AS d ON d.transaction_id = told.transaction_id
WHERE d.inputs -> 'beside' @> %s::jsonb AND d.model_version = %s
   OR d.inputs -> 'beside' @> %s::jsonb AND d.model_version = %s
"""

_HEADLINES: Final = (
    ("average_precision", "average precision", 3),
    ("roc_auc", "area under the ROC curve", 3),
    ("recall_at_1_percent_fpr", "of the frauds at 1 % false alarms", 3),
    ("calibration_error", "calibration error", 4),
)


@dataclass(frozen=True, slots=True)
class SoFar:
    """How many labelled transactions both models scored, and how many a comparison needs. Genuine
    ones need no label once they are old enough, so frauds are what it waits for."""

    frauds: int
    genuine: int
    frauds_needed: int = LEAST_FRAUDS
    genuine_needed: int = LEAST_GENUINE

    @property
    def is_enough(self) -> bool:
        return self.frauds >= self.frauds_needed


def beside_champion(model: ModelVersion) -> dict[str, Any]:
    """What the section about the comparison shows. Two queries."""
    against = champion()
    if model.state == State.CHAMPION:
        rows = ModelVersion.objects.filter(state=State.SHADOW).only("pk", "version")
        return {"challengers": list(rows), "resamples": ROUNDS}
    found = so_far(against, model) if against and model.state == State.SHADOW else None
    return {"against": against, "so_far": found, "resamples": ROUNDS}


def so_far(against: ModelVersion, model: ModelVersion) -> SoFar:
    """Among the latest 5,000 labels, so at least so many (one query)."""
    beside = [json.dumps([{"model": one.version}]) for one in (model, against)]
    with connection.cursor() as cursor:
        cursor.execute(
            _SO_FAR,
            [LATEST, beside[0], against.version, beside[1], model.version],
        )
        frauds, genuine = cursor.fetchone()
    return SoFar(frauds, genuine)


def further_figures(card: Mapping[str, Any]) -> dict[str, Any]:
    """What the card has besides the headlines, in single figures and words."""
    told = {f"figures: {name}".replace("_", " ") for name, *_ in _HEADLINES}
    return {name: value for name, value in card_figures(card).items() if name not in told}


def headlines(card: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The figures that a model is chosen by, as far as its card has them: what, and how much."""
    figures = card.get("figures")
    if not isinstance(figures, Mapping):
        return []
    return [
        (f"{figures[name]:.{digits}f}", words)
        for name, words, digits in _HEADLINES
        if isinstance(figures.get(name), int | float)
    ]
