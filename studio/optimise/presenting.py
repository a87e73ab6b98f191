"""A curve as the page draws it: one list a figure, one entry a value."""

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np

from studio.backtest.contract import FRAUD, GENUINE
from studio.backtest.verdicts import APPROVED, DECLINED, REVIEW
from studio.models import Curve as CurveRow
from studio.optimise.costs import Assumptions, Parts, Proposal, costs, propose
from studio.optimise.curves_shape import Curve, Step
from studio.optimise.storing import unpack


class Drawn(msgspec.Struct, frozen=True, kw_only=True):
    """What does not depend on assumptions. Shares are 0 to 1, None where their whole is empty."""

    values: list[float]
    current: int
    precision: list[float | None]
    recall: list[float | None]
    hits: list[int]
    caught: list[int]
    missed: list[int]
    insults: list[int]
    money_stopped: list[float]
    money_missed: list[float]
    genuine_blocked: list[float]
    reviews_a_day: list[float]
    of_rule: bool
    logarithmic: bool


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What depends on them: `saved` against the present value for each, with its 95 % bounds."""

    saved: list[float]
    low: list[float]
    high: list[float]
    hours_a_day: list[float]
    proposal: Proposal


def drawn(curve: Curve) -> Drawn:
    """Precision is fraud among the hits of a rule, or the flagged decisions of a threshold or
    weight, that are known so (see `curves`); recall that of all known fraud."""
    steps = curve.steps
    of_rule = bool(steps[0].matched) and any(any(step.matched) for step in steps)
    told = [_hits(step) if of_rule else _flagged(step) for step in steps]
    frauds = curve.known.fraud
    first, last = steps[0].value, steps[-1].value
    return Drawn(
        values=curve.values,
        current=curve.values.index(curve.current),
        precision=[_share(f, f + g) for f, g in told],
        recall=[_share(f, frauds) for f, _ in told],
        hits=[sum(s.matched) if of_rule else _flagged_all(s) for s in steps],
        caught=[s.numbers[REVIEW][FRAUD] + s.numbers[DECLINED][FRAUD] for s in steps],
        missed=[s.numbers[APPROVED][FRAUD] for s in steps],
        insults=[s.numbers[DECLINED][GENUINE] for s in steps],
        money_stopped=[
            round(s.amounts[REVIEW][FRAUD] + s.amounts[DECLINED][FRAUD], 2) for s in steps
        ],
        money_missed=[s.amounts[APPROVED][FRAUD] for s in steps],
        genuine_blocked=[s.amounts[DECLINED][GENUINE] for s in steps],
        reviews_a_day=[round(sum(s.numbers[REVIEW]) / curve.days, 2) for s in steps],
        of_rule=of_rule,
        logarithmic=first > 0 and last / first > 20,
    )


def answer(curve: Curve, parts: Parts, assumptions: Assumptions) -> Answer:
    """Takes milliseconds."""
    here = curve.values.index(curve.current)
    cost = costs(parts.point, assumptions)
    many = costs(parts.replicates, assumptions)
    savings = many[:, here : here + 1] - many
    low, high = np.percentile(savings, [2.5, 97.5], axis=0)
    reviews = parts.point[:, 2] / curve.days
    return Answer(
        saved=_rounded(cost[here] - cost),
        low=_rounded(low),
        high=_rounded(high),
        hours_a_day=_rounded(reviews * assumptions.review_minutes / 60),
        proposal=propose(parts, curve.values, curve.current, curve.known, assumptions),
    )


def read(row: CurveRow) -> tuple[Curve, Parts]:
    """What was computed; of a finished curve alone."""
    return msgspec.convert(row.result, Curve), unpack(bytes(row.replicates or b""))


def _hits(step: Step) -> tuple[int, int]:
    return step.matched[FRAUD], step.matched[GENUINE]


def _flagged(step: Step) -> tuple[int, int]:
    held, declined = step.numbers[REVIEW], step.numbers[DECLINED]
    return held[FRAUD] + declined[FRAUD], held[GENUINE] + declined[GENUINE]


def _flagged_all(step: Step) -> int:
    return sum(step.numbers[REVIEW]) + sum(step.numbers[DECLINED])


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 5) if whole else None


def _rounded(figures: Sequence[float] | Any) -> list[float]:
    return [round(float(one), 2) for one in figures]
