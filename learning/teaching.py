"""Train a model on the archive and hand it to the registry as a candidate."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.db import connection

from features.catalogue import CATALOGUE
from foundation.audit import Actor
from learning.errors import BadHistory, TrainingBusy

if TYPE_CHECKING:
    from scoring.serving.models import ModelVersion

_LOCK: Final = 7_041_906
SEEDS: Final = (0, 1)
MOST_TREES: Final = 360
"""Of all seeds together: so many answer within 60 microseconds."""


def train_model(
    *,
    by: Actor,
    known_by: dt.datetime,
    since: dt.datetime | None = None,
    institution: str | None = None,
    seconds: float = 300.0,
    maturity_days: float | None = None,
    say: Callable[[str], None] = lambda line: None,
) -> ModelVersion:
    """A new version, trained on decisions and labels known by then. The champion is untouched.

    What was stopped goes on where it was when the data are still the same. Raises BadHistory when
    nothing can be learned, and TrainingBusy while another training runs.
    """
    # Late: Polars and XGBoost must not be loaded in a process that forks.
    from learning.datasets.archived import from_archive
    from learning.evaluation.card import make_card
    from learning.registry.accepting import accept_trained
    from learning.training.checkpoints import Checkpoints
    from learning.training.trainer import Settings, train

    with _alone():
        data = from_archive(
            known_by=known_by, since=since, institution=institution, maturity_days=maturity_days
        )
        say(f"{len(data.sample.times):,} decisions, {len(data.sample.inputs)} features")
        folder = Path(settings.STATE_DIR) / "training"
        plan = Settings(
            seconds=seconds,
            seeds=SEEDS,
            most_rounds=MOST_TREES // len(SEEDS),
            checkpoints=Checkpoints(folder),
            facts={"catalogue_version": CATALOGUE.version},
        )
        moment = known_by.timestamp()
        outcome = train(data.sample, moment, plan, say=say)
        card = make_card(
            data.sample,
            moment,
            outcome,
            amounts=data.amounts,
            segments={"vertical": data.verticals},
        )
        say(f"average precision on later days {card['figures']['average_precision']:.4f}")
        return accept_trained(trained=outcome.trained, card=card, by=by)


@contextmanager
def _alone() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
        (free,) = cursor.fetchone()
        if not free:
            raise TrainingBusy("Another training runs at this moment; try again when it is done.")
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])


__all__ = ["BadHistory", "TrainingBusy", "train_model"]
