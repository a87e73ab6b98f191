"""Train a model on the archive and hand it to the registry as a candidate."""

from __future__ import annotations

import datetime as dt
import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.utils import timezone as clock

from features.catalogue import CATALOGUE
from foundation.audit import Actor
from foundation.locks import alone
from learning.codeversion import code_version
from learning.errors import BadHistory, TrainingBusy
from learning.export.errors import NotExportable
from learning.retraining.journal import begin, end, known_labels_by, moment_of_one_cut_off
from learning.retraining.models import TrainingRun
from scoring.detectors import ArtefactError

if TYPE_CHECKING:
    from learning.datasets.archived import Dataset
    from learning.training.trainer import Outcome
    from scoring.serving.models import ModelVersion

log = logging.getLogger(__name__)
SEEDS: Final = (0, 1)
MOST_TREES: Final = 360
"""Of all seeds together, at the depth of 6 that the search goes to: what one call was measured with
(benchmarks/models.py, docs/models.md)."""

Say = Callable[[str], None]
State = TrainingRun.State


def train_model(
    *,
    by: Actor,
    known_by: dt.datetime | None = None,
    since: dt.datetime | None = None,
    institution: str | None = None,
    seconds: float = 300.0,
    maturity_days: float | None = None,
    cause: str = TrainingRun.Cause.ASKED,
    say: Say = lambda line: None,
) -> ModelVersion:
    """A new version, trained on decisions and labels known by then. The champion is untouched.

    Without `known_by` it is now; but one that was cut off within a day goes on with its own moment,
    and so where it was, unless labels of that time have changed. How it ends is kept as a
    TrainingRun and told by an event. Raises BadHistory when nothing can be learned, and
    TrainingBusy while another training runs.
    """
    with alone("learning.training") as free:
        if not free:
            raise TrainingBusy("Another training runs at this moment; try again when it is done.")
        asked = (since, institution) if since or institution else ()
        moment = known_by or moment_of_one_cut_off(*asked) or clock.now()
        known = known_labels_by(moment, *asked)
        run = begin(cause=cause, known=known, known_by=moment, by=by)

        def tell(line: str) -> None:
            TrainingRun.objects.filter(pk=run.pk).update(said=line[:400])
            say(line)

        def ended(state: str, said: str, model: ModelVersion | None = None) -> None:
            end(run, state=state, said=said, by=by, model=model)
            shutil.rmtree(_pieces(), ignore_errors=True)  # the next one has another moment

        try:
            model = _train(by, moment, since, institution, seconds, maturity_days, tell)
        except BadHistory as error:
            ended(State.REFUSED, str(error))
            raise
        except (NotExportable, ArtefactError) as error:
            said = f"The model cannot be served, so it was thrown away: {error}"
            ended(State.FAILED, said)
            raise BadHistory(said) from error
        except Exception as error:
            ended(State.FAILED, f"{type(error).__name__}: {error}")
            raise
        ended(State.DONE, _summary(model), model)
        return model


def _pieces() -> Path:
    """Where what is finished of a training waits for the rest."""
    return Path(settings.STATE_DIR) / "training"


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

    _check_writable(Path(settings.MODELS_DIR))
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
        checkpoints=Checkpoints(_pieces()),
        facts={
            "catalogue_version": CATALOGUE.version,
            "code_version": code_version(),
            **({"institution": institution} if institution else {}),
            **({"since": since.date().isoformat()} if since else {}),
        },
    )
    with workers(settings.TRAINING_DASK_SCHEDULER):
        outcome = train(data.sample, known_by.timestamp(), plan, say=say)
    card = _card(data, known_by.timestamp(), outcome)
    say(f"average precision on later days {card['figures']['average_precision']:.4f}")
    return accept_trained(trained=outcome.trained, card=card, by=by)


def _check_writable(folder: Path) -> None:
    """Before a training, which takes long. Raises BadHistory."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise BadHistory(
            f"MODELS_DIR, {folder}, cannot be written ({error.strerror}); make it writable."
        ) from error


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
        segments=data.segments,
        fair=data.groups,
    )
    rows = training_rows(data.sample, moment, outcome.shape)
    scores = outcome.trained.alignment(outcome.held_out.margins)
    return {**card, "baseline": baseline_of(data.sample, rows, scores).as_dict()}


def _summary(model: ModelVersion) -> str:
    from learning.registry.accepting import why_people_decide

    figures, facts = model.card.get("figures", {}), model.card.get("facts", {})
    precision = figures.get("average_precision")
    judged = f", average precision on later days {precision:.3f}" if precision is not None else ""
    decides = "It decides from now on." if model.promoted_at else "It decides nothing yet."
    decides = f"{decides} {why_people_decide(model.card)}".strip()
    return (
        f"Model {model.version}: {facts.get('frauds', 0):,} frauds among {facts.get('rows', 0):,} "
        f"transactions{judged}. {decides}"
    )


__all__ = ["BadHistory", "TrainingBusy", "train_model"]
