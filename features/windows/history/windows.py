"""A column for every windowed feature."""

from collections.abc import Mapping

import polars as pl

from features.windows.declaring import CONDITIONS, LATE_SECONDS
from features.windows.history.frames import numbered, prepared
from features.windows.history.seen import seen
from features.windows.history.timeline import Timeline
from features.windows.history.totals import totals
from features.windows.plan import EntityPlan, Plan


def with_windows(
    events: pl.DataFrame, plan: Plan, *, complete_since: float | None = None
) -> pl.DataFrame:
    """The events of one institution, in order of arrival, with a column for each feature of the
    plan. The columns that go in: `features.windows.history.frames`.

    Amounts are in the institution's currency. Null is missing: the entity is not known, the event
    came too late to be counted, or the window begins earlier than ``complete_since``.
    """
    ready = prepared(events).with_row_index("arrival")
    too_late = ready.select(
        pl.col("occurred_at") < pl.col("occurred_at").cum_max() - LATE_SECONDS
    ).to_series()
    members = _members(ready, plan)
    told = ready.select("arrival", "occurred_at", "base_amount", *CONDITIONS)
    found = ready.select("arrival")
    for entity in plan.entities.values():
        answers = _empty(entity)
        numbers = numbered(ready, entity.name)
        if numbers is not None:
            line = Timeline(told, numbers.set(too_late, None), members)
            answers = _answers(line, entity, complete_since)
        found = found.join(answers, on="arrival", how="left", maintain_order="left")
    return events.with_columns(found.drop("arrival"))


def _members(events: pl.DataFrame, plan: Plan) -> Mapping[str, pl.Series]:
    asked = {seen.of for entity in plan.entities.values() for seen in entity.sightings}
    numbers = {name: numbered(events, name) for name in sorted(asked)}
    return {name: told for name, told in numbers.items() if told is not None}


def _answers(line: Timeline, entity: EntityPlan, complete_since: float | None) -> pl.DataFrame:
    answers = totals(line, entity.rings, complete_since)
    for sighting in entity.sightings:
        answers += seen(line, sighting, complete_since)
    named = zip(entity.answers, answers, strict=True)
    columns = {name: answer for names, answer in named for name in names}
    return pl.DataFrame({"arrival": line.rows["arrival"], **columns})


def _empty(entity: EntityPlan) -> pl.DataFrame:
    """Of no rows, with the columns of the entity."""
    kinds = ["number"] * sum(1 + ring.summed for ring in entity.rings)
    kinds += [what for sighting in entity.sightings for what, _ in sighting.asked]
    named = zip(entity.answers, kinds, strict=True)
    types = {n: pl.Boolean if kind == "repeated" else pl.Float64 for ns, kind in named for n in ns}
    return pl.DataFrame(schema={"arrival": pl.UInt32, **types})
