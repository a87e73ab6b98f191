"""Train a model on the archive and hand it to the registry as a candidate."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings

from features.catalogue import CATALOGUE
from foundation.audit import Actor
from foundation.locks import alone
from learning.codeversion import code_version
from learning.errors import BadHistory, TrainingBusy
from learning.export.errors import NotExportable
from learning.retraining.journal import begin, end, known_labels_by
from learning.retraining.models import TrainingRun
from scoring.detectors import ArtefactError

if TYPE_CHECKING:
    from learning.datasets.archived import Dataset
    from learning.training.trainer import Outcome
    from scoring.serving.models import ModelVersion

log = logging.getLogger(__name__)
SEEDS: Final = (0, 1)
MOST_TREES: Final = 360
"""Of all seeds together: so many answer within 60 microseconds."""

Say = Callable[[str], None]
State = TrainingRun.State


def train_model(
    *,
    by: Actor,
    known_by: dt.datetime,
    since: dt.datetime | None = None,
    institution: str | None = None,
    seconds: float = 300.0,
    maturity_days: float | None = None,
    cause: str = TrainingRun.Cause.ASKED,
    say: Say = lambda line: None,
) -> ModelVersion:
    """A new version, trained on decisions and labels known by then. The champion is untouched.

    What was stopped goes on where it was when the data are still the same. How it ends is kept as a
    TrainingRun and told by an event. Raises BadHistory when nothing can be learned, and
    TrainingBusy while another training runs.
    """
    with alone("learning.training") as free:
        if not free:
            raise TrainingBusy("Another training runs at this moment; try again when it is done.")
        asked = (since, institution) if since or institution else ()
        known = known_labels_by(known_by, *asked)
        run = begin(cause=cause, known=known, known_by=known_by, by=by)

        def tell(line: str) -> None:
            TrainingRun.objects.filter(pk=run.pk).update(said=line[:400])
            say(line)

        try:
            model = _train(by, known_by, since, institution, seconds, maturity_days, tell)
        except BadHistory as error:
            end(run, state=State.REFUSED, said=str(error), by=by, model=None)
            raise
        except (NotExportable, ArtefactError) as error:
            said = f"The model cannot be served, so it was thrown away: {error}"
            end(run, state=State.FAILED, said=said, by=by, model=None)
            raise BadHistory(said) from error
        except Exception as error:
            end(run, state=State.FAILED, said=f"{type(error).__name__}: {error}", by=by, model=None)
            raise
        end(run, state=State.DONE, said=_summary(model), by=by, model=model)
        return model


def _train(
    by: Actor,
    known_by: dt.datetime,
    since: dt.datetime | None,
    institution: str | None,
    seconds: float,
    maturity_days: float | None,
    say: Say,
) -> ModelVersion:
    # Late: Polars and XGBoost must not be loaded in a process that forks.
    from learning.datasets.archived import from_archive
    from learning.registry.accepting import accept_trained
    from learning.training.checkpoints import Checkpoints
    from learning.training.distributed import workers
    from learning.training.trainer import Settings, train

    data = from_archive(
        known_by=known_by,
        since=since,
        institution=institution,
        maturity_days=maturity_days,
        groups=settings.TRAINING_FAIRNESS_GROUPS,
    )
    say(f"{len(data.sample.times):,} decisions, {len(data.sample.inputs)} features")
    plan = Settings(
        seconds=seconds,
        seeds=SEEDS,
        most_rounds=MOST_TREES // len(SEEDS),
        checkpoints=Checkpoints(Path(settings.STATE_DIR) / "training"),
        facts={"catalogue_version": CATALOGUE.version, "code_version": code_version()},
    )
    with workers(settings.TRAINING_DASK_SCHEDULER):
        outcome = train(data.sample, known_by.timestamp(), plan, say=say)
    card = _card(data, known_by.timestamp(), outcome)
    say(f"average precision on later days {card['figures'].get('average_precision') or 0:.4f}")
    return accept_trained(trained=outcome.trained, card=card, by=by)


def _card(data: Dataset, moment: float, outcome: Outcome) -> dict[str, Any]:
    """The card, with what the model was trained on, so that drift can be told."""
    from learning.drift.baseline import baseline_of
    from learning.evaluation.card import make_card
    from learning.training.validation import training_rows

    card = make_card(
        data.sample,
        moment,
        outcome,
        amounts=data.amounts,
        segments={"vertical": data.verticals},
        fair=data.groups,
    )
    rows = training_rows(data.sample, moment, outcome.shape)
    scores = outcome.trained.alignment(outcome.held_out.margins)
    return {**card, "baseline": baseline_of(data.sample, rows, scores).as_dict()}


def _summary(model: ModelVersion) -> str:
    from learning.registry.comparing import beats_chance

    figures, facts = model.card.get("figures", {}), model.card.get("facts", {})
    precision = figures.get("average_precision")
    judged = f", average precision on later days {precision:.3f}" if precision is not None else ""
    decides = "It decides from now on." if model.promoted_at else "It decides nothing yet."
    if not beats_chance(model.card):
        decides += " On later days it ranked transactions not surely better than chance."
    return (
        f"Model {model.version}: {facts.get('frauds', 0):,} frauds among {facts.get('rows', 0):,} "
        f"transactions{judged}. {decides}"
    )


__all__ = ["BadHistory", "TrainingBusy", "train_model"]
