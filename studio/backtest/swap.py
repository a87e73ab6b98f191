"""One rule in another's place in decisions that were made: all else is as it was decided then.

Only the columns that the rule reads are touched, and only rows that it concerns are decided again:
from the hits that are stored, without the rule's own, and with what each side's rule says.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from rules.definition import PublishedRule, State, VerticalConfig
from studio.backtest.columns import Columns, Flags
from studio.backtest.programs import Program, program_of
from studio.backtest.reading import model_scores
from studio.backtest.ruleset import in_canary
from studio.backtest.surroundings import FLAGS, SPEAKING
from studio.backtest.tally import Compared, alerts_of
from studio.backtest.then import rules_then
from studio.backtest.verdicts import (
    STATUSES,
    Bytes,
    Floats,
    Limits,
    Scored,
    combined,
    effect_flags,
    scored,
    statuses,
)

STORED: Final = ("status", "effect", "hits", "hit_scores", "ruleset_number")
_PLAIN: Final = ("", "allow", "decline", "review")
_CONTEXT: Final = "context"
_ALIKE: Final = (_CONTEXT, "hits", "hit_scores", FLAGS, SPEAKING)
_NO_HIT: Final = -1.0

Rule = tuple[PublishedRule, Program]


class Context(NamedTuple):
    """A ruleset and vertical under which some of the rows were decided."""

    number: int
    config: VerticalConfig


class Said(NamedTuple):
    """One side's rule over all rows; `points` are _NO_HIT where its hit does not count."""

    fires: Flags
    points: Floats


class Swap:
    """`before` against `after`, None for no rule. Raises BadEdit."""

    def __init__(self, before: PublishedRule | None, after: PublishedRule | None) -> None:
        self.sides: list[Rule | None] = [
            None if rule is None else (rule, program_of(rule)) for rule in (before, after)
        ]
        self.code = next(side[0].code for side in self.sides if side)

    @property
    def programs(self) -> list[Program]:
        """Those of both sides."""
        return [side[1] for side in self.sides if side]

    @property
    def columns(self) -> set[str]:
        """What is read besides `reading.BASE`."""
        found = {*STORED, *(name for program in self.programs for name in program.features)}
        if any(program.currencies for program in self.programs):
            found.add("rates")
        if any(side and side[0].state is State.CANARY for side in self.sides):
            found.add("user_id")
        return found

    def compare(self, frame: pl.DataFrame) -> tuple[Compared, Compared]:
        """Both sides' decisions on these rows."""
        contexts, codes = contexts_of(frame)
        frame = frame.with_columns(pl.Series(_CONTEXT, codes))
        said = self._say(self.sides, frame, contexts, codes)
        stored = stored_statuses(frame)
        rows = np.flatnonzero(self._concerned(frame, said))
        decided = self._decide(frame[rows], contexts, [side.points[rows] for side in said])
        alert_on = [context.config.alert_on for context in contexts]
        answers = []
        for side, fresh in zip(said, decided, strict=True):
            status = stored.copy()
            status[rows] = fresh
            alert = alerts_of(status, codes, alert_on)
            answers.append(Compared(status=status, matched=side.fires, alert=alert))
        return answers[0], answers[1]

    def _say(
        self,
        sides: Sequence[Rule | None],
        frame: pl.DataFrame,
        contexts: list[Context],
        codes: npt.NDArray[np.int64],
    ) -> list[Said]:
        columns = Columns(_CONTEXT)
        places: list[int | None] = []
        for side in sides:
            mine = {} if side is None else _applying(side[0], contexts)
            places.append(columns.place(side[1], mine) if side and mine else None)
        fires, points = columns.evaluate(frame)
        return [
            _nothing(frame.height)
            if side is None or place is None
            else _said(side, frame, fires[:, place], points.get(place), contexts, codes)
            for side, place in zip(sides, places, strict=True)
        ]

    def _concerned(self, frame: pl.DataFrame, said: list[Said]) -> Flags:
        """Rows that the rule decides on, or did; and those that something else than rules decided,
        such as the hold-out lane."""
        told = frame.select(
            pl.col("hits").list.contains(self.code) | ~pl.col("effect").is_in(_PLAIN)
        ).to_series()
        found: Flags = told.to_numpy().copy()
        for side in said:
            found |= side.points != _NO_HIT
        return found

    def _decide(
        self, rows: pl.DataFrame, contexts: list[Context], points: list[Floats]
    ) -> Iterator[npt.NDArray[np.uint8]]:
        alike, rest = rest_of(rows, contexts, self.code)
        codes = rows[_CONTEXT].to_numpy()
        limits = Limits.of([context.config for context in contexts], codes)
        ml = model_scores(rows)
        for side, told in zip(self.sides, points, strict=True):
            rule = side[0] if side else None
            answers: dict[tuple[int, float], tuple[float, int]] = {}
            found = np.empty((rows.height, 2), np.float64)
            for row, key in enumerate(zip(alike.tolist(), told.tolist(), strict=True)):
                answer = answers.get(key)
                if answer is None:
                    answer = answers[key] = answer_of(rest[key[0]], rule, key[1])
                found[row] = answer
            yield statuses(found[:, 0], ml, found[:, 1].astype(np.uint8), limits)


class Rest(NamedTuple):
    """All that decided besides the rule."""

    config: VerticalConfig
    hits: list[Scored]
    flags: int


def rest_of(
    rows: pl.DataFrame, contexts: list[Context], code: str
) -> tuple[npt.NDArray[np.int64], list[Rest]]:
    """What is alike in rows, and for each row which of it."""
    # Of the stored hits the last ones are of lists.
    grouped = rows.with_row_index("row").group_by(_ALIKE, maintain_order=True).agg("row")
    places = grouped.select("row").with_row_index("place").explode("row")
    alike = np.empty(rows.height, np.int64)
    alike[places["row"].to_numpy()] = places["place"].to_numpy()
    rest = []
    for context, hits, points, flags, speaking in grouped.select(_ALIKE).iter_rows():
        number, config = contexts[context]
        count = len(hits) - speaking
        then = rules_then(number).hits(config.code, hits[:count], points[:count], code)
        rest.append(Rest(config, then, flags | effect_flags(hit.effect for hit in then)))
    return alike, rest


def answer_of(rest: Rest, rule: PublishedRule | None, points: float) -> tuple[float, int]:
    if rule is None or points == _NO_HIT:
        return combined(rest.hits)[0], rest.flags
    weight = rest.config.rule_weights.get(rule.code, 1.0)
    score, flags = combined([*rest.hits, scored(rule.definition, points, weight)])
    return score, rest.flags | flags


def _said(
    side: Rule,
    frame: pl.DataFrame,
    fires: Flags,
    told: Floats | None,
    contexts: list[Context],
    codes: npt.NDArray[np.int64],
) -> Said:
    rule, program = side
    applies = np.array([rule.definition.applies_to(c.config.code) for c in contexts], np.bool_)
    fires = fires & applies[codes]
    if rule.state is State.LIVE:
        decides = fires
    elif rule.state is State.CANARY:
        decides = in_canary(rule, frame, fires)
    else:
        decides = np.zeros_like(fires)
    points = np.full(len(fires), program.points) if told is None else told
    return Said(fires, np.where(decides, points, _NO_HIT))


def stored_statuses(frame: pl.DataFrame) -> Bytes:
    """As they were decided. Reads `status`."""
    found = frame["status"].cast(pl.Enum(STATUSES)).to_physical().to_numpy()
    return found.astype(np.uint8)


def _nothing(rows: int) -> Said:
    return Said(np.zeros(rows, np.bool_), np.full(rows, _NO_HIT))


def _applying(rule: PublishedRule, contexts: list[Context]) -> Mapping[Any, VerticalConfig]:
    return {
        place: context.config
        for place, context in enumerate(contexts)
        if rule.definition.applies_to(context.config.code)
    }


def contexts_of(frame: pl.DataFrame) -> tuple[list[Context], npt.NDArray[np.int64]]:
    """The rulesets and verticals that there are, and which of them each row has."""
    verticals = frame["vertical"].unique().sort()
    places = frame["vertical"].cast(pl.Enum(verticals)).to_physical().to_numpy().astype(np.int64)
    keys = frame["ruleset_number"].to_numpy().astype(np.int64) * len(verticals) + places
    low = int(keys.min())
    distinct = np.flatnonzero(np.bincount(keys - low))  # no sort: numbers of rulesets are close
    codes = np.empty(distinct[-1] + 1, np.int64)
    codes[distinct] = np.arange(len(distinct))
    found = [divmod(int(key) + low, len(verticals)) for key in distinct]
    contexts = [Context(n, rules_then(n).configs[verticals[place]]) for n, place in found]
    return contexts, codes[keys - low]
