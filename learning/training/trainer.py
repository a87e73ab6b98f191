"""A model from a sample: searched, validated out of time, calibrated, aligned, fitted on all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from learning.errors import BadHistory
from learning.training.anomaly import grow
from learning.training.boosting import Shape
from learning.training.calibration import aligned, calibrated
from learning.training.checkpoints import Checkpoints, data_hash
from learning.training.sample import DAY_SECONDS, Sample, check
from learning.training.search import search
from learning.training.trained import Knots, Trained
from learning.training.validation import (
    OutOfTime,
    boosters_at,
    folds_of,
    joined,
    out_of_time,
    training_rows,
)


@dataclass(frozen=True, slots=True)
class Settings:
    """`seconds` are for the search alone. With a `shape` nothing is searched. `facts` are added to
    the model's own; `most_rounds` bounds the trees of each seed."""

    seconds: float = 300.0
    seeds: tuple[int, ...] = (0, 1, 2)
    shape: Shape | None = None
    anomaly: bool = True
    most_rounds: int = 240
    facts: Mapping[str, Any] = field(default_factory=dict)
    checkpoints: Checkpoints = field(default_factory=Checkpoints)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The model, and the held-out margins that it was calibrated with."""

    trained: Trained
    shape: Shape
    held_out: OutOfTime


def train(
    sample: Sample,
    moment: float,
    settings: Settings,
    *,
    say: Callable[[str], None] = lambda line: None,
) -> Outcome:
    """A model of what was known at this moment (epoch seconds). Raises BadHistory."""
    check(sample, moment)
    checkpoints = settings.checkpoints.of(sample)
    folds = folds_of(sample, moment)
    if not folds:
        raise BadHistory(
            "The history is too short to judge a model on later days than it learned from, or "
            "those days are all of one class; labels take "
            f"{sample.maturity / DAY_SECONDS:.0f} days, so wait for more of both."
        )
    shape = settings.shape
    trials: list[dict[str, float | str]] = []
    if shape is None:
        shape, trials = search(
            sample,
            moment,
            folds,
            seconds=settings.seconds,
            most_rounds=settings.most_rounds,
            checkpoints=checkpoints,
            say=say,
        )
    say(f"validating on {len(folds)} later spans with {len(settings.seeds)} seeds")
    held_out = joined(list(out_of_time(sample, moment, folds, shape, settings.seeds, checkpoints)))
    trained = refit(sample, moment, shape, settings, held_out, say=say)
    facts: dict[str, Any] = {
        **trained.facts,
        "trials": trials,
        "folds": [[fold.start, fold.end, fold.known] for fold in folds],
        "data_hash": data_hash(sample),
    }
    return Outcome(
        Trained(
            trained.features,
            trained.boosters,
            trained.calibration,
            trained.alignment,
            trained.anomaly,
            facts,
        ),
        shape,
        held_out,
    )


def refit(
    sample: Sample,
    moment: float,
    shape: Shape,
    settings: Settings,
    held_out: OutOfTime,
    *,
    say: Callable[[str], None] = lambda line: None,
) -> Trained:
    """The final model on all that is known, with calibration and alignment by held-out margins."""
    rows = training_rows(sample, moment, shape)
    say(f"fitting on {len(rows):,} transactions")
    checkpoints = settings.checkpoints.of(sample)
    boosters = boosters_at(sample, moment, shape, settings.seeds, checkpoints)
    forest = grow(sample, rows, moment) if settings.anomaly else None
    fraud = sample.verdicts(rows, moment)
    facts = {
        **settings.facts,
        "rows": len(rows),
        "frauds": int(fraud.sum()),
        "period": [float(sample.times[rows[0]]), float(sample.times[rows[-1]])],
        "known_by": moment,
        "label_delay": sample.maturity,
        "seeds": list(settings.seeds),
        "parameters": {**shape.parameters(settings.seeds[0]), **shape.facts()},
    }
    calibration, alignment = curves(held_out)
    return Trained(sample.inputs, boosters, calibration, alignment, forest, facts)


def curves(held_out: OutOfTime) -> tuple[Knots, Knots]:
    """Calibration by all held-out rows, alignment by the genuine ones."""
    genuine = held_out.fraud == 0
    return calibrated(held_out.margins, held_out.fraud), aligned(held_out.margins[genuine])
