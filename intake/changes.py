"""What calls about change sets bring along, and what they are answered."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from rules.definition import VERTICALS
from studio.backtest.contract import MOST_DAYS, Change, Figures, Group, Known, Part, Window
from studio.changes.evidence import Standing
from studio.changes.preflight import load_preflight, look_over
from studio.models import Backtest
from studio.models.changes import ChangeSet

State = Literal["draft", "proposed", "scheduled", "published", "rejected", "withdrawn", "failed"]
Title = Annotated[str, Meta(min_length=1, max_length=120)]
Words = Annotated[str, Meta(max_length=10_000)]
Reason = Annotated[str, Meta(min_length=1, max_length=1_000)]
Number = Annotated[int, Meta(ge=0, le=2**31 - 1)]


class NewChangeSet(msgspec.Struct, frozen=True, kw_only=True):
    """An empty draft."""

    title: Title
    description: Words = ""


class RulesText(msgspec.Struct, frozen=True, kw_only=True):
    """Rules and verticals as TOML; `versions` that you read before, by code of the rule, and the
    `revision` of the change set as you read it."""

    toml: Annotated[str, Meta(min_length=1, max_length=1_000_000)]
    versions: dict[str, Number] = {}
    revision: Number | None = None


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """`code` of the rule or vertical; `revision` of the change set as you read it."""

    code: Annotated[str, Meta(min_length=1, max_length=64)]
    revision: Number | None = None


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """`publish_at` with its zone; `revision` of the change set as you read it."""

    reason: Reason
    publish_at: datetime | None = None
    revision: Number | None = None


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """Which past decisions the edits are tried on: of the last `days`, in a vertical or in all;
    with labels as known today, or 60 days after each transaction."""

    days: Annotated[int, Meta(ge=1, le=MOST_DAYS)] = 30
    vertical: Literal[VERTICALS] | None = None  # type: ignore[valid-type]
    known: Known = "today"


class TrialResult(msgspec.Struct, frozen=True, kw_only=True):
    """What the decisions of the window were and would be. Amounts are in `currency`."""

    currency: str
    window: Window
    decisions: Group
    before: Figures
    after: Figures
    changes: list[Change]
    by_vertical: list[Part]
    by_day: list[Part]
    notes: list[str]


class TrialAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The latest backtest of a change set. `progress` is a share; `failure` says why there is no
    result; `evidence` whether a result is attached and still about the edits as they are now."""

    id: UUID
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    progress: float
    failure: str | None
    evidence: Literal["none", "fresh", "stale"]
    result: TrialResult | None


class Remark(msgspec.Struct, frozen=True, kw_only=True):
    """Something that the pre-flight found; an error keeps it from being proposed."""

    level: Literal["error", "warning", "note"]
    code: str
    words: str


class ChangeEditAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """`base_version` with which the edit began, 0 for a new rule; `state` where it moves."""

    subject: Literal["rule", "vertical"]
    code: str
    base_version: int
    state: str | None
    conflicts: list[str]
    by: str
    note: str


class ChangeSetAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """`failure` says why one was not published; `ruleset` is the one that it became."""

    id: int
    revision: int
    state: State
    title: str
    description: str
    failure: str | None
    ruleset: int | None
    publish_at: datetime | None
    created_by: str
    created_at: datetime
    changed_at: datetime


class ChangeSetDetail(ChangeSetAnswer, frozen=True, kw_only=True):
    """With its edits, what they change in words, and what the pre-flight found: of a draft now, of
    others as it was proposed."""

    edits: list[ChangeEditAnswer]
    changes: list[str]
    remarks: list[Remark]


class ChangeSetPage(msgspec.Struct, frozen=True):
    """Newest first. `next_cursor` is null on the last page."""

    results: list[ChangeSetAnswer]
    next_cursor: str | None


class RulesFile(msgspec.Struct, frozen=True):
    """Rules and verticals as TOML."""

    toml: str


def change_set_page(rows: Sequence[ChangeSet], next_cursor: str | None) -> ChangeSetPage:
    return ChangeSetPage([ChangeSetAnswer(**_values(row)) for row in rows], next_cursor)


def change_set_detail(row: ChangeSet) -> ChangeSetDetail:
    """Some ten queries."""
    found = look_over(row, measure=False) if row.is_draft else load_preflight(row.preflight)
    edits = row.edits.select_related("author")
    return ChangeSetDetail(
        **_values(row),
        edits=[
            ChangeEditAnswer(
                subject=edit.subject,  # type: ignore[arg-type]
                code=edit.code,
                base_version=edit.base_version,
                state=edit.state or None,
                conflicts=list(edit.conflicts),
                by=edit.author.get_username(),
                note=edit.note,
            )
            for edit in edits
        ],
        changes=list(found.changes) if found else [],
        remarks=[
            Remark(level=one.level, code=one.code, words=one.words)
            for one in (found.remarks if found else ())
        ],
    )


def trial_answer(trial: Backtest, evidence: Standing) -> TrialAnswer:
    return TrialAnswer(
        id=trial.pk,
        state=trial.state,  # type: ignore[arg-type]
        progress=trial.progress,
        failure=trial.told or None,
        evidence=evidence,
        result=msgspec.convert(trial.result, TrialResult) if trial.result else None,
    )


def _values(row: ChangeSet) -> dict[str, Any]:
    return {
        "id": row.pk,
        "revision": row.revision,
        "state": row.state,
        "title": row.title,
        "description": row.description,
        "failure": row.failure or None,
        "ruleset": row.ruleset_id,
        "publish_at": row.publish_at,
        "created_by": row.created_by.get_username(),
        "created_at": row.created_at,
        "changed_at": row.changed_at,
    }
