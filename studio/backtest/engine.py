"""Backtests: what a change would have decided on the archive's decisions.

Every event is decided again from what is stored with it. Changed behaviour is not simulated.
"""

from collections.abc import Iterator
from time import perf_counter
from typing import Final, Literal

import numpy as np
import polars as pl
from django.utils import timezone as clock

from rules.definition import VERTICALS, PublishedRule, Snapshot, State
from studio.backtest.columns import Columns
from studio.backtest.contract import Result, Window
from studio.backtest.errors import BadEdit
from studio.backtest.notes import always, asked_lists, immature, late_history, unrated
from studio.backtest.programs import Program
from studio.backtest.reading import BASE, Progress, Question, Reader, Worth, model_scores
from studio.backtest.ruleset import Decided, Side
from studio.backtest.surroundings import with_lists, with_rates
from studio.backtest.swap import Swap
from studio.backtest.tally import (
    Compared,
    Tally,
    alerts_of,
    changes_of,
    figures_of,
    group_of,
    parts_of,
)
from studio.backtest.truths import read_truths
from studio.backtest.verdicts import APPROVED

RULE_ROWS: Final = 250_000
RULESET_ROWS: Final = 50_000
"""Rows in memory at once: of one rule some columns, of a ruleset some 250."""


def untold(share: float) -> None:
    """For those who do not want to know how far it is."""


def never() -> bool:
    """For those who never cancel."""
    return False


def backtest_rule(
    before: PublishedRule | None,
    after: PublishedRule | None,
    window: Window,
    progress: Progress = untold,
    cancelled: Question = never,
) -> Result:
    """One rule exchanged, None for without it; all else as it was decided then.

    Where the rule that decided then was another than `before`, `before` takes its place. `matched`
    is where the condition holds in the rule's verticals, whatever its state. Raises BadEdit,
    NothingToTest, ArchiveTooOld, Cancelled.
    """
    if before is None and after is None:
        raise BadEdit("There is no rule to test.")
    if before and after and before.code != after.code:
        raise BadEdit(f"{before.code} and {after.code} are two rules; test them as a ruleset.")
    begun = perf_counter()
    swap = Swap(before, after)
    programs, worth, tally = swap.programs, Worth(window), Tally()
    reader = Reader(window, swap.columns, _features(programs), _verticals(programs))
    truths = read_truths(window)
    for frame in reader.frames(RULE_ROWS, progress=progress, cancelled=cancelled):
        rows = surrounded(frame, programs, worth)
        tally.add(rows, truths.of(rows), *swap.compare(rows))
    notes = [
        *always(window, mixed=worth.mixed, currency=worth.currency),
        *reader.notes(),
        *asked_lists(programs),
    ]
    return _result("rule", swap.code, window, tally, worth, notes, perf_counter() - begun)


def backtest_ruleset(
    before: Snapshot,
    after: Snapshot,
    window: Window,
    progress: Progress = untold,
    cancelled: Question = never,
) -> Result:
    """Every event decided again under both. `matched` is what is flagged.

    Raises as `backtest_rule` does.
    """
    begun = perf_counter()
    columns = Columns()
    sides = [Side(before, columns), Side(after, columns)]
    worth, tally, left_out = Worth(window), Tally(), 0
    reader = Reader(window, columns_of(sides))
    truths = read_truths(window)
    for frame in reader.frames(RULESET_ROWS, progress=progress, cancelled=cancelled):
        known = frame.filter(pl.col("vertical").is_in(_shared(sides)))
        left_out += frame.height - known.height
        if known.height:
            rows = surrounded(known, columns.programs, worth)
            tally.add(rows, truths.of(rows), *_compare(rows, sides, columns))
    notes = [
        *always(window, mixed=worth.mixed, currency=worth.currency),
        *reader.notes(),
        *_of_sides(sides, left_out),
        *asked_lists(columns.programs),
    ]
    return _result("ruleset", "", window, tally, worth, notes, perf_counter() - begun)


def columns_of(sides: list[Side]) -> set[str]:
    """What rulesets read besides `reading.BASE`."""
    placed = [one for side in sides for one in side.rules]
    found = {name for one in placed for name in one.program.features} | {"rates"}
    if any(one.rule.state is State.CANARY for one in placed):
        found.add("user_id")
    return found


def decide_all(
    frame: pl.DataFrame, sides: list[Side], columns: Columns
) -> Iterator[tuple[Decided, np.ndarray[tuple[int], np.dtype[np.intp]]]]:
    """Each side's decisions, and the places of the rows' verticals in it."""
    fires, points = columns.evaluate(frame)
    ml = model_scores(frame)
    for side in sides:
        places = frame["vertical"].cast(pl.Enum(side.codes)).to_physical().to_numpy()
        verticals = places.astype(np.intp)
        yield side.decide(frame, verticals, ml, fires, points), verticals


def _compare(frame: pl.DataFrame, sides: list[Side], columns: Columns) -> tuple[Compared, Compared]:
    answers = []
    for side, (decided, verticals) in zip(sides, decide_all(frame, sides, columns), strict=True):
        alert_on = [config.alert_on for config in side.configs]
        answers.append(
            Compared(
                status=decided.status,
                matched=decided.status != APPROVED,
                alert=alerts_of(decided.status, verticals, alert_on),
            )
        )
    return answers[0], answers[1]


def surrounded(frame: pl.DataFrame, programs: list[Program], worth: Worth) -> pl.DataFrame:
    """The rows with the rates and lists that the programs ask for."""
    currencies = {code for program in programs for code in program.currencies}
    lists = {pair for program in programs for pair in program.lists}
    return with_lists(with_rates(frame, currencies, worth.table), lists)


def _features(programs: list[Program]) -> frozenset[str]:
    return frozenset(name for program in programs for name in program.features) - {*BASE}


def _verticals(programs: list[Program]) -> list[str]:
    """Those in which one of them is evaluated."""
    return [code for code in VERTICALS if any(p.definition.applies_to(code) for p in programs)]


def _shared(sides: list[Side]) -> list[str]:
    return [code for code in sides[0].codes if code in sides[1].codes]


def _of_sides(sides: list[Side], left_out: int) -> Iterator[str]:
    if left_out:
        yield f"{left_out:,} decisions are of verticals that a ruleset does not have; left out."
    for code in sorted({code for side in sides for code in side.broken}):
        yield f"The rule {code} does not compile any more; it is skipped."


def _result(
    kind: Literal["rule", "ruleset"],
    code: str,
    window: Window,
    tally: Tally,
    worth: Worth,
    notes: list[str],
    seconds: float,
) -> Result:
    cells, without = tally.cells(worth.rate)
    whole = group_of(cells)
    notes += [*unrated(without, worth.currency), *immature(window, whole, clock.now())]
    first = min((cell.day for cell in cells), default=window.first_day)
    notes += late_history(window, first)
    days = window.days_from(first)
    return Result(
        kind=kind,
        code=code,
        window=window,
        currency=worth.currency,
        decisions=whole,
        before=figures_of(cells, 0, days),
        after=figures_of(cells, 1, days),
        changes=changes_of(cells),
        by_vertical=parts_of(cells, lambda cell: cell.vertical, days),
        by_day=parts_of(cells, lambda cell: cell.day.isoformat(), min(1.0, window.days)),
        samples=tally.samples,
        notes=tuple(notes),
        rows=tally.rows,
        seconds=round(seconds, 3),
    )
