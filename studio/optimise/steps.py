"""Decisions under every value that is tried, all else as it was decided then."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
import polars as pl

from rules.definition import PublishedRule, VerticalConfig
from studio.backtest.programs import Program, program_of
from studio.backtest.reading import model_scores
from studio.backtest.swap import Context, Rest, Rule, Said, Swap, answer_of, contexts_of, rest_of
from studio.backtest.verdicts import Bytes, Limits, combined, scored, statuses
from studio.optimise.targets import Ladder

Flags = npt.NDArray[np.bool_]


class Tried(NamedTuple):
    """`rows` are those that are decided again; `statuses` has a row for each value, a column for
    each of them; `matched` likewise, where the rule's condition holds (none of a threshold)."""

    rows: npt.NDArray[np.int64]
    statuses: Bytes
    matched: list[npt.NDArray[np.int64]]


class Steps(Swap):
    """As a backtest puts one rule in another's place, here one for each value. Raises BadEdit."""

    def __init__(self, ladder: Ladder) -> None:
        self.ladder = ladder
        known: dict[str, Program] = {}
        self.sides: list[Rule | None] = []
        for rule in ladder.rules:
            key = rule.definition.fingerprint
            program = known.setdefault(key, known.get(key) or program_of(rule))
            self.sides.append((rule, program))
        self.code = ladder.rule.code if ladder.rule else ""

    @property
    def programs(self) -> list[Program]:
        """Each once."""
        return list({id(side[1]): side[1] for side in self.sides if side}.values())

    @property
    def columns(self) -> set[str]:
        return {*super().columns, "user_id"}

    def applies(self, vertical: pl.Expr) -> pl.Expr:
        """Which rows the target is about."""
        if self.ladder.config is not None:
            return vertical == self.ladder.config.code
        target, rule = self.ladder.target, self.ladder.rule
        if target.vertical:
            return vertical == target.vertical
        assert rule is not None  # noqa: S101  a parameter is a rule's
        definition = rule.definition
        if definition.only:
            return vertical.is_in(list(definition.only))
        return ~vertical.is_in(list(definition.exclude))

    def try_all(self, frame: pl.DataFrame) -> Tried:
        """Statuses of these rows, all of which the target is about."""
        contexts, codes = contexts_of(frame)
        frame = frame.with_columns(pl.Series("context", codes))
        if not self.sides:
            return self._thresholds(frame, contexts)
        said = self._said(frame, contexts, codes)
        rows = np.flatnonzero(self._concerned(frame, said)).astype(np.int64)
        decided = [*self._under(frame[rows], contexts, [one.points[rows] for one in said])]
        return Tried(rows, np.array(decided), [np.flatnonzero(one.fires) for one in said])

    def _said(
        self, frame: pl.DataFrame, contexts: list[Context], codes: npt.NDArray[np.int64]
    ) -> list[Said]:
        if self.ladder.target.kind != "weight":
            return self._say(self.sides, frame, contexts, codes)
        # Every weight has the same hits.
        return self._say(self.sides[:1], frame, contexts, codes) * len(self.sides)

    def _under(
        self, rows: pl.DataFrame, contexts: list[Context], points: list[npt.NDArray[np.float64]]
    ) -> Iterator[Bytes]:
        """As Swap decides, with each value's own weight."""
        alike, rest = rest_of(rows, contexts, self.code)
        codes = rows["context"].to_numpy()
        limits = Limits.of([context.config for context in contexts], codes)
        ml = model_scores(rows)
        is_weight = self.ladder.target.kind == "weight"
        for side, value, told in zip(self.sides, self.ladder.values, points, strict=True):
            rule = side[0] if side else None
            keys, back = _distinct(alike, told)
            answers = np.empty((len(keys), 2), np.float64)
            for place, (group, score) in enumerate(keys):
                answers[place] = _answer(rest[group], rule, score, value if is_weight else None)
            yield statuses(answers[back, 0], ml, answers[back, 1].astype(np.uint8), limits)

    def _thresholds(self, frame: pl.DataFrame, contexts: list[Context]) -> Tried:
        """Scores and effects are the same under every threshold: they are made once."""
        alike, rest = rest_of(frame, contexts, "")
        made = [(combined(one.hits)[0], one.flags) for one in rest]
        table = np.array(made, np.float64).reshape(-1, 2)[alike]
        scores, flags = table[:, 0], table[:, 1].astype(np.uint8)
        ml, codes = model_scores(frame), frame["context"].to_numpy()
        name = self.ladder.target.name
        found = []
        for value in self.ladder.values:
            configs = [_with_threshold(context.config, name, int(value)) for context in contexts]
            found.append(statuses(scores, ml, flags, Limits.of(configs, codes)))
        return Tried(np.arange(frame.height), np.array(found), [])


def _with_threshold(config: VerticalConfig, name: str, value: int) -> VerticalConfig:
    changed: dict[str, Any] = {name: value}
    return msgspec.structs.replace(config, **changed)


def _distinct(
    alike: npt.NDArray[np.int64], points: npt.NDArray[np.float64]
) -> tuple[list[tuple[int, float]], npt.NDArray[np.int64]]:
    """Each pair once, and which of them each row has."""
    scores, places = np.unique(points, return_inverse=True)
    # As one whole number each, which is sorted several times as fast as two.
    keys = alike * len(scores) + places
    found, back = np.unique(keys, return_inverse=True)
    pairs = [divmod(int(key), len(scores)) for key in found]
    return [(group, float(scores[place])) for group, place in pairs], back.astype(np.int64)


def _answer(
    rest: Rest, rule: PublishedRule | None, points: float, weight: float | None
) -> tuple[float, int]:
    if rule is None or weight is None or points < 0:
        return answer_of(rest, rule, points)
    score, flags = combined([*rest.hits, scored(rule.definition, points, weight)])
    return score, rest.flags | flags
