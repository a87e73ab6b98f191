"""A model that cannot be used, told to whoever watches the installation."""

import logging
from collections.abc import Sequence

from prometheus_client import Counter

from scoring.events import ModelFailed

log = logging.getLogger(__name__)

MODEL_FAULTS = Counter("model_faults", "Models in use that could not be used.", ["version"])


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
