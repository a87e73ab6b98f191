"""All that the page of one change set shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from django.urls import reverse

from clients.queries import user_institutions
from foundation import approvals
from foundation.models import User
from rules.definition import Definition, State, VerticalConfig
from rules.diffs import Change, diff_definitions, diff_verticals
from studio.admin.change_acts import PRIMARY, offered
from studio.backtest.services import window_of
from studio.changes.editing import EDIT, fingerprint
from studio.changes.evidence import standing
from studio.changes.freshness import Book, stale_edits
from studio.changes.preflight import Preflight, load_preflight, look_over
from studio.changes.proposing import may_comment
from studio.changes.showing import evidence_shown
from studio.changes.undoing import is_in_effect
from studio.models.changes import ChangeEdit, ChangeSet, EmergencyReview

S = ChangeSet.State
STATE_LOOKS = {
    S.DRAFT: "fs-muted",
    S.PROPOSED: "fs-review",
    S.SCHEDULED: "fs-review",
    S.PUBLISHED: "fs-approved",
    S.REJECTED: "fs-declined",
    S.WITHDRAWN: "fs-muted",
    S.FAILED: "fs-declined",
}
KINDS = {
    "created": "began it",
    "edited": "edited",
    "dropped": "dropped an edit",
    "merged": "merged",
    "evidence": "evidence",
    "tried": "tried it",
    "proposed": "proposed it",
    "scheduled": "approved, waits for its time",
    "published": "published",
    "rejected": "rejected",
    "withdrawn": "withdrew it",
    "failed": "not published",
    "reopened": "opened it again",
    "comment": "",
    "emergency": "published it in an emergency",
    "reviewed": "reviewed: it was right",
    "objected": "reviewed: it was wrong",
    "overdue": "review overdue",
    "rollback": "asked to roll it back",
    "undone": "began to undo it",
}
SHOWN_ENTRIES = 200


@dataclass(frozen=True, slots=True)
class Conflict:
    """A field that both sides changed."""

    field: str
    words: str
    base: str
    choices: tuple[tuple[str, str, str], ...]  # side, whose it is, value


@dataclass(frozen=True, slots=True)
class EditShown:
    """One edit as the page tells it."""

    edit: ChangeEdit
    title: str
    url: str
    changes: tuple[Change, ...]
    conflicts: tuple[Conflict, ...]
    stale: str


def context_of(change_set: ChangeSet, by: User) -> dict[str, Any]:
    """A published one shows what it changed then, an open one what it would change now."""
    edits = list(change_set.edits.select_related("author"))
    is_open = change_set.state != S.PUBLISHED
    acts = offered(change_set, by)
    primary = next((one for one in acts if one[0] in PRIMARY), None)
    request = change_set.approval
    review = EmergencyReview.objects.filter(change_set=change_set).first()
    may_edit = change_set.is_draft and by.has_perm(EDIT)
    return {
        "change_set": change_set,
        "looks": STATE_LOOKS[S(change_set.state)],
        "edits": _edits(edits, is_open=is_open, mine=may_edit and change_set.created_by == by),
        "preflight": _preflight(change_set),
        "may_edit": may_edit,
        "may_comment": may_comment(by),
        "primary": primary,
        "others": [one for one in acts if one is not primary and one[0] not in _IN_PLACE],
        "in_place": {name: act for name, act in acts if name in _IN_PLACE},
        "evidence": evidence_shown(change_set),
        "standing": standing(change_set),
        **_trial(change_set, edits, by),
        "asked": request,
        "may_vote": request is not None and approvals.may_vote(by, request),
        "voters": _voters(change_set),
        "review": review,
        "in_effect": is_in_effect(change_set),
        "entries": [
            (entry, KINDS.get(entry.kind, entry.kind))
            for entry in change_set.entries.order_by("-pk")[:SHOWN_ENTRIES]
        ],
    }


_IN_PLACE = ("backtest", "move", "describe")
"""Acts whose buttons stand beside what they are about."""


def _preflight(change_set: ChangeSet) -> Preflight | None:
    """Of a draft as things stand, else as it was frozen."""
    if change_set.is_draft:
        return look_over(change_set, measure=False) if change_set.edits.exists() else None
    return load_preflight(change_set.preflight)


def _trial(change_set: ChangeSet, edits: list[ChangeEdit], by: User) -> dict[str, Any]:
    """The latest backtest, with its address for who sees all decisions that it is about."""
    trial = change_set.trial
    if trial is None:
        return {"trial": None}
    visible = user_institutions(by).values_list("slug", flat=True)
    sees = set(window_of(trial).institutions) <= set(visible)
    return {
        "trial": trial,
        "trial_percent": round(100 * trial.progress),
        "trial_fits": change_set.trial_fingerprint == fingerprint(edits),
        "trial_url": reverse("admin:studio_backtest_change", args=[trial.pk]) if sees else "",
        "trial_progress": reverse("admin:studio_backtest_progress", args=[trial.pk]),
    }


def _voters(change_set: ChangeSet) -> list[str]:
    if change_set.state != S.PROPOSED or change_set.approval is None:
        return []
    return [user.get_username() for user in approvals.voters(change_set.approval)]


def _edits(edits: list[ChangeEdit], *, is_open: bool, mine: bool) -> list[EditShown]:
    book = Book.of(edits)
    stale = {one.edit.pk: one.words for one in stale_edits(edits, book)} if is_open else {}
    return [
        EditShown(
            edit=edit,
            title=_title(edit, book),
            url=_url(edit, book, mine=mine),
            changes=_changes(edit),
            conflicts=tuple(_conflict(name, sides, edit) for name, sides in edit.conflicts.items()),
            stale=stale.get(edit.pk, ""),
        )
        for edit in edits
    ]


def _title(edit: ChangeEdit, book: Book) -> str:
    if not edit.of_rule:
        return f"Vertical {book.verticals[edit.code].name}"
    if edit.is_new:
        return f"New rule: {(edit.definition or {}).get('name', edit.code)}"
    rule = book.rules.get(edit.code)
    return rule.version.name if rule else edit.code


def _url(edit: ChangeEdit, book: Book, *, mine: bool) -> str:
    """The page of its rule or vertical; in the person's own draft, where it is edited on."""
    into = f"?into={edit.change_set_id}" if mine else ""
    if not edit.of_rule:
        vertical = book.verticals.get(edit.code)
        return reverse("admin:rules_vertical_change", args=[vertical.pk]) + into if vertical else ""
    if rule := book.rules.get(edit.code):
        return reverse("admin:rules_rule_change", args=[rule.pk]) + into
    return f"{reverse('admin:rules_rule_add')}{into}&code={edit.code}" if mine else ""


def _changes(edit: ChangeEdit) -> tuple[Change, ...]:
    """What the edit makes of what it began with, in words."""
    if not edit.of_rule:
        before, after = (
            msgspec.convert(one, VerticalConfig) for one in (edit.base, edit.definition)
        )
        return diff_verticals(before, after)
    if edit.is_new:
        return _new(edit)
    moved = []
    was = edit.began
    if edit.state and edit.state != was["state"]:
        moved.append(Change("state", was["state"], edit.state))
    if edit.canary_percent is not None:
        old = f"{was['canary_percent']:g} %" if was["state"] == State.CANARY else ""
        moved.append(Change("canary share", old, f"{edit.canary_percent:g} %"))
    if edit.definition is None:
        return tuple(moved)
    old_new = (Definition.load(one) for one in (was["definition"], edit.definition))
    return (*moved, *diff_definitions(*old_new))


def _new(edit: ChangeEdit) -> tuple[Change, ...]:
    definition = Definition.load(edit.definition or {})
    told = ("condition", "score", "effect", "severity", "reason")
    fields = [Change(name, "", str(getattr(definition, name))) for name in told]
    return (Change("state", "", edit.state), *fields)


def _conflict(field: str, sides: Mapping[str, Any], edit: ChangeEdit) -> Conflict:
    words = field.replace("parameters.", "parameter ").replace("_", " ").replace(".", ", ")
    of_release = edit.shipped is not None
    whose = (
        ("ours", "As edited here" if of_release else "This edit"),
        ("theirs", "As shipped now" if of_release else "The rule book now"),
    )
    choices = tuple((side, who, _text(sides[side])) for side, who in whose)
    return Conflict(field, words, _text(sides["base"]), choices)


def _text(value: Any) -> str:
    if value is None:
        return "not there"
    if isinstance(value, str):
        return value or "nothing"
    if isinstance(value, list):
        return ", ".join(map(_text, value)) or "nothing"
    if isinstance(value, dict):
        return ", ".join(f"{name} {_text(one)}" for name, one in value.items())
    return f"{value:g}" if isinstance(value, float) else str(value)
