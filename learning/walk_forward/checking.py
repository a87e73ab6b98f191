"""Every file of the days to come, looked through before a walk begins, which takes long."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from learning.errors import BadHistory
from learning.offline.reading import KIND, NEEDED, check_labels, read_events, read_labels
from learning.walk_forward.days import Folder


@dataclass(frozen=True, slots=True)
class Coming:
    """`first`: when the first event to come takes place; `refunds`: whether any day has some."""

    first: float
    refunds: bool


def check_days(folder: Folder, history: pl.DataFrame) -> Coming:
    """Reads what each day needs. Raises BadHistory for a file that a walk would stumble over, an
    event that an earlier file had, and one from before the last of an earlier file."""
    seen = [history.select("tx_id", "occurred_at")]
    starts, refunds = [], False
    for day in folder.days:
        if day.labels is not None:
            check_labels(read_labels(day.labels), pl.concat(seen))
        events = read_events(day.events, NEEDED)
        if events.is_empty():
            continue
        refunds |= KIND in events.columns
        _check_new(events, seen, day.events)
        _check_later(events, seen[-1], day.events)
        starts.append(float(events["occurred_at"][0]))
        seen.append(events.select("tx_id", "occurred_at"))
    if not starts:
        raise BadHistory("None of the days has events: there is nothing to predict.")
    return Coming(starts[0], refunds)


def _check_new(events: pl.DataFrame, seen: list[pl.DataFrame], path: Path) -> None:
    """Else its label would be told twice."""
    for earlier in seen:
        again = events.join(earlier, on="tx_id", how="semi")
        if len(again):
            raise BadHistory(
                f"{path.name}: transaction {again['tx_id'][0]} stands in the events of an earlier "
                "day as well; give each event once."
            )


def _check_later(events: pl.DataFrame, before: pl.DataFrame, path: Path) -> None:
    """Else rows would not be in order of time, which counters and splits rely on."""
    newest = before["occurred_at"][-1]
    early = events.filter(pl.col("occurred_at") < newest)
    if len(early):
        raise BadHistory(
            f"{path.name}: transaction {early['tx_id'][0]} took place before the last event of an "
            f"earlier file ({len(early):,} such events); move them to the file of their day."
        )
