"""Asking for curves, remembering assumptions, and putting a value into a change set."""

from datetime import timedelta
from typing import Any, Final

import msgspec
from django.conf import settings
from django.db import transaction
from django.utils import timezone as clock

from clients.queries import user_institutions
from foundation.audit import record
from foundation.errors import BadRequest, Conflict
from foundation.models import User
from foundation.permissions import require
from rules.definition import Definition, VerticalConfig
from rules.models import Rule, Vertical
from studio.backtest.contract import Window
from studio.backtest.errors import NothingToTest
from studio.backtest.services import archived_rows
from studio.changes.editing import lock_draft
from studio.changes.services import (
    RuleEdit,
    VerticalEdit,
    Wish,
    create_change_set,
    put_edit,
)
from studio.models import ChangeSet, CostAssumptions, Curve
from studio.optimise.costs import Assumptions
from studio.optimise.targets import Target, ladder_of, with_value

COMPUTE: Final = "rules.change_rule"
MAX_UNFINISHED: Final = 3
AT_ONCE_ROWS: Final = 60_000
"""Archived decisions that are looked through within the request."""


class TooManyCurves(Conflict):
    """The person has as many unfinished ones as one may have."""

    type, title = "too-many-curves", "Other curves are still being computed"


class BadAssumptions(BadRequest):
    """Costs that make no sense."""

    type, title = "bad-assumptions", "These costs make no sense"


@transaction.atomic
def start_curve(*, by: User, target: Target, days: int, maturity_days: int) -> Curve:
    """A new curve over what the person may see, to be computed by `running.run`. Raises BadEdit,
    NothingToTest, TooManyCurves."""
    require(by, COMPUTE)
    institutions = tuple(user_institutions(by).order_by("slug").values_list("slug", flat=True))
    if not institutions:
        raise NothingToTest("You work for no institution whose decisions could be looked at.")
    # So that two requests at once count each other.
    User.objects.select_for_update().get(pk=by.pk)
    unfinished = Curve.objects.filter(created_by=by, state__in=Curve.UNFINISHED)
    if unfinished.count() >= MAX_UNFINISHED:
        raise TooManyCurves(f"{MAX_UNFINISHED} are being computed; wait, or cancel one.")
    ladder = ladder_of(target)
    until = clock.now() - timedelta(days=maturity_days)
    window = Window(
        institutions=institutions,
        since=until - timedelta(days=days),
        until=until,
        vertical=target.vertical or None,
        maturity_days=maturity_days,
    )
    made = Curve.objects.create(
        created_by=by,
        target=msgspec.to_builtins(target),
        title=ladder.title[:200],
        institutions=list(institutions),
        window=msgspec.to_builtins(window),
    )
    _note(made, by, "studio.curve_requested", {"target": target.slug, "days": days})
    return made


def is_small(curve: Curve) -> bool:
    """Whether it can be computed within a request (one query)."""
    return archived_rows(msgspec.convert(curve.window, Window)) <= AT_ONCE_ROWS


@transaction.atomic
def cancel_curve(*, by: User, curve: Curve) -> bool:
    """Whether there was something to cancel. The person's own only."""
    require(by, COMPUTE)
    mine = Curve.objects.filter(pk=curve.pk, created_by=by, state__in=Curve.UNFINISHED)
    if not mine.update(state=Curve.State.CANCELLED):
        return False
    _note(curve, by, "studio.curve_cancelled", {"target": curve.title})
    return True


def _note(curve: Curve, by: User, action: str, after: dict[str, Any]) -> None:
    record(actor=by, action=action, subject=f"studio.curve:{curve.pk}", after=after)


# -- assumptions ------------------------------------------------------------------------------


def assumptions_of(user: User) -> Assumptions:
    """The person's own, else the installation's (one query)."""
    said = CostAssumptions.objects.filter(user=user).values_list("said", flat=True).first()
    usual = usual_assumptions()
    return (
        usual
        if said is None
        else msgspec.convert({**msgspec.to_builtins(usual), **said}, Assumptions)
    )


def usual_assumptions() -> Assumptions:
    """The installation's, from settings."""
    return Assumptions(
        missed_share=settings.COST_MISSED_FRAUD_SHARE,
        insult=settings.COST_INSULT_USD,
        review_minutes=settings.COST_REVIEW_MINUTES,
        hourly_cost=settings.COST_ANALYST_HOUR_USD,
    )


@transaction.atomic
def remember(*, by: User, assumptions: Assumptions) -> None:
    """Keeps them for this person's next curves. Raises BadAssumptions."""
    require(by, COMPUTE)
    check(assumptions)
    said = msgspec.to_builtins(assumptions)
    before = CostAssumptions.objects.filter(user=by).values_list("said", flat=True).first()
    if before == said:
        return
    CostAssumptions.objects.update_or_create(user=by, defaults={"said": said})
    record(
        actor=by, action="studio.assumptions", subject=f"foundation.user:{by.pk}",
        before=before, after=said,
    )  # fmt: skip


def check(assumptions: Assumptions) -> None:
    """Raises BadAssumptions."""
    if not 0 <= assumptions.missed_share <= 10:
        raise BadAssumptions("The share lost of a missed fraud lies from 0 to 1,000 %.")
    for name in ("insult", "review_minutes", "hourly_cost"):
        if not 0 <= getattr(assumptions, name) <= 1e9:
            raise BadAssumptions("A cost is not below zero.")


def converted(assumptions: Assumptions, currency: str) -> Assumptions:
    """In another currency at today's rate; as they are, in their own, without one."""
    from intelligence.rates import current_rates

    if assumptions.currency == currency:
        return assumptions
    rates = current_rates().into(currency, [assumptions.currency], clock.now().timestamp())
    rate = rates.get(assumptions.currency)
    if rate is None:
        return assumptions
    return msgspec.structs.replace(
        assumptions,
        insult=_to_the_cent(assumptions.insult * rate),
        hourly_cost=_to_the_cent(assumptions.hourly_cost * rate),
        currency=currency,
    )


def _to_the_cent(amount: float) -> float:
    return round(amount, 2)


# -- what comes of it -------------------------------------------------------------------------


def wish_for(target: Target, value: float, note: str, draft: ChangeSet | None = None) -> Wish:
    """The edit that gives the target this value: of the rule or vertical as that draft has it, or
    else as it is now. Raises BadEdit."""
    ladder_of(target)  # what is not there is refused here
    if target.kind == "parameter":
        rule = Rule.objects.select_related("current").get(code=target.rule)
        written = _written(draft, "rule", target.rule)
        definition = Definition.load(written) if written else rule.version.definition
        return RuleEdit(
            code=target.rule,
            definition=with_value(definition, target.name, value),
            expected_version=rule.version.number,
            note=note,
        )
    vertical = Vertical.objects.get(code=target.vertical)
    written = _written(draft, "vertical", target.vertical)
    config = msgspec.convert(written, VerticalConfig) if written else vertical.config
    if target.kind == "threshold":
        changed: dict[str, Any] = {target.name: round(value)}
    else:
        changed = {"rule_weights": {**config.rule_weights, target.rule: value}}
    config = msgspec.structs.replace(config, **changed)
    return VerticalEdit(config=config, expected_revision=vertical.revision, note=note)


def _written(draft: ChangeSet | None, subject: str, code: str) -> dict[str, Any] | None:
    """What an edit that is already there says of it."""
    if draft is None:
        return None
    edits = draft.edits.filter(subject=subject, code=code)
    return edits.values_list("definition", flat=True).first()


@transaction.atomic
def put_into_change_set(
    *, by: User, curve: Curve, value: float, change_set: ChangeSet | None = None
) -> ChangeSet:
    """Puts the value into that draft, or a new one. Raises BadEdit, Invalid, StaleEdit and what
    else `put_edit` does."""
    target = msgspec.convert(curve.target, Target)
    was = curve.result["current"] if curve.result else None
    note = f"{curve.title}: {_said(was)} to {_said(value)}, from the curve of its costs"
    # Locked before it is read: what somebody puts in meanwhile is not written over.
    held = lock_draft(change_set) if change_set else None
    wish = wish_for(target, value, note, held)
    draft = held or create_change_set(by=by, title=f"{curve.title} {_said(value)}"[:120])
    put_edit(by=by, change_set=draft, wish=wish)
    return draft


def _said(value: float | None) -> str:
    return "?" if value is None else f"{value:,.10g}"
