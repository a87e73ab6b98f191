"""Sums up what the hits of every rule turned out to be, in one pass over the archive.

Loads Polars: import it only where that is meant, which in a worker is after it has forked.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import polars as pl

from clients.models import Institution
from intelligence.rates import current_rates
from learning.archive import read
from scoring.formula import SWITCH
from studio.models import RuleSummary

PERIODS: Final = (7, 30, 90)
"""Days back from now, by the time of the transaction."""

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

    One pass over the archive of the longest period, with the labels known by now. Harmless to
    repeat: equal decisions and labels give equal figures.
    """
    begin = now - timedelta(days=max(PERIODS))
    with read.reading():
        rows = (
            read.scan(since=begin, until=now, columns=_COLUMNS, known_by=now)
            .filter(pl.col("label_is_fraud").is_not_null())
            .collect()
        )
    for institution in Institution.objects.all():
        mine = rows.filter(pl.col("institution") == institution.slug)
        RuleSummary.objects.update_or_create(
            institution=institution,
            defaults={
                "as_of": now,
                "decisions": mine.height,
                "figures": _figures(mine, institution.base_currency, now),
            },
        )
    return rows.height


def _figures(rows: pl.DataFrame, base: str, now: datetime) -> dict[str, Any]:
    hits = _hits(_priced(rows, base))
    found = {}
    for days in PERIODS:
        since = (now - timedelta(days=days)).timestamp()
        found[f"d{days}"] = _by_rule(hits.filter(pl.col("occurred_at") >= since))
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


def _by_rule(hits: pl.DataFrame) -> dict[str, dict[str, float]]:
    fraud, live = pl.col("label_is_fraud"), pl.col("live")
    stopped = live & (pl.col("status") != "approved")
    summed = hits.group_by("code").agg(
        fraud=fraud.sum(),
        genuine=(~fraud).sum(),
        stopped_genuine=(stopped & ~fraud).sum(),
        money_stopped=pl.col("money").filter(stopped & fraud).sum(),
        unpriced=pl.col("money").filter(stopped & fraud).is_null().sum(),
    )
    return {row.pop("code"): row for row in _plain(summed)}


def _plain(summed: pl.DataFrame) -> Iterable[dict[str, Any]]:
    return summed.sort("code").iter_rows(named=True)
