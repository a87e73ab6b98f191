"""What rules read besides features, as columns: exchange rates and entries of lists.

The archive tells both as texts, of which a million rows have few distinct ones: each is read once.
"""

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

import polars as pl

from intelligence.rates import RateTable
from studio.backtest.verdicts import effect_flags

FLAGS: Final = "list_flags"
"""Column: effects of the entries found, a sum as of `verdicts.effect_flags`."""
SPEAKING: Final = "list_hits"
"""Column: how many of the stored hits are such entries; they are the last ones."""


def with_rates(frame: pl.DataFrame, currencies: Iterable[str], table: RateTable) -> pl.DataFrame:
    """Adds ``fx:<CUR>``. Reads `rates`, `currency` and `day`.

    A rate that the decision did not store is today's table's for the transaction's day, null when
    that has none.
    """
    needed = sorted(set(currencies))
    if not needed:
        return frame
    keys = ["rates", "currency", "day"]
    distinct = frame.select(keys).unique()
    found = [
        _rates(stored, currency, day, needed, table)
        for stored, currency, day in distinct.iter_rows()
    ]
    columns = [
        pl.Series(f"fx:{code}", [rates.get(code) for rates in found], dtype=pl.Float64)
        for code in needed
    ]
    return _joined(frame, distinct.with_columns(columns), keys)


def _rates(
    stored: str | None, currency: str, day: dt.date, needed: Iterable[str], table: RateTable
) -> Mapping[str, float]:
    then: dict[str, float] = json.loads(stored) if stored else {}
    lacking = [code for code in needed if code not in then]
    if not lacking:
        return then
    moment = dt.datetime.combine(day, dt.time(), dt.UTC).timestamp()
    return {**table.into(currency, lacking, moment), **then}


def with_lists(frame: pl.DataFrame, pairs: Iterable[tuple[str, str]]) -> pl.DataFrame:
    """Adds ``listed:<feature>:<list>`` for the pairs, FLAGS and SPEAKING. Reads `listed`."""
    distinct = frame.select("listed").unique()
    entries = [_entries(text) for text in distinct["listed"]]
    held = [{(feature, name) for feature, name, _ in some} for some in entries]
    speaking = [{(name, effect) for _, name, effect in some if effect} for some in entries]
    flags = [effect_flags(effect for _, effect in some) for some in speaking]
    columns = [
        pl.Series(f"listed:{pair[0]}:{pair[1]}", [pair in some for some in held], dtype=pl.Boolean)
        for pair in sorted(set(pairs))
    ]
    columns.append(pl.Series(FLAGS, flags, dtype=pl.UInt8))
    columns.append(pl.Series(SPEAKING, [len(some) for some in speaking], dtype=pl.UInt8))
    return _joined(frame, distinct.with_columns(columns), ["listed"])


def _entries(text: str | None) -> list[tuple[str, str, str]]:
    stored: list[Any] = json.loads(text) if text else []
    return [(feature, name, effect) for feature, name, effect in stored]


def _joined(frame: pl.DataFrame, told: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    if told.height == 1:
        return frame.with_columns(
            pl.lit(told[name][0], dtype=kind).alias(name)
            for name, kind in told.schema.items()
            if name not in keys
        )
    return frame.join(told, on=keys, how="left", nulls_equal=True, maintain_order="left")
