"""A backtest's result as the panel on a rule's page tells it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from scoring.reports.figures import Share
from studio.admin.figures import short_number
from studio.admin.sparks import spark
from studio.backtest.contract import (
    TRUTHS,
    Change,
    Figures,
    Group,
    Part,
    Result,
    Truth,
    change_kind,
    sample_key,
)

APPROVED: Final = "approved"
GOOD, BAD, PLAIN = "fs-approved", "fs-declined", ""
_STATUSES: Final = ("approved", "review", "declined")


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure, before and after. `tone` colours the change, `sign` says it without colour."""

    name: str
    before: str
    after: str
    change: str
    tone: str
    about: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Moved:
    """Decisions that come out otherwise, in words, with some of them to look at."""

    words: str
    tone: str
    ids: tuple[str, ...]


def comparison(result: Result) -> dict[str, Any]:
    """Context of `studio/parts/comparison.html`."""
    return {
        "result": result,
        "tiles": list(_tiles(result)),
        "moved": list(_moved(result)),
        "statuses": _statuses(result.changes),
        "verticals": [_part(part) for part in result.by_vertical],
        "days": _days(result.by_day),
        "notes": result.notes,
        "empty": not result.decisions.n,
    }


# -- the figures ------------------------------------------------------------------------------


def _tiles(result: Result) -> Iterable[Tile]:
    before, after, currency = result.before, result.after, result.currency
    yield _count(
        "Matched", before.matched.n, after.matched.n, 0, _truths(after.matched),
        "Decisions on which the condition holds, in its verticals",
    )  # fmt: skip
    yield _share(
        "Precision", before.precision, after.precision, "Fraud among the labelled it matches"
    )
    yield _share("Recall", before.recall, after.recall, "Of the labelled fraud, what it matches")
    yield _share(
        "False positive rate",
        before.false_positive_rate,
        after.false_positive_rate,
        "Of the labelled genuine transactions, what it matches",
        better=-1,
    )
    yield _number("Alerts a day", before.alerts_a_day, after.alerts_a_day, -1, "")
    yield _count(
        "Fraud stopped", _stopped(before, "fraud"), _stopped(after, "fraud"), 1,
        "by all rules together", "Fraud that was held for review or declined",
    )  # fmt: skip
    yield _count(
        "Genuine stopped", _stopped(before, "genuine"), _stopped(after, "genuine"), -1,
        "by all rules together", "Genuine transactions that were held for review or declined",
    )  # fmt: skip
    yield _number("Money saved", before.money_saved, after.money_saved, 1, currency)
    yield _number(
        "Genuine money declined",
        before.genuine_money_blocked,
        after.genuine_money_blocked,
        -1,
        currency,
    )


def _stopped(figures: Figures, truth: str) -> int:
    return int(getattr(figures.review, truth) + getattr(figures.declined, truth))


def _count(name: str, before: int, after: int, better: int, about: str, meaning: str) -> Tile:
    change = after - before
    words = f"{change:+,}" if change else "no change"
    return Tile(name, f"{before:,}", f"{after:,}", words, _tone(change, better), about, meaning)


def _number(name: str, before: float, after: float, better: int, currency: str) -> Tile:
    change = after - before
    shown = [_amount(value, currency) for value in (before, after)]
    words = f"{'+' if change > 0 else '−'}{_amount(abs(change), currency)}"
    if abs(change) < 0.05:
        words, change = "no change", 0.0
    return Tile(name, shown[0], shown[1], words, _tone(change, better), currency, _MEANINGS[name])


def _amount(value: float, currency: str) -> str:
    return short_number(value) if currency else f"{value:,.1f}"


_MEANINGS = {
    "Alerts a day": "Decisions that open or join a case",
    "Money saved": "Amount of fraud that was not approved",
    "Genuine money declined": "Amount of genuine transactions that were declined",
}


def _share(name: str, before: Share, after: Share, meaning: str, *, better: int = 1) -> Tile:
    values = before.value, after.value
    about = f"of {after.whole:,.0f} labelled" if after.whole else "none has a label"
    if values[0] is None or values[1] is None:
        return Tile(name, _percent(values[0]), _percent(values[1]), "", PLAIN, about, meaning)
    change = 100 * (values[1] - values[0])
    words = f"{change:+.{0 if abs(change) >= 10 else 2}f} points"
    was, becomes = _percent(values[0]), _percent(values[1])
    return Tile(name, was, becomes, words, _tone(round(change, 2), better), about, meaning)


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.3g} %"


def _tone(change: float, better: int) -> str:
    """Green where it became better, red where worse; nothing where neither is said."""
    if not change or not better:
        return PLAIN
    return GOOD if (change > 0) == (better > 0) else BAD


# -- what moves -------------------------------------------------------------------------------


def _moved(result: Result) -> Iterable[Moved]:
    """Whole sentences' worth: how many of each truth begin or cease to be stopped."""
    for truth in TRUTHS:
        for stops, words, tone in _WORDS[truth]:
            some = [change for change in result.changes if _is_of(change, stops=stops)]
            count = sum(int(getattr(change.decisions, truth)) for change in some)
            if count:
                ids = [i for change in some for i in _ids(result, change, truth)]
                yield Moved(f"{count:,} {words}", tone, tuple(ids[:50]))


_WORDS: dict[Truth, tuple[tuple[bool, str, str], ...]] = {
    "fraud": ((False, "frauds no longer caught", BAD), (True, "more frauds caught", GOOD)),
    "genuine": ((False, "genuine no longer stopped", GOOD), (True, "more genuine stopped", BAD)),
    "unlabelled": (
        (False, "without a label no longer stopped", PLAIN),
        (True, "more without a label stopped", PLAIN),
    ),
}


def _is_of(change: Change, *, stops: bool) -> bool:
    was, becomes = change.before != APPROVED, change.after != APPROVED
    return was != becomes and becomes is stops


def _ids(result: Result, change: Change, truth: Truth) -> tuple[str, ...]:
    kind = change_kind(change.before, change.after)
    return result.samples.get(sample_key(kind, truth), ())


def _statuses(changes: Iterable[Change]) -> list[dict[str, Any]]:
    """Rows of a table: from each status, how many become each."""
    groups = {(change.before, change.after): change.decisions for change in changes}
    rows = []
    for before in _STATUSES:
        cells = [_cell(groups.get((before, after)), before == after) for after in _STATUSES]
        rows.append({"before": before, "cells": cells})
    return rows


def _cell(group: Group | None, same: bool) -> dict[str, Any]:
    found = group or Group()
    words = (
        f"{found.fraud:,} fraud, {found.genuine:,} genuine, {found.unlabelled:,} without a label"
    )
    return {"n": f"{found.n:,}" if found.n else "–", "words": words, "same": same}


def _truths(group: Group) -> str:
    return f"{group.fraud:,} fraud, {group.genuine:,} genuine, {group.unlabelled:,} without a label"


def _part(part: Part) -> dict[str, Any]:
    before, after = part.before, part.after
    pairs = [
        (before.matched.n, after.matched.n),
        (_stopped(before, "fraud"), _stopped(after, "fraud")),
        (_stopped(before, "genuine"), _stopped(after, "genuine")),
    ]
    cells = [f"{was:,} → {becomes:,}" if was != becomes else f"{was:,}" for was, becomes in pairs]
    return {"name": part.name.replace("_", " "), "cells": cells}


def _days(parts: Iterable[Part]) -> dict[str, Any]:
    before = [part.before.matched.n for part in parts]
    after = [part.after.matched.n for part in parts]
    most = max([*before, *after], default=0)
    return {
        "before": spark(before, f"matched a day before, {sum(before):,} in all", most=most),
        "after": spark(after, f"matched a day after, {sum(after):,} in all", most=most),
    }
