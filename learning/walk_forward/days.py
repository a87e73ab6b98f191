"""The files of a walk: a history, then for each day its events and the labels known by then."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from learning.errors import BadHistory

_DAY = re.compile(r"day_(\d+)_events\.parquet")


@dataclass(frozen=True, slots=True)
class Day:
    number: int
    events: Path
    labels: Path | None


@dataclass(frozen=True, slots=True)
class Folder:
    events: Path
    labels: Path
    days: tuple[Day, ...]

    @property
    def files(self) -> list[Path]:
        own = [path for day in self.days for path in (day.events, day.labels) if path]
        return [self.events, self.labels, *own]


def look_into(folder: Path) -> Folder:
    """The files of a walk, days in order of their numbers. Raises BadHistory."""
    if not folder.is_dir():
        raise BadHistory(f"There is no folder {folder}.")
    days = []
    for path in folder.iterdir():
        if match := _DAY.fullmatch(path.name):
            labels = path.with_name(f"day_{match[1]}_labels.parquet")
            days.append(Day(int(match[1]), path, labels if labels.exists() else None))
    if not days:
        raise BadHistory(f"{folder} has no day_K_events.parquet: there is nothing to predict.")
    return Folder(
        folder / "history_events.parquet",
        folder / "history_labels.parquet",
        tuple(sorted(days, key=lambda day: day.number)),
    )
