"""A whole ruleset over many rows: every rule anew, every decision made again."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from rules.definition import PublishedRule, Snapshot, State
from rules.engine import bucket
from studio.backtest.columns import Columns, Flags
from studio.backtest.errors import BadEdit
from studio.backtest.programs import Program, program_of
from studio.backtest.surroundings import FLAGS
from studio.backtest.verdicts import Bytes, Floats, Limits, Scored, combined, scored, statuses

Codes = npt.NDArray[np.intp]

_MOST_KNOWN: Final = 200_000  # combinations kept from one portion to the next


class Placed(NamedTuple):
    """A rule of one side, and where its answers stand."""

    rule: PublishedRule
    program: Program
    column: int


class Combos(NamedTuple):
    """Rows in which hits count. Of two with equal `keys` the formulae say the same; `scores` are
    the points of rules without fixed ones."""

    rows: Codes
    keys: list[bytes]
    scores: Floats


@dataclass(frozen=True, slots=True)
class Decided:
    """One side's answers, a row each. `fires` and `decides`, where the hit counts, have a column
    for each of the side's rules; `list_flags` are effects of entries of lists."""

    status: Bytes
    rules: Floats
    fires: Flags
    decides: Flags
    list_flags: Bytes
    combos: Combos


class Side:
    """A snapshot ready to decide rows whose vertical it has."""

    def __init__(self, snapshot: Snapshot, columns: Columns) -> None:
        self.configs = list(snapshot.verticals)
        self.codes = [config.code for config in self.configs]
        self.rules: list[Placed] = []
        self.broken: list[str] = []
        by_code = {config.code: config for config in self.configs}
        for rule in snapshot.rules:
            try:
                program = program_of(rule)
            except BadEdit:
                self.broken.append(rule.code)
                continue
            mine = {c: v for c, v in by_code.items() if rule.definition.applies_to(c)}
            if mine:
                place = columns.place(program, mine)
                self.rules.append(Placed(rule, program, place))
        self._known: dict[bytes, tuple[float, int]] = {}

    @cached_property
    def _applies(self) -> Flags:
        """By vertical and rule."""
        table = [
            [placed.rule.definition.applies_to(code) for placed in self.rules]
            for code in self.codes
        ]
        return np.array(table, np.bool_).reshape(len(self.codes), len(self.rules))

    @cached_property
    def _expressive(self) -> list[int]:
        """Those whose points differ from row to row."""
        return [i for i, placed in enumerate(self.rules) if placed.program.points is None]

    def hits(self, vertical: int, deciding: Flags, scores: Floats) -> list[Scored]:
        """What the formulae read of one row's hits, in the order of rules."""
        told = dict(zip(self._expressive, scores.tolist(), strict=True))
        weights = self.configs[vertical].rule_weights
        found = []
        for i in np.flatnonzero(deciding).tolist():
            rule, program, _ = self.rules[i]
            points = told.get(i, 0.0) if program.points is None else program.points
            found.append(scored(rule.definition, points, weights.get(rule.code, 1.0)))
        return found

    def decide(
        self,
        frame: pl.DataFrame,
        verticals: Codes,
        ml: Floats,
        fires: Flags,
        points: dict[int, Floats],
    ) -> Decided:
        """Reads FLAGS and, of a canary, `user_id`. `verticals` are places in `codes`."""
        mine = np.take(fires, [placed.column for placed in self.rules], axis=1)
        for rule in np.flatnonzero(~self._applies.all(axis=0)):
            mine[:, rule] &= self._applies[verticals, rule]
        decides = self._deciding(frame, mine)
        combos = self._combos(verticals, decides, points)
        rules, flags = self._combine(verticals, decides, combos)
        listed = frame[FLAGS].to_numpy()
        limits = Limits.of(self.configs, verticals)
        status = statuses(rules, ml, flags | listed, limits)
        return Decided(status, rules, mine, decides, listed, combos)

    def _deciding(self, frame: pl.DataFrame, fires: Flags) -> Flags:
        states = [placed.rule.state for placed in self.rules]
        decides: Flags = fires & np.array([state is State.LIVE for state in states], np.bool_)
        for i, state in enumerate(states):
            if state is State.CANARY:
                decides[:, i] = in_canary(self.rules[i].rule, frame, fires[:, i])
        return decides

    def _combos(self, verticals: Codes, decides: Flags, points: dict[int, Floats]) -> Combos:
        rows = np.flatnonzero(decides.any(axis=1))
        hits = decides[rows]
        scores = np.zeros((len(rows), len(self._expressive)), np.float64)
        for place, rule in enumerate(self._expressive):
            told = points[self.rules[rule].column][rows]
            scores[:, place] = np.where(hits[:, rule], told, 0.0)
        return Combos(rows, _keys(verticals[rows], hits, scores), scores)

    def _combine(self, verticals: Codes, decides: Flags, combos: Combos) -> tuple[Floats, Bytes]:
        if len(self._known) > _MOST_KNOWN:
            self._known.clear()
        answers = np.empty((len(combos.rows), 2), np.float64)
        for place, key in enumerate(combos.keys):
            answer = self._known.get(key)
            if answer is None:
                row = combos.rows[place]
                hits = self.hits(int(verticals[row]), decides[row], combos.scores[place])
                answer = self._known[key] = combined(hits)
            answers[place] = answer
        rules = np.zeros(len(verticals), np.float64)
        flags = np.zeros(len(verticals), np.uint8)
        rules[combos.rows] = answers[:, 0]
        flags[combos.rows] = answers[:, 1].astype(np.uint8)
        return rules, flags


def in_canary(rule: PublishedRule, frame: pl.DataFrame, fires: Flags) -> Flags:
    """Of the rows where it fires those whose customer is among its share. Reads `user_id`."""
    chosen = np.zeros_like(fires)
    rows = np.flatnonzero(fires)
    buckets: dict[str | None, bool] = {None: False}
    for row, user in zip(rows, frame["user_id"].gather(rows), strict=True):
        inside = buckets.get(user)
        if inside is None:
            inside = bucket(rule.code, bytes.fromhex(user)) < rule.canary_percent
            buckets[user] = inside
        chosen[row] = inside
    return chosen


def _keys(verticals: Codes, hits: Flags, scores: Floats) -> list[bytes]:
    """Bytes a row, equal where vertical, hits and their points are."""
    if not len(hits):
        return []
    parts = [
        verticals.astype(np.uint8).reshape(-1, 1),
        np.packbits(hits, axis=1),
        np.frombuffer(scores.tobytes(), np.uint8).reshape(len(hits), 8 * scores.shape[1]),
    ]
    joined = np.ascontiguousarray(np.concatenate(parts, axis=1))
    # A list of integers would be read; a void ends in no zero that could be lost.
    found: list[bytes] = joined.view(f"V{joined.shape[1]}").ravel().tolist()
    return found
