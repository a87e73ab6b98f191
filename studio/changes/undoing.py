"""Taking a published change set back."""

from typing import Final

from django.db import transaction

from foundation.models import User
from rules.definition import State
from rules.models import Proposal, Publication, Ruleset
from rules.publishing import rollback
from studio.changes.editing import base_of_rule, base_of_vertical, create_change_set
from studio.changes.errors import ChangeRefused
from studio.changes.freshness import Book
from studio.changes.timeline import note_down
from studio.models.changes import ChangeEdit, ChangeSet

ROLL_BACK: Final = "rules.publish_ruleset"


@transaction.atomic
def roll_back(*, by: User, change_set: ChangeSet, reason: str) -> Proposal:
    """Proposes the ruleset before this change set as the next one; published at once where
    "rules.rollback" needs nobody's approval. The rule book goes back with it.

    Raises ChangeRefused unless its ruleset is in force: later ones would be lost (see `invert`).
    """
    ruleset = change_set.ruleset
    if ruleset is None or ruleset.based_on_id is None:
        raise ChangeRefused("It published no ruleset, so there is none to go back from.")
    if not is_newest(change_set):
        raise ChangeRefused(
            "Other changes came into force since. Undo this one alone with a change set that "
            "reverses it."
        )
    proposal = rollback(to_number=ruleset.based_on_id, by=by, reason=reason)
    note_down(change_set, "rollback", by, reason)
    return proposal


@transaction.atomic
def invert(*, by: User, change_set: ChangeSet) -> ChangeSet:
    """A new draft that takes back these edits alone, on top of what came since.

    What somebody edited since is marked as a conflict by its pre-flight, as for any edit. A rule
    that was new is retired. Raises ChangeRefused for what is not published.
    """
    if change_set.state != ChangeSet.State.PUBLISHED:
        raise ChangeRefused("Only what was published can be undone.")
    undo = create_change_set(
        by=by,
        title=f"Undo: {change_set.title}"[:120],
        description=f"Takes back change set {change_set.pk}.",
        origin=ChangeSet.Origin.UNDO,
    )
    edits = list(change_set.edits.all())
    book = Book.of(edits)
    for edit in edits:
        back = ChangeEdit(change_set=undo, subject=edit.subject, code=edit.code, author=by)
        back.note = f"back to what it was before change set {change_set.pk}"
        if edit.of_rule:
            rule = book.rules[edit.code]
            back.base, back.base_version = base_of_rule(rule), rule.version.number
            if edit.is_new:
                back.state = State.RETIRED
            else:
                was = edit.began
                back.definition = was["definition"] if edit.definition is not None else None
                back.state = was["state"] if edit.state and was["state"] != rule.state else ""
                back.canary_percent = was["canary_percent"] if back.state == State.CANARY else None
        else:
            vertical = book.verticals[edit.code]
            back.base, back.base_version = base_of_vertical(vertical), vertical.revision
            back.definition = edit.base
        back.save()
    return undo


def is_newest(change_set: ChangeSet) -> bool:
    """Whether its ruleset is the one in force (one query)."""
    if change_set.ruleset_id is None:
        return False
    return Publication.objects.filter(ruleset=change_set.ruleset_id).exists()


def is_in_effect(change_set: ChangeSet) -> bool | None:
    """Whether the ruleset in force still holds these edits, or went back behind them; None for
    what published no ruleset. Two queries, over the numbers of all rulesets."""
    if change_set.ruleset_id is None:
        return None
    rows = Ruleset.objects.values_list("number", "based_on", "rolls_back_to")
    before = {number: rolled or based for number, based, rolled in rows}
    number = Publication.objects.values_list("ruleset_id", flat=True).first()
    while number is not None and number > change_set.ruleset_id:
        number = before.get(number)
    return number == change_set.ruleset_id
