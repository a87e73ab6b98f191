"""Archived decisions whose outcome is known, as the rules of each vertical see them."""

from __future__ import annotations

import datetime as dt
from typing import Final

import numpy as np
import polars as pl

from learning.archive import read
from learning.training.sample import maturity_of
from learning.weights.fitting import Outcomes, RuleFacts
from rules.definition import Definition, Effect, Snapshot

DAYS: Final = 180
MOST_ROWS: Final = 200_000
"""The newest of a vertical."""

_COLUMNS: Final = ("occurred_at", "vertical", "status", "hits", "hit_scores")


def known_outcomes(snapshot: Snapshot, *, now: dt.datetime) -> dict[str, Outcomes]:
    """By vertical of the ruleset in force. Two queries, and the archive's files of half a year.

    Declined ones without a label are left out; approved ones pass for genuine once they are older
    than the delay within which 95 of 100 frauds were reported.
    """
    with read.reading():
        rows = read.scan(
            since=now - dt.timedelta(days=DAYS), until=now, columns=_COLUMNS, known_by=now
        )
        told = pl.col("label_is_fraud").is_not_null()
        frame = rows.filter(told | (pl.col("status") != "declined")).sort("occurred_at").collect()
    frame = _mature(frame, now)
    found = {}
    for config in snapshot.verticals:
        mine = frame.filter(pl.col("vertical") == config.code).tail(MOST_ROWS)
        rules = {
            rule.code: rule.definition
            for rule in snapshot.rules
            if rule.definition.applies_to(config.code) and rule.definition.effect != Effect.ALLOW
        }
        found[config.code] = _outcomes(mine, rules, config.rule_weights)
    return found


def _mature(frame: pl.DataFrame, now: dt.datetime) -> pl.DataFrame:
    times = frame["occurred_at"].to_numpy().astype(np.float64)
    known_at = (frame["label_known_at"].dt.timestamp("us").cast(pl.Float64) / 1e6).fill_null(
        float("inf")
    )
    fraud = frame["label_is_fraud"].fill_null(value=False).to_numpy().astype(np.int8)
    maturity = maturity_of(times, known_at.to_numpy().astype(np.float64), fraud)
    # Of younger ones frauds alone would be known.
    return frame.filter(pl.col("occurred_at") <= now.timestamp() - maturity)


def _outcomes(
    frame: pl.DataFrame, rules: dict[str, Definition], weights: dict[str, float]
) -> Outcomes:
    codes = sorted(rules)
    place = {code: number for number, code in enumerate(codes)}
    worth = np.zeros((len(frame), len(codes)))
    for row, (hits, scores) in enumerate(frame.select("hits", "hit_scores").iter_rows()):
        for code, score in zip(hits or (), scores or [None] * len(hits or ()), strict=True):
            if code in place:
                worth[row, place[code]] = _worth(rules[code], score)
    facts = tuple(
        RuleFacts(
            code,
            rules[code].family,
            _mean(worth[:, number]) or _worth(rules[code], None),
            weights.get(code, 1.0),
        )
        for code, number in place.items()
    )
    fraud = frame["label_is_fraud"].fill_null(value=False).to_numpy().astype(bool)
    return Outcomes(facts, worth, fraud)


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
