"""Where a draft goes when it is saved: into a change set, never into the rule book itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse

from foundation.errors import BadRequest
from foundation.models import User
from rules.definition import Definition, State
from rules.models import Rule
from studio.changes.services import create_change_set, put_edit
from studio.changes.wishes import NewRule, RuleEdit, StateMove, Wish
from studio.changes.writing import mark_of
from studio.editor.drafts import Draft
from studio.models.changes import ChangeEdit, ChangeSet

Subject = ChangeEdit.Subject
MOST_DIGITS: Final = 10
NEW: Final = "new"
"""Stands for a change set that is made with the edit."""
SAVED: Final = "studio.saved"
"""Of the session: the rule whose draft was saved last, so that the browser forgets its copy."""
MOST_SHOWN: Final = 20
_LONGEST_TITLE: Final = 120


@dataclass(frozen=True, slots=True)
class Started:
    """An edit of a rule or vertical in somebody's draft of a change set. `said` is its content as
    stored; `mark` tells it from another."""

    change_set: int
    title: str
    said: dict[str, Any]
    base_version: int
    state: str
    note: str
    by_name: str

    @property
    def definition(self) -> Definition:
        """Of a rule."""
        return Definition.load(self.said)

    @property
    def mark(self) -> str:
        return mark_of(self.said)


@dataclass(frozen=True, slots=True)
class Saved:
    """The change set that holds the edit now, and its page."""

    pk: int
    title: str
    url: str


def places_for(*, by: User, code: str, subject: Subject = Subject.RULE) -> list[tuple[str, str]]:
    """Keys and titles of the drafts that the person can save in: those that edit this rule or
    vertical first, then the newest. Two queries."""
    mine = ChangeSet.objects.filter(state=ChangeSet.State.DRAFT, created_by=by)
    editing = set(
        ChangeEdit.objects.filter(change_set__in=mine, subject=subject, code=code).values_list(
            "change_set", flat=True
        )
    )
    rows = list(mine.order_by("-changed_at").values_list("pk", "title")[:MOST_SHOWN])
    rows.sort(key=lambda row: row[0] not in editing)
    return [(str(pk), title) for pk, title in rows]


def chosen_place(places: Sequence[tuple[str, str]], started: Started | None, into: str) -> str:
    """Where the draft came from, else what the address names, else a new one: no edit goes into
    what somebody began for another reason, unless he says so."""
    if started:
        return str(started.change_set)
    return into if into in {key for key, _ in places} else NEW


def started_edit(
    *, by: User, code: str, into: str = "", subject: Subject = Subject.RULE
) -> Started | None:
    """What the person left of this rule or vertical in a draft of a change set, the newest unless
    `into` names one. One query."""
    rows = _edits_of(code, subject).filter(change_set__created_by=by)
    if _is_key(into):
        rows = rows.filter(change_set=int(into))
    edit = rows.first()
    return _started(edit) if edit else None


def others_editing(*, by: User, code: str) -> list[Started]:
    """Edits of this rule that others have not proposed yet. One query."""
    rows = _edits_of(code, Subject.RULE).exclude(change_set__created_by=by)
    return [_started(edit) for edit in rows[:5]]


def _edits_of(code: str, subject: Subject) -> QuerySet[ChangeEdit]:
    return (
        ChangeEdit.objects.filter(
            change_set__state=ChangeSet.State.DRAFT,
            subject=subject,
            code=code,
            definition__isnull=False,
        )
        .select_related("change_set", "author")
        .order_by("-changed_at")
    )


def _started(edit: ChangeEdit) -> Started:
    return Started(
        change_set=edit.change_set_id,
        title=edit.change_set.title,
        said=edit.definition or {},
        base_version=edit.base_version,
        state=edit.state,
        note=edit.note,
        by_name=edit.author.get_username(),
    )


def save_draft(
    *,
    by: User,
    rule: Rule | None,
    draft: Draft,
    into: str,
    seen: str | None = None,
    begins: State = State.DRAFT,
) -> Saved:
    """Puts the draft into the change set named by `into`, or into a new one; a new rule `begins` as
    draft or in shadow.

    `seen` is the mark of the edit of this rule that the page showed, "" for none: with it another
    one that is there by now is not written over. Raises what change sets refuse: Invalid, Outdated,
    ChangeRefused; then nothing is kept.
    """
    values, definition = draft.form.cleaned_data, draft.definition
    if definition is None:
        raise ValueError("a draft with mistakes cannot be saved")
    code = rule.code if rule else values["code"]
    note = values.get("note", "")
    wish: Wish
    if rule is None:
        wish = NewRule(code=code, definition=definition, state=begins, note=note, seen=seen)
    else:
        version = values["expected_version"] or 0
        wish = RuleEdit(
            code=code, definition=definition, expected_version=version, note=note, seen=seen
        )
    verb = "Change" if rule else "Add"
    return put(by=by, wish=wish, into=into, title=f"{verb} {code}")


def save_move(
    *,
    by: User,
    rule: Rule,
    to: State,
    expected_state: State,
    canary_percent: float | None,
    note: str,
    into: str,
) -> Saved:
    """As `save_draft`, for a move to another state."""
    wish = StateMove(
        code=rule.code,
        to=to,
        expected_state=expected_state,
        canary_percent=canary_percent,
        note=note,
    )
    return put(by=by, wish=wish, into=into, title=f"{rule.code} to {to}")


@transaction.atomic
def put(*, by: User, wish: Wish, into: str, title: str) -> Saved:
    """Puts a wish into a draft of the person's, or into a new one of that title."""
    change_set = _own_draft(by, into)
    if change_set is None:
        change_set = create_change_set(by=by, title=title[:_LONGEST_TITLE])
    put_edit(by=by, change_set=change_set, wish=wish)
    url = reverse("admin:studio_changeset_change", args=[change_set.pk])
    return Saved(change_set.pk, change_set.title, url)


def _own_draft(by: User, into: str) -> ChangeSet | None:
    if into in ("", NEW):
        return None
    found = ChangeSet.objects.filter(created_by=by, pk=int(into)) if _is_key(into) else ()
    for change_set in found:
        return change_set
    raise BadRequest("There is no such change set of yours.")


def _is_key(text: str) -> bool:
    return text.isdecimal() and len(text) < MOST_DIGITS
