"""Change sets: their share of the native format's part."""

from typing import Any, Final

from intake.cases import NewNote
from intake.changes import (
    ChangeSetDetail,
    ChangeSetPage,
    NewChangeSet,
    RulesFile,
    RulesText,
    Subject,
    Trial,
    TrialAnswer,
    Wish,
)
from intake.filters import LARGEST_PAGE, PAGE
from intake.openapi.parts import Json, Operation, Reply, in_path, query
from intake.webhooks import Nothing
from studio.models.changes import ChangeSet

TAGS: Final = {"change sets": "Rules of the house, changed from outside (docs/change-sets.md)."}
_BASE: Final = "/api/v1/change-sets"
_ID: Final = in_path("id", "The change set's number.", {"type": "integer", "minimum": 1})
_READING: Final = (400, 401, 403, 405, 409, 429, 503)
_WRITING: Final = (400, 401, 403, 404, 405, 409, 413, 415, 429, 503)


def _choice(*values: str) -> Json:
    return {"type": "string", "enum": list(values)}


def _reading(name: str, path: str, summary: str, body: Any, *more: Json) -> Operation:
    return Operation(
        name=name,
        path=path,
        tag="change sets",
        summary=summary,
        description="Needs a key of scope `rules:read`.",
        parameters=more,
        replies={200: Reply("Found.", body)},
        refusals=(*_READING, 404) if _ID in more else _READING,
    )


def _doing(name: str, path: str, summary: str, body: Any) -> Operation:
    return Operation(
        name=name,
        method="post",
        path=f"{_BASE}/{{id}}/{path}",
        tag="change sets",
        summary=summary,
        description="Needs a key of scope `rules:propose`.",
        parameters=(_ID,),
        body=body,
        replies={200: Reply("The change set as it is now.", ChangeSetDetail)},
        refusals=_WRITING,
    )


OPERATIONS: Final = (
    _reading(
        "readRulesFile",
        "/api/v1/rules-file",
        "Read the rules as TOML",
        RulesFile,
        query("what", "The ruleset in force, or the rule book.", _choice("in_force", "book")),
    ),
    _reading(
        "listChangeSets",
        _BASE,
        "List change sets, newest first",
        ChangeSetPage,
        query("state", "Only in this state.", _choice(*ChangeSet.State.values)),
        query(
            "limit",
            f"Rows in a page, {LARGEST_PAGE} at most; {PAGE} when not given.",
            {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE, "default": PAGE},
        ),
        query(
            "cursor",
            "The next_cursor of the page before.",
            {"type": "string", "pattern": "^[A-Za-z0-9_-]{22}$"},
        ),
    ),
    Operation(
        name="createChangeSet",
        method="post",
        path=_BASE,
        tag="change sets",
        summary="Begin a change set",
        description="Needs a key of scopes `rules:read` and `rules:propose`.",
        body=NewChangeSet,
        replies={201: Reply("Begun.", ChangeSetDetail)},
        refusals=(400, 401, 403, 405, 413, 415, 429, 503),
    ),
    _reading("readChangeSet", _BASE + "/{id}", "Read a change set", ChangeSetDetail, _ID),
    _doing("putRules", "edits", "Put rules and verticals into a draft, as TOML", RulesText),
    _doing("dropRule", "drop", "Take an edit out of a draft", Subject),
    Operation(
        name="tryChangeSet",
        method="post",
        path=_BASE + "/{id}/backtest",
        tag="change sets",
        summary="Try a draft's edits on past decisions",
        description="Needs a key of scopes `rules:read` and `rules:propose`. Decides the past "
        "transactions of the key's institution again; changed behaviour is not simulated. A result "
        "that is there at once is also attached as evidence.",
        parameters=(_ID,),
        body=Trial,
        replies={
            200: Reply("Done, or failed.", TrialAnswer),
            202: Reply("A worker does it: read it again.", TrialAnswer),
        },
        refusals=_WRITING,
    ),
    _reading(
        "readTrial",
        _BASE + "/{id}/backtest",
        "Read how far the latest trial is, and its result",
        TrialAnswer,
        _ID,
    ),
    _doing("attachEvidence", "evidence", "Attach the finished trial as evidence", Nothing),
    _doing("proposeChangeSet", "propose", "Ask for approval", Wish),
    _doing("withdrawChangeSet", "withdraw", "Take it back", Nothing),
    _doing("reopenChangeSet", "reopen", "Make a draft of it again", Nothing),
    _doing("commentChangeSet", "comments", "Add a comment", NewNote),
)
