"""What may be done about a change set, as its page offers it: one primary act, the others beside.

Each act is a page that explains it and asks for what it needs, or just a button.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms

from foundation.admin_parts import ReasonForm
from foundation.models import User
from rules.definition import State as RuleState
from studio.admin.change_forms import (
    DescribeForm,
    MoveForm,
    ProposeForm,
    ReviewForm,
    TrialForm,
)
from studio.changes import services
from studio.changes.editing import EDIT
from studio.changes.emergencies import EMERGENCY
from studio.changes.proposing import APPROVE, PROPOSE
from studio.changes.timeline import authors_of
from studio.changes.trying import last_days, try_edits
from studio.changes.undoing import is_newest
from studio.models import Backtest
from studio.models.changes import ChangeSet, EmergencyReview

State = ChangeSet.State
Values = Mapping[str, Any]
Fits = Callable[[ChangeSet, User], bool]


@dataclass(frozen=True, slots=True)
class Act:
    """`run` returns the sentence for the page afterwards, or the change set that it made; and
    raises Problem. Besides the form's values it is told the `revision` that the person looked at,
    None where the page was reached otherwise than by its link."""

    button: str
    explanation: str
    permission: str
    fits: Fits
    run: Callable[[ChangeSet, User, Values], str | ChangeSet]
    form: type[forms.Form] = ReasonForm
    dangerous: bool = False

    def offered(self, change_set: ChangeSet, by: User) -> bool:
        return by.has_perm(self.permission) and self.fits(change_set, by)


def _in(*states: State) -> Fits:
    return lambda change_set, by: change_set.state in states


def _propose(change_set: ChangeSet, by: User, said: Values) -> str:
    done = services.propose(
        by=by,
        change_set=change_set,
        reason=said["reason"],
        publish_at=said["publish_at"],
        revision=said["revision"],
    )
    if done.state == State.PUBLISHED:
        return "It is in force."
    return "Proposed. It takes force when others have approved it."


def _withdraw(change_set: ChangeSet, by: User, said: Values) -> str:
    services.withdraw(by=by, change_set=change_set, reason=said["reason"])
    return "Withdrawn. All edits are kept; it can be opened again."


def _reopen(change_set: ChangeSet, by: User, said: Values) -> str:
    services.reopen(by=by, change_set=change_set)
    return "It is a draft again."


def _emergency(change_set: ChangeSet, by: User, said: Values) -> str:
    done = services.publish_now(
        by=by, change_set=change_set, reason=said["reason"], revision=said["revision"]
    )
    return f"In force as ruleset {done.ruleset_id}. Somebody else must review it now."


def _review(change_set: ChangeSet, by: User, said: Values) -> str:
    is_fine = said["verdict"] == "fine"
    services.review_emergency(
        by=by, change_set=change_set, is_fine=is_fine, comment=said["comment"]
    )
    return "Reviewed." if is_fine else "Your objection is noted. Roll it back, or have it mended."


def _roll_back(change_set: ChangeSet, by: User, said: Values) -> str:
    proposal = services.roll_back(by=by, change_set=change_set, reason=said["reason"])
    if hasattr(proposal, "ruleset"):
        return f"Rolled back: ruleset {proposal.ruleset.number} is in force."
    return "Rolling back is proposed; it happens when another person approves."


def _undo(change_set: ChangeSet, by: User, said: Values) -> ChangeSet:
    return services.invert(by=by, change_set=change_set)


def _describe(change_set: ChangeSet, by: User, said: Values) -> str:
    services.describe(
        by=by,
        change_set=change_set,
        title=said["title"],
        description=said["description"],
        revision=said["revision"],
    )
    return "Saved."


def _move(change_set: ChangeSet, by: User, said: Values) -> str:
    to = RuleState(said["to"])
    wish = services.StateMove(
        code=said["code"], to=to, canary_percent=said["canary_percent"], note=said["note"]
    )
    services.put_edit(by=by, change_set=change_set, wish=wish)
    return f"{said['code']} becomes {to} with this change set."


def _try(change_set: ChangeSet, by: User, said: Values) -> str:
    window = last_days(said["days"], vertical=said["vertical"], known=said["known"])
    return trial_told(try_edits(by=by, change_set=change_set, window=window))


def trial_told(trial: Backtest) -> str:
    """What became of a backtest that was just begun."""
    if trial.state == trial.State.DONE:
        return "The backtest is done and attached."
    if trial.state == trial.State.FAILED:
        return f"The backtest failed: {trial.told}"
    return "The backtest runs; its progress stands here, and you may leave this page."


def _may_review(change_set: ChangeSet, by: User) -> bool:
    review = EmergencyReview.objects.filter(change_set=change_set, reviewed_at=None).first()
    if review is None:
        return False
    return by.pk != review.published_by_id and by.pk not in authors_of(change_set)


def _may_undo(change_set: ChangeSet, by: User) -> bool:
    """Where rolling back would take later ones along, or there is no ruleset to go back from."""
    if change_set.state != State.PUBLISHED or is_newest(change_set):
        return False
    return services.is_in_effect(change_set) is not False


def _may_hurry(change_set: ChangeSet, by: User) -> bool:
    """What waits for approval is taken back first, which only who proposed it can do."""
    if change_set.state == State.PROPOSED:
        return change_set.proposed_by_id == by.pk
    return change_set.state in (State.DRAFT, State.SCHEDULED, State.FAILED)


def _may_withdraw(change_set: ChangeSet, by: User) -> bool:
    if change_set.state == State.PROPOSED:
        return change_set.proposed_by_id == by.pk
    return change_set.state in (State.DRAFT, State.SCHEDULED)


ACTS: dict[str, Act] = {
    "review": Act(
        "Review the emergency",
        "It was published without an approval. Look at what it changed, and say what you found.",
        APPROVE,
        _may_review,
        _review,
        ReviewForm,
    ),
    "propose": Act(
        "Propose",
        "What stands in it is frozen, and others are asked to approve it.",
        PROPOSE,
        _in(State.DRAFT),
        _propose,
        ProposeForm,
    ),
    "reopen": Act(
        "Open again",
        "It becomes a draft with all its edits: merge, change, and propose it anew.",
        PROPOSE,
        _in(State.REJECTED, State.WITHDRAWN, State.FAILED),
        _reopen,
        forms.Form,
    ),
    "backtest": Act(
        "Backtest",
        "Decides past transactions again with these edits and shows what would have come out "
        "otherwise. Changed behaviour of customers and fraudsters is not simulated.",
        EDIT,
        _in(State.DRAFT),
        _try,
        TrialForm,
    ),
    "move": Act(
        "Move a rule",
        "Puts another state for a rule into this change set; retired, it leaves the ruleset.",
        EDIT,
        _in(State.DRAFT),
        _move,
        MoveForm,
    ),
    "describe": Act(
        "Rename", "Title and description.", EDIT, _in(State.DRAFT), _describe, DescribeForm
    ),
    "withdraw": Act(
        "Withdraw",
        "It is laid aside. All edits are kept, and it can be opened again.",
        PROPOSE,
        _may_withdraw,
        _withdraw,
    ),
    "rollback": Act(
        "Roll back",
        "The ruleset before it takes force again, and the rule book goes back with it.",
        PROPOSE,
        lambda change_set, by: is_newest(change_set),
        _roll_back,
        dangerous=True,
    ),
    "undo": Act(
        "Undo this one",
        "Other changes came into force since, so it cannot be rolled back without them. This makes "
        "a new change set that takes back these edits alone; it is proposed like any other.",
        EDIT,
        _may_undo,
        _undo,
        forms.Form,
    ),
    "emergency": Act(
        "Publish now, in an emergency",
        "It takes force at once, approved by nobody. Another person must review it afterwards; "
        "until then it stands on everybody's Home.",
        EMERGENCY,
        _may_hurry,
        _emergency,
        dangerous=True,
    ),
}
PRIMARY = ("review", "propose", "reopen")
"""The first of these that is offered is the page's primary button."""


def offered(change_set: ChangeSet, by: User) -> list[tuple[str, Act]]:
    """The acts that this person may do about it now, as they stand in ACTS."""
    return [(name, act) for name, act in ACTS.items() if act.offered(change_set, by)]


def initial_of(name: str, change_set: ChangeSet) -> dict[str, Any]:
    if name == "describe":
        return {"title": change_set.title, "description": change_set.description}
    return {}
