"""Models that cannot be used, or know the traffic no longer: told to whoever watches the
installation."""

import logging
from collections.abc import Sequence

from prometheus_client import Counter

from learning.events import DriftFound, TrainingEnded
from scoring.events import ModelFailed

log = logging.getLogger(__name__)

MODEL_FAULTS = Counter("model_faults", "Models in use that could not be used.", ["version"])
DRIFT_FOUND = Counter("model_drift_found", "Days on which traffic had moved.", ["verdict"])
TRAININGS = Counter("model_trainings", "Trainings that ended.", ["cause", "state"])


def raise_alerts(failed: Sequence[ModelFailed]) -> None:
    """One line at the level that monitoring wakes people for, and a count, for each. The model's
    page and `/health` show the fault as long as it lasts."""
    for each in failed:
        MODEL_FAULTS.labels(each.version).inc()
        log.critical(
            "system alert: model %s cannot be used, decisions stand on a recent median: %s",
            each.version,
            each.fault,
        )


def raise_drift_alerts(found: Sequence[DriftFound]) -> None:
    """What is to be acted on wakes people, what is to be watched is written down."""
    for each in found:
        DRIFT_FOUND.labels(each.verdict).inc()
        level = logging.CRITICAL if each.verdict == "act" else logging.WARNING
        log.log(
            level,
            "system alert: traffic has moved away from what model %s was trained on (%s): %s",
            each.model,
            each.verdict,
            each.said,
        )


def note_trainings(ended: Sequence[TrainingEnded]) -> None:
    """A training that failed, or one that started by itself and came to nothing, is a warning."""
    for each in ended:
        TRAININGS.labels(each.cause, each.state).inc()
        level = logging.INFO if each.state == "done" else logging.WARNING
        log.log(level, "training %s (%s) %s: %s", each.run, each.cause, each.state, each.said)
