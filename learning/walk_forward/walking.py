"""A history lived through: labels of a day before its events, every event scored before its label.

1. Train on what is known on the first morning.
2. Each day: take the labels that became known, compute the day's features, predict.
3. Every `retrain_days` train again with the same shape, on all that is known by then; calibration
   is by predictions whose outcome has become known since, none of which the models had seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl

from learning.errors import BadHistory
from learning.evaluation.checks import in_words, leaks
from learning.offline.columns import understand
from learning.offline.engine import Engine
from learning.offline.reading import (
    check_labels,
    like,
    read_events,
    read_labels,
    telling_refunds,
)
from learning.training.boosting import Shape
from learning.training.inputs import choose, matrix_of
from learning.training.sample import DAY_SECONDS, Sample, check_rows
from learning.training.trained import Doubles, Input, Trained
from learning.training.trainer import Settings, refit, train
from learning.training.validation import OutOfTime
from learning.walk_forward.checking import check_days
from learning.walk_forward.days import Day, Folder
from learning.walk_forward.growing import Growing

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """`maturity_days` None: read off the labels' own delays."""

    settings: Settings
    retrain_days: int = 7
    utc_offset_minutes: float = 0.0
    maturity_days: float | None = None


class Walk:
    """One walk through a folder. `trained` is the model in use."""

    trained: Trained
    inputs: tuple[Input, ...]

    def __init__(self, folder: Folder, plan: Plan, say: Say) -> None:
        self.folder, self.plan, self.say = folder, plan, say
        self._live: list[tuple[int, Doubles]] = []  # first row and margins of each day
        self._rows = 0
        self._days_since_training = 0

    def predictions(self) -> Iterator[pl.DataFrame]:
        """tx_id and p of every day's events, day by day. Raises BadHistory."""
        self._begin()
        for day in self.folder.days:
            yield self._day(day)

    def _begin(self) -> None:
        events, labels = read_events(self.folder.events), read_labels(self.folder.labels)
        check_rows(len(events))
        check_labels(labels, events)
        coming = check_days(self.folder, events)
        if coming.refunds:
            events = telling_refunds(events)
        self._schema = events.schema
        self.say(f"history: {len(events):,} events, {len(labels):,} labels")
        self._engine = Engine(
            understand(events),
            utc_offset_minutes=self.plan.utc_offset_minutes,
            batch_seconds=DAY_SECONDS,
        )
        self._engine.labels(labels)
        features = self._engine.events(events)
        self.inputs = choose(features)
        self.say(f"{len(features.columns)} features, of which the model reads {len(self.inputs)}")
        days = self.plan.maturity_days
        self._growing = Growing(self.inputs, None if days is None else days * DAY_SECONDS)
        self._growing.labels(labels)
        self._growing.events(features, matrix_of(features, self.inputs))
        self._rows = len(events)
        moment = _morning(coming.first)
        sample = self._growing.sample()
        outcome = train(sample, moment, self.plan.settings, say=self.say)
        for told in in_words(leaks(sample, moment, outcome)) or ["no sign of a leak"]:
            self.say(f"leak checks: {told}")
        self.trained, self._held_out = outcome.trained, outcome.held_out
        self._shape: Shape = outcome.shape

    def _day(self, day: Day) -> pl.DataFrame:
        events = like(read_events(day.events), self._schema)
        if day.labels is not None:
            self._engine.labels(self._growing.labels(read_labels(day.labels)))
        due = 0 < self.plan.retrain_days <= self._days_since_training
        self._days_since_training += 1
        if events.is_empty():
            return pl.DataFrame(schema={"tx_id": pl.Int64, "p": pl.Float64})
        if due:
            self._retrain(_morning(float(events["occurred_at"][0])))
            self._days_since_training = 1
        features = self._engine.events(events)
        matrix = matrix_of(features, self.inputs)
        margins = self.trained.margins(matrix)
        self._growing.events(features, matrix)
        self._live.append((self._rows, margins))
        self._rows += len(events)
        self.say(f"day {day.number}: {len(events):,} events")
        return pl.DataFrame({"tx_id": events["tx_id"], "p": self.trained.calibration(margins)})

    def _retrain(self, moment: float) -> None:
        sample = self._growing.sample()
        settings = replace(self.plan.settings, anomaly=False)
        held_out = self._held_out_by(sample, moment)
        self.trained = refit(sample, moment, self._shape, settings, held_out, say=self.say)

    def _held_out_by(self, sample: Sample, moment: float) -> OutOfTime:
        """The first validation's rows, and those predicted since whose outcome is known by now."""
        known = sample.known(moment)
        rows = [self._held_out.rows]
        margins = [self._held_out.margins]
        for first, told in self._live:
            mine = np.arange(first, first + len(told))
            kept = np.isin(mine, known)
            rows.append(mine[kept])
            margins.append(told[kept])
        places = np.concatenate(rows)
        return OutOfTime(places, np.concatenate(margins), sample.verdicts(places, moment))


def _morning(moment: float) -> float:
    """When the day (UTC) of this moment begins."""
    return moment // DAY_SECONDS * DAY_SECONDS


def walk(folder: Folder, out: Path, plan: Plan, say: Say) -> Walk:
    """Write the predictions of all days to `out` (Parquet: tx_id, p). Raises BadHistory."""
    _check_writable(out, folder)
    walked = Walk(folder, plan, say)
    pl.concat(list(walked.predictions())).write_parquet(out)
    return walked


def _check_writable(out: Path, folder: Folder) -> None:
    """Before the walk, which takes long. Raises BadHistory."""
    if out.exists() and any(out.samefile(path) for path in folder.files if path.exists()):
        raise BadHistory(f"{out} is one of the files of the walk; name another with --out.")
    is_new = not out.exists()
    try:
        with out.open("ab"):
            pass
        if is_new:
            out.unlink()
    except OSError as error:
        raise BadHistory(
            f"{out} cannot be written ({error.strerror}); name another file with --out."
        ) from error
