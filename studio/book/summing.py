"""Sums up what the hits of every rule turned out to be, in one pass over the archive.

Loads Polars: import it only where that is meant, which in a worker is after it has forked.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Final

import polars as pl

from clients.models import Institution
from intelligence.rates import current_rates
from learning.archive import read
from scoring.formula import SWITCH
from studio.models import RuleSummary

PERIODS: Final = (7, 30, 90)
"""Days back from now, by the time of the transaction."""

_SPAN: Final = timedelta(days=10)
"""Read at once."""
_COLUMNS: Final = (
    "institution",
    "transaction_id",
    "occurred_at",
    "day",
    "status",
    "effect",
    "hits",
    "shadow_hits",
    "amount",
    "currency",
)


def summarise_rules(*, now: datetime) -> int:
    """Replaces the figures of every institution; how many labelled decisions were read.

    One pass over the archive of the longest period, with the labels known by now, some days at a
    time so that memory does not grow with the period. Harmless to repeat: equal decisions and
    labels give equal figures.
    """
    institutions = list(Institution.objects.all())
    found = {each.slug: _Sums() for each in institutions}
    with read.reading():
        for since, until in _spans(now):
            rows = _labelled(since, until, now)
            for each in institutions:
                mine = rows.filter(pl.col("institution") == each.slug)
                found[each.slug].add(mine, each.base_currency, now)
    for each in institutions:
        RuleSummary.objects.update_or_create(
            institution=each,
            defaults={
                "as_of": now,
                "decisions": found[each.slug].decisions,
                "figures": found[each.slug].figures(),
            },
        )
    return sum(sums.decisions for sums in found.values())


def _spans(now: datetime) -> Iterator[tuple[datetime, datetime]]:
    since = now - timedelta(days=max(PERIODS))
    while since < now:
        until = min(since + _SPAN, now)
        yield since, until
        since = until


def _labelled(since: datetime, until: datetime, now: datetime) -> pl.DataFrame:
    rows = read.scan(since=since, until=until, columns=_COLUMNS, known_by=now)
    return rows.filter(pl.col("label_is_fraud").is_not_null()).collect()


@dataclass(slots=True)
class _Sums:
    """An institution's, span by span."""

    decisions: int = 0
    parts: dict[int, list[pl.DataFrame]] = field(
        default_factory=lambda: {days: [] for days in PERIODS}
    )

    def add(self, rows: pl.DataFrame, base: str, now: datetime) -> None:
        self.decisions += rows.height
        hits = _hits(_priced(rows, base))
        for days, parts in self.parts.items():
            since = (now - timedelta(days=days)).timestamp()
            parts.append(_by_rule(hits.filter(pl.col("occurred_at") >= since)))

    def figures(self) -> dict[str, dict[str, dict[str, float]]]:
        """By period and rule."""
        found = {}
        for days, parts in self.parts.items():
            summed = pl.concat(parts).group_by("code").sum().sort("code")
            found[f"d{days}"] = {row.pop("code"): row for row in summed.iter_rows(named=True)}
        return found


def _priced(rows: pl.DataFrame, base: str) -> pl.DataFrame:
    """With `money`: the amount in the base currency at the day's rate, null without a rate."""
    pairs = rows.select("currency", "day").unique().rows()
    rates = pl.DataFrame(
        [(currency, day, _rate(currency, base, day)) for currency, day in pairs],
        schema={"currency": pl.String(), "day": pl.Date(), "rate": pl.Float64()},
        orient="row",
    )
    joined = rows.join(rates, on=["currency", "day"], how="left")
    return joined.with_columns(money=pl.col("amount") * pl.col("rate"))


def _rate(currency: str | None, base: str, day: date) -> float | None:
    if currency is None:
        return None
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp()
    return current_rates().into(base, [currency], noon).get(currency)


def _hits(rows: pl.DataFrame) -> pl.DataFrame:
    """A row for each labelled hit; `live` are those that could stop something, which none does
    where an operator's switch decided."""
    rows = rows.with_columns(by_rules=pl.col("effect").ne_missing(SWITCH))
    kept = ("occurred_at", "status", "label_is_fraud", "money")
    return pl.concat(
        rows.select(*kept, code=pl.col(column), live=pl.col("by_rules") & live)
        .explode("code")
        .drop_nulls("code")
        for column, live in (("hits", True), ("shadow_hits", False))
    )


def _by_rule(hits: pl.DataFrame) -> pl.DataFrame:
    fraud, live = pl.col("label_is_fraud"), pl.col("live")
    stopped = live & (pl.col("status") != "approved")
    return hits.group_by("code").agg(
        fraud=fraud.sum(),
        genuine=(~fraud).sum(),
        stopped_genuine=(stopped & ~fraud).sum(),
        money_stopped=pl.col("money").filter(stopped & fraud).sum(),
        unpriced=pl.col("money").filter(stopped & fraud).is_null().sum(),
    )
