"""Archived decisions whose outcome is known, as the rules of each vertical see them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Final

import numpy as np
import polars as pl

from learning.archive import read
from learning.datasets.customers import COLUMNS as CUSTOMER
from learning.datasets.customers import customers_of
from learning.training.sample import maturity_of
from learning.weights.evidence import Outcomes, RuleFacts
from rules.definition import Definition, Effect, Snapshot, VerticalConfig

DAYS: Final = 180
MOST_ROWS: Final = 200_000
"""The newest of a vertical."""

_COLUMNS: Final = (*CUSTOMER, "occurred_at", "vertical", "status", "hits", "hit_scores")


def known_outcomes(
    snapshot: Snapshot, *, now: dt.datetime
) -> Iterator[tuple[VerticalConfig, Outcomes]]:
    """Of each vertical of the ruleset in force, one after the other, as all of them may be more
    than memory holds. Two queries, and the archive's files of half a year.

    Declined ones without a label are left out; approved ones pass for genuine once they are older
    than the delay within which 95 of 100 frauds were reported.
    """
    for config, frame in _decided(snapshot, now):
        rules = {
            rule.code: rule.definition
            for rule in snapshot.rules
            if rule.definition.applies_to(config.code) and rule.definition.effect != Effect.ALLOW
        }
        yield config, _outcomes(frame, rules, config.rule_weights)


def _decided(snapshot: Snapshot, now: dt.datetime) -> list[tuple[VerticalConfig, pl.DataFrame]]:
    with read.reading():
        rows = read.scan(
            since=now - dt.timedelta(days=DAYS), until=now, columns=_COLUMNS, known_by=now
        )
        told = pl.col("label_is_fraud").is_not_null()
        # Of younger ones frauds alone would be known.
        old = pl.col("occurred_at") <= now.timestamp() - _maturity(rows)
        known = rows.filter(old & (told | (pl.col("status") != "declined"))).sort("occurred_at")
        return [
            (
                config,
                known.filter(pl.col("vertical") == config.code)
                .tail(MOST_ROWS)
                .collect(engine="streaming"),
            )
            for config in snapshot.verticals
        ]


def _maturity(rows: pl.LazyFrame) -> float:
    frauds = rows.filter(pl.col("label_is_fraud")).select(
        "occurred_at", known_at=pl.col("label_known_at").dt.timestamp("us").cast(pl.Float64) / 1e6
    )
    told = frauds.collect(engine="streaming")
    times, known_at = (told[name].to_numpy().astype(np.float64) for name in told.columns)
    return maturity_of(times, known_at, np.ones(len(told), np.int8))


def _outcomes(
    frame: pl.DataFrame, rules: dict[str, Definition], weights: dict[str, float]
) -> Outcomes:
    """With a column for each rule that hit at all."""
    hit = set(frame["hits"].explode().drop_nulls())
    place = {code: number for number, code in enumerate(sorted(rules.keys() & hit))}
    worth = np.zeros((len(frame), len(place)))
    for row, (hits, scores) in enumerate(frame.select("hits", "hit_scores").iter_rows()):
        for code, score in zip(hits or (), scores or [None] * len(hits or ()), strict=True):
            if code in place:
                worth[row, place[code]] = _worth(rules[code], score)
    facts = tuple(
        RuleFacts(
            code,
            rules[code].family,
            _mean(worth[:, number]),
            weights.get(code, 1.0),
        )
        for code, number in place.items()
    )
    fraud = frame["label_is_fraud"].fill_null(value=False).to_numpy().astype(bool)
    return Outcomes(facts, worth, fraud, customers_of(frame))


def _worth(definition: Definition, score: float | None) -> float:
    """Of a hit with these points; by the definition's number where none were kept."""
    if score is None:
        try:
            score = float(definition.score)
        except ValueError:  # an expression
            return 0.0
    return definition.confidence * score / 100


def _mean(column: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> float:
    hit = column[column > 0]
    return float(hit.mean()) if len(hit) else 0.0
