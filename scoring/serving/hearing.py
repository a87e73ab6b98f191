"""What the models say of one transaction: who decides, and who is scored beside."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from features.framework import Value
from scoring.detectors import Detector, Opinion
from scoring.serving.faults import report_fault
from scoring.serving.loaded import Loaded, ModelsInUse
from scoring.serving.patience import Patience
from scoring.serving.typical import typical_score

log = logging.getLogger(__name__)

_patience: dict[str, Patience] = {}


@dataclass(frozen=True, slots=True)
class Heard:
    """`score` 0..100 takes part in the decision; None when there is no model, or none was wanted.

    When the model did not answer (`failed`), `score` stands in for it and `version` is empty.
    `inputs` goes with the decision: the anomaly, and what the models beside said.
    """

    score: float | None = None
    probability: float | None = None
    version: str = ""
    failed: bool = False
    inputs: Mapping[str, Any] = field(default_factory=dict)
    detector: Detector | None = None


NOTHING = Heard()


def hear(
    models: ModelsInUse,
    values: Sequence[Value | None],
    *,
    customer_hash: bytes | None,
    vertical: str,
) -> Heard:
    """Asks the model that decides for this customer, and those beside it. No query, unless the
    model fails: then one a minute."""
    deciding = models.deciding(customer_hash)
    if deciding is None:
        return NOTHING
    opinion = ask(deciding, values)
    if opinion is None and deciding is not models.champion and models.champion is not None:
        deciding = models.champion
        opinion = ask(deciding, values)
    beside = _beside(models, deciding, values)
    if opinion is None:
        return Heard(score=typical_score(vertical), failed=True, inputs=beside)
    if opinion.anomaly is not None:
        beside["anomaly"] = round(opinion.anomaly, 2)
    return Heard(
        opinion.score, opinion.probability, deciding.version, False, beside, deciding.detector
    )


def _beside(
    models: ModelsInUse, deciding: Loaded, values: Sequence[Value | None]
) -> dict[str, Any]:
    if not models.challengers:
        return {}
    others = [
        (one, ask(one, values))
        for one in (models.champion, *models.challengers)
        if one is not None and one is not deciding
    ]
    return {
        "beside": [
            {"model": one.version, "ml_score": said.score, "ml_probability": said.probability}
            for one, said in others
            if said is not None
        ]
    }


def ask(model: Loaded, values: Sequence[Value | None]) -> Opinion | None:
    """Its opinion; None when it could not be loaded, fails, or rests after being slow."""
    if model.detector is None:
        return None
    patience = _patience.get(model.version)
    if patience is None:
        patience = _patience.setdefault(model.version, Patience())
    if patience.rests:
        return None
    start = perf_counter()
    try:
        opinion = model.detector.judge(values)
    except Exception as error:  # whatever a model does, the rules still decide
        log.exception("model %s failed", model.version)
        if patience.note(0.0, failed=True):
            report_fault(model.version, f"It fails again and again: {type(error).__name__}.")
        return None
    if patience.note(perf_counter() - start):
        report_fault(model.version, "It takes too long to answer, again and again.")
    return opinion


def forget_patience() -> None:
    """As a new process begins."""
    _patience.clear()
