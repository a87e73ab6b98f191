"""Cases: their share of the native format's part."""

from typing import Any, Final

from cases.models import Case
from intake.cases import CaseAnswer, CaseDetail, CasePage, NewNote, Taking, Verdict
from intake.doors import LONGEST_KEY
from intake.filters import LARGEST_PAGE, LONGEST_ID, PAGE
from intake.openapi.parts import Json, Operation, Reply, header, in_path, query
from rules.definition import VERTICALS
from scoring.models import Decision

TAGS: Final = {"cases": "What reviewers work on, for systems that work on it, too (docs/cases.md)."}
_BASE: Final = "/api/v1/cases"
_ID: Final = in_path("id", "The number of the case.", {"type": "integer", "minimum": 1})
_READING: Final = (400, 401, 403, 404, 405, 429, 503)
_WRITING: Final = (400, 401, 403, 404, 405, 409, 413, 415, 429, 503)
_KEY: Final = header(
    "Idempotency-Key",
    "Makes a repeat harmless for a week: it changes nothing and answers the case as it is.",
    {
        "type": "string",
        "minLength": 1,
        "maxLength": LONGEST_KEY,
        "pattern": "^[!-~]([ -~]*[!-~])?$",
    },
)


def _choice(*values: str) -> Json:
    return {"type": "string", "enum": list(values)}


def _text(length: int) -> Json:
    return {"type": "string", "minLength": 1, "maxLength": length}


_TIME: Final[Json] = {"type": "string", "format": "date-time"}
_FILTERS: Final = (
    query("status", "Only in this status.", _choice(*Case.Status.values)),
    query("risk_level", "Only of this level.", _choice(*Decision.Level.values)),
    query("industry", "Only in this vertical.", _choice(*VERTICALS)),
    query("disposition", "Only decided so.", _choice(*Case.Disposition.values)),
    query("typology", "Only of this kind, as decided.", _text(64)),
    query("claimed", "Only claimed ones, or only unclaimed ones.", _choice("true", "false")),
    query("user_id", "Only of this customer: your exact user_id.", _text(LONGEST_ID)),
    query("transaction_id", "Only with this transaction: your exact ID.", _text(LONGEST_ID)),
    query("opened_from", "Not opened before this time.", _TIME),
    query("opened_to", "Opened before this time, exclusive.", _TIME),
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
)


def _reading(
    name: str, path: str, summary: str, body: Any, refusals: Any, *more: Json
) -> Operation:
    return Operation(
        name=name,
        path=_BASE + path,
        tag="cases",
        summary=summary,
        description="Needs a key of scope `cases:read`. Customers come masked.",
        parameters=more,
        replies={200: Reply("Found.", body)},
        refusals=refusals,
    )


def _doing(name: str, path: str, summary: str, body: Any) -> Operation:
    return Operation(
        name=name,
        method="post",
        path=f"{_BASE}/{{id}}/{path}",
        tag="cases",
        summary=summary,
        description="Needs a key of scope `cases:work`.",
        parameters=(_ID, _KEY),
        body=body,
        replies={200: Reply("The case as it is now.", CaseAnswer, ("Idempotent-Replayed",))},
        refusals=_WRITING,
    )


OPERATIONS: Final = (
    _reading(
        "listCases",
        "",
        "List cases, newest first",
        CasePage,
        (400, 401, 403, 405, 429, 503),
        *_FILTERS,
    ),
    _reading(
        "readCase",
        "/{id}",
        "Read a case with its alerts and timeline",
        CaseDetail,
        _READING,
        _ID,
    ),
    _doing("claimCase", "claim", "Take a case on", Taking),
    _doing("releaseCase", "release", "Give a case back to the queue", Taking),
    _doing("noteCase", "notes", "Add a note", NewNote),
    _doing("decideCase", "decision", "Decide a case", Verdict),
)
