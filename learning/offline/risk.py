"""What was known of an entity's frauds when each event took place: the risk, over history.

An event sees the labels that were known by its time and the transactions before it, never its own
outcome. It says what `scoring/state/labels.lua` and `counters.lua` say; `Ledger` keeps what is
needed to go on with the next share of events.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl


@dataclass(frozen=True, slots=True)
class Fading:
    """A pair of sums, frauds and transactions, halved for every `half_life` seconds of age."""

    name: str
    half_life: float

    @property
    def frauds(self) -> str:
        return f"frauds_{self.name}"

    @property
    def total(self) -> str:
        return f"total_{self.name}"


def verdicts(labels: pl.DataFrame) -> pl.DataFrame:
    """The labels that change what is known of their transaction, with `change` 1 or -1.

    `labels`: tx_id, y, known_at (epoch seconds); several of one transaction count in their order.
    """
    ordered = labels.sort("known_at", maintain_order=True)
    before = pl.col("y").shift(1).over("tx_id").fill_null(0)
    changed = ordered.with_columns(change=pl.col("y").cast(pl.Float64) - before)
    return changed.filter(pl.col("change") != 0)


@dataclass(slots=True)
class Ledger:
    """The risk of every entity of one kind, share of events after share of events.

    Sums are kept as they would weigh at `origin`, the first event's time: fading is then a matter
    of reading, and doubles hold a thousand half-lives.
    """

    fadings: tuple[Fading, ...]
    origin: float | None = None
    state: pl.DataFrame = field(init=False)

    def __post_init__(self) -> None:
        figures = dict.fromkeys(self.figures, pl.Float64())
        self.state = pl.DataFrame(schema={"entity": pl.String(), **figures})

    @property
    def figures(self) -> tuple[str, ...]:
        sums = (name for one in self.fadings for name in (one.frauds, one.total))
        return (*sums, "known", "last")

    def pass_through(self, events: pl.DataFrame, labels: pl.DataFrame) -> pl.DataFrame:
        """The figures before each event, in the events' order; afterwards they are in the state.

        `events`: entity, time (epoch seconds, ascending). `labels`: entity, time (their event's),
        known_at, change; what became known since the last share, none later than its end.
        For each fading its `frauds_` and `total_`; `known`, how many frauds are; `last`, when the
        newest of them took place (null without one). All are null where the entity is.
        """
        if self.origin is None:
            self.origin = float(events["time"].min() or 0.0)  # type: ignore[arg-type]
        rows = self._rows(events, labels)
        sums = [name for name in self.figures if name != "last"]
        running = rows.with_columns(
            *(pl.col(name).cum_sum().over("entity") for name in sums),
            last=pl.col("last").cum_max().forward_fill().over("entity"),
        )
        known = pl.col("entity").is_not_null()
        self.state = (
            running.filter(known)
            .group_by("entity")
            .last()
            .select("entity", *(pl.col(name) for name in self.figures))
        )
        told = running.filter(pl.col("place").is_not_null()).sort("place")
        return told.select(pl.when(known).then(one) for one in self._answers())

    def _rows(self, events: pl.DataFrame, labels: pl.DataFrame) -> pl.DataFrame:
        """State, labels and events in the order in which they became known, and what each adds."""
        told = labels.select(
            "entity",
            "time",
            order="known_at",
            change="change",
            last=pl.when(pl.col("change") > 0).then("time"),
        )
        counted = events.with_row_index("place").with_columns(order="time", count=pl.lit(1.0))
        state = self.state.with_columns(order=pl.lit(float("-inf")))
        rows = pl.concat([state, told, counted], how="diagonal")
        added = {"known": pl.col("change")}
        for one in self.fadings:
            added[one.frauds] = pl.col("change") * self._weight(one)
            added[one.total] = pl.col("count") * self._weight(one)
        # A label that becomes known at the moment of an event comes before it: the sort is stable.
        return rows.with_columns(
            pl.coalesce(name, expression, 0.0).alias(name) for name, expression in added.items()
        ).sort("order", maintain_order=True)

    def _weight(self, fading: Fading) -> pl.Expr:
        return pl.lit(2.0).pow((pl.col("time") - self.origin) / fading.half_life)

    def _answers(self) -> list[pl.Expr]:
        """The sums as they weigh at the event, without the event itself."""
        answers = []
        for one in self.fadings:
            weight = self._weight(one)
            answers.append((pl.col(one.frauds) / weight).clip(0).alias(one.frauds))
            answers.append((pl.col(one.total) / weight - 1).clip(0).alias(one.total))
        return [*answers, pl.col("known").clip(0), pl.col("last")]
