"""Taking a published change set back."""

from typing import Any, Final

from django.db import transaction

from foundation.models import User
from rules.definition import State
from rules.models import Proposal, Publication, Ruleset
from rules.publishing import rollback
from studio.changes.editing import create_change_set
from studio.changes.errors import ChangeRefused
from studio.changes.freshness import Book
from studio.changes.merging import merge
from studio.changes.timeline import note_down
from studio.changes.writing import begin_with_rule, begin_with_vertical
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

    A field that somebody changed again since waits for a choice, and a rule that was moved again
    stays where it is. A rule that was new is retired. The timeline of this one tells of it. Raises
    ChangeRefused for what is not published, and when nothing of it is left to take back.
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
    found = [_back(edit, book) for edit in edits]
    left = [one for one in found if one.definition is not None or one.state]
    if not left:
        raise ChangeRefused("All that it changed was changed again or taken back since.")
    for back in left:
        back.change_set, back.author = undo, by
        back.note = f"back to what it was before change set {change_set.pk}"
        back.save()
    note_down(change_set, "undone", by, f"in change set {undo.pk}")
    return undo


def _back(edit: ChangeEdit, book: Book) -> ChangeEdit:
    """Its reverse, beginning with what the book has now; with neither definition nor state when
    there is nothing to do."""
    back = ChangeEdit(subject=edit.subject, code=edit.code)
    if edit.of_rule:
        begin_with_rule(back, book.rules[edit.code])
        _reverse_rule(edit, back)
    else:
        begin_with_vertical(back, book.verticals[edit.code])
        _reverse_content(edit.definition, edit.began, back.began, back)
    return back


def _reverse_rule(edit: ChangeEdit, back: ChangeEdit) -> None:
    now = back.began
    if edit.is_new:
        back.state = "" if now["state"] == State.RETIRED else State.RETIRED
        return
    was = edit.began
    _reverse_content(edit.definition, was["definition"], now["definition"], back)
    moved = edit.state or (was["state"] if edit.canary_percent is not None else "")
    if moved != now["state"]:  # it did not move, or somebody moved it again
        return
    again = edit.canary_percent is not None and was["canary_percent"] != now["canary_percent"]
    if was["state"] != now["state"] or again:
        back.state = was["state"]
        back.canary_percent = was["canary_percent"] if was["state"] == State.CANARY else None


def _reverse_content(
    made: dict[str, Any] | None, was: dict[str, Any], now: dict[str, Any], back: ChangeEdit
) -> None:
    """What it made of `was` is taken out of what is there now."""
    if made is None:
        return
    merged, conflicts = merge(made, was, now)
    if merged != merge(now, now, now)[0]:  # in the shape that merging gives
        back.definition, back.conflicts = merged, conflicts


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
