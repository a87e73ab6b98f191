"""Working suggestions out, taking one up, dismissing one."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import msgspec
from django.db import transaction
from django.utils import timezone as clock

from foundation.audit import Actor, actor_name, record
from foundation.locks import alone
from foundation.models import User
from foundation.permissions import require
from learning.weights.errors import SuggestionRefused
from learning.weights.models import WeightRun, WeightSuggestion
from rules.models import Vertical
from rules.queries import published_snapshot
from rules.services import edit_vertical

if TYPE_CHECKING:
    from learning.weights.evidence import Outcomes
    from learning.weights.fitting import Fitted

CHANGE = "rules.change_vertical"
State = WeightSuggestion.State


def suggest_weights(*, by: Actor, now: dt.datetime | None = None) -> list[WeightRun]:
    """Looks at the outcomes of every vertical of the ruleset in force; a run for each. What was
    suggested before and not taken up is superseded. Empty where no ruleset is in force.

    Raises SuggestionRefused while another process is at it.
    """
    require(by, CHANGE)
    # Late: Polars must not start its threads in a process that forks.
    from learning.weights.outcomes import known_outcomes

    snapshot = published_snapshot()
    if snapshot is None:
        return []
    with alone("learning.weights") as free:
        if not free:
            raise SuggestionRefused("Suggestions are being worked out at this moment.")
        return [
            _look_at(config.code, outcomes, config.review_threshold, by)
            for config, outcomes in known_outcomes(snapshot, now=now or clock.now())
        ]


def _look_at(vertical: str, outcomes: Outcomes, review_threshold: float, by: Actor) -> WeightRun:
    from learning.weights.fitting import TooLittle, fit_weights

    try:
        fitted = fit_weights(outcomes, review_threshold)
    except TooLittle as little:
        return _store(vertical, outcomes, None, str(little), by)
    return _store(vertical, outcomes, fitted, _said(fitted), by)


def _said(fitted: Fitted) -> str:
    count = len(fitted.suggestions)
    said = f"{count} suggestion{'' if count == 1 else 's'}." if count else "Weights may stay."
    if fitted.worse:
        said += f" Left out, as it would order later days worse: {fitted.worse}."
    return said


@transaction.atomic
def _store(
    vertical: str, outcomes: Outcomes, fitted: Fitted | None, said: str, by: Actor
) -> WeightRun:
    run = WeightRun.objects.create(
        vertical=vertical,
        rows=len(outcomes.fraud),
        frauds=int(outcomes.fraud.sum()),
        said=said,
        figures=_figures(fitted),
        made_by=actor_name(by),
    )
    old = WeightSuggestion.objects.filter(vertical=vertical, state=State.OPEN)
    superseded = old.update(
        state=State.SUPERSEDED, settled_by=actor_name(by), settled_at=clock.now()
    )
    made = WeightSuggestion.objects.bulk_create(
        WeightSuggestion(
            run=run,
            vertical=vertical,
            code=one.rule.code,
            weight_before=one.rule.weight,
            weight=one.weight,
            low=one.low,
            high=one.high,
            hits=one.hits,
            frauds=one.frauds,
            figures={"before": run.figures["before"], "after": one.after.as_dict()},
        )
        for one in (fitted.suggestions if fitted else ())
    )
    if made or superseded:
        record(
            actor=by,
            action="weights.suggested",
            subject=f"rules.vertical:{vertical}",
            after={"run": run.pk, "suggestions": len(made), "superseded": superseded},
        )
    return run


def _figures(fitted: Fitted | None) -> dict[str, Any]:
    if fitted is None:
        return {}
    return {"before": fitted.before.as_dict(), "after": fitted.after.as_dict()}


@transaction.atomic
def take_up(*, suggestion: WeightSuggestion, by: User, reason: str) -> Vertical:
    """Puts the weight into the vertical's working copy; it takes force when a ruleset with it is
    published, which needs a second person.

    Raises SuggestionRefused when it is settled, or the weight is another than when it was made.
    """
    require(by, CHANGE)
    mine = _open(suggestion)
    vertical = Vertical.objects.select_for_update().get(code=mine.vertical)
    config = vertical.config
    now = config.rule_weights.get(mine.code, 1.0)
    if abs(now - mine.weight_before) > 1e-9:
        raise SuggestionRefused(
            f"{mine.code} weighs {now:g} in {vertical.name} by now, not {mine.weight_before:g}; "
            "the next run looks at it anew."
        )
    weights = {**config.rule_weights, mine.code: mine.weight}
    vertical = edit_vertical(
        by=by,
        config=msgspec.structs.replace(config, rule_weights=weights),
        expected_revision=vertical.revision,
        reason=reason,
    )
    _settle(mine, State.TAKEN, by, reason)
    return vertical


@transaction.atomic
def dismiss(*, suggestion: WeightSuggestion, by: User, reason: str) -> WeightSuggestion:
    """Sets it aside, until a later run finds the same again. Raises SuggestionRefused."""
    require(by, CHANGE)
    return _settle(_open(suggestion), State.DISMISSED, by, reason)


def _open(suggestion: WeightSuggestion) -> WeightSuggestion:
    mine = WeightSuggestion.objects.select_for_update().get(pk=suggestion.pk)
    if mine.state != State.OPEN:
        raise SuggestionRefused(f"This suggestion is {mine.get_state_display()} already.")
    return mine


def _settle(mine: WeightSuggestion, state: State, by: User, reason: str) -> WeightSuggestion:
    before = mine.state
    mine.state, mine.settled_by, mine.settled_at = state, actor_name(by), clock.now()
    mine.save(update_fields=["state", "settled_by", "settled_at"])
    record(
        actor=by,
        action=f"weights.{state}",
        subject=f"rules.vertical:{mine.vertical}",
        before={"suggestion": mine.pk, "state": before},
        after={"rule": mine.code, "weight": mine.weight, "state": state},
        reason=reason,
    )
    return mine
