"""The native format's part of the description."""

from collections.abc import Iterable
from typing import Any, Final

import msgspec
from msgspec import UNSET, UnsetType

from clients.webhooks.targets import LONGEST_URL
from foundation.errors import CONTENT_TYPE, FieldError
from intake.body import LARGEST_BODY
from intake.doors import LONGEST_KEY
from intake.examples import DECISION_EXAMPLE, REQUEST_EXAMPLES
from intake.fields import LONGEST_TYPE, FraudCheck
from intake.filters import LARGEST_PAGE, LONGEST_ID, PAGE, TransactionFilters
from intake.formats.native import NativeAnswer
from intake.health import Health
from intake.openapi import cases, changes, figures, webhooks
from intake.openapi.parts import (
    NO_KEY,
    PROBLEMS,
    Json,
    Operation,
    Part,
    Reply,
    header,
    in_path,
    query,
)
from intake.presenting import DecisionRead, TransactionDetail, TransactionPage
from rules.definition import VERTICALS


class ProblemDetails(msgspec.Struct):
    """An error (RFC 9457). `type` is stable, for programs; `detail` is a sentence, for people."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    request_id: str
    errors: list[FieldError] | UnsetType = UNSET


class Alive(msgspec.Struct):
    status: str


CHECK_HEADERS: Final = (
    header(
        "Idempotency-Key",
        "Makes a repeat harmless where no transaction_id is given.",
        {
            "type": "string",
            "minLength": 1,
            "maxLength": LONGEST_KEY,
            "pattern": "^[!-~]([ -~]*[!-~])?$",
        },
    ),
    header(
        "X-Webhook-URL",
        "Where to send this decision's event.",
        {
            "type": "string",
            "maxLength": LONGEST_URL,
            "pattern": r"^https?://[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(/[!-~]*)?$",
        },
    ),
)
"""What every call that decides takes beside its body."""

_TRANSACTION_ID: Final = in_path(
    "transaction_id",
    "Your own transaction ID (or ours, where you gave none), percent-encoded.",
    {"type": "string", "minLength": 1, "maxLength": 128},
)
_FILTER_DOCS: Final = {
    "industry": "Only this vertical.",
    "transaction_type": "Only this kind.",
    "status": "Only decisions of this status.",
    "risk_level": "Only decisions of this level.",
    "user_id": "Only this customer: your exact user_id.",
    "transaction_id": "Only this transaction: for IDs that an address cannot carry, such as `..`.",
    "occurred_from": "Not before this time (ISO 8601, or seconds since 1970).",
    "occurred_to": "Before this time, exclusive.",
    "limit": f"Rows in a page, {LARGEST_PAGE} at most; {PAGE} when not given.",
    "cursor": "The next_cursor of the page before.",
}


def _text(length: int) -> Json:
    return {"type": "string", "minLength": 1, "maxLength": length}


_TIME: Final[Json] = {"type": "string", "format": "date-time"}
_FILTER_SCHEMAS: Final[Json] = {
    "industry": {"type": "string", "enum": list(VERTICALS)},
    "transaction_type": _text(LONGEST_TYPE),
    "status": {"type": "string", "enum": ["approved", "review", "declined"]},
    "risk_level": {"type": "string", "enum": ["low", "medium", "high", "critical"]},
    "user_id": _text(LONGEST_ID),
    "transaction_id": _text(LONGEST_ID),
    "occurred_from": _TIME,
    "occurred_to": _TIME,
    "limit": {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE, "default": PAGE},
    "cursor": {"type": "string", "pattern": "^[A-Za-z0-9_-]{22}$"},
}


def _filters() -> tuple[Json, ...]:
    names = (field.name for field in msgspec.structs.fields(TransactionFilters))
    return tuple(query(name, _FILTER_DOCS[name], _FILTER_SCHEMAS[name]) for name in names)


def _reading(
    name: str, path: str, tag: str, summary: str, body: Any, fault: int, parameters: Iterable[Json]
) -> Operation:
    return Operation(
        name=name,
        path=path,
        tag=tag,
        summary=summary,
        description="Needs a key of scope `read`. Rows of other institutions are not found.",
        parameters=tuple(parameters),
        replies={200: Reply("Found.", body)},
        refusals=(fault, 401, 403, 405, 406, 429, 503),
    )


_CHECK: Final = Operation(
    name="checkFraud",
    path="/api/v1/fraud/check",
    method="post",
    tag="decisions",
    summary="Decide on a transaction",
    description=(
        "Stores the transaction with its decision and answers it. The same request again "
        "gives the same answer; other fields under the same transaction_id or "
        "Idempotency-Key are a conflict. Fields that are not known here are kept, encrypted, "
        "up to 100 and 16 KiB. Card numbers and security codes are refused. Every feature is "
        "optional: what is not given is missing, not zero."
    ),
    parameters=CHECK_HEADERS,
    body=FraudCheck,
    examples=REQUEST_EXAMPLES,
    replies={200: Reply("The decision.", NativeAnswer, ("Idempotent-Replayed",), DECISION_EXAMPLE)},
    refusals=(400, 401, 403, 405, 409, 413, 415, 429, 503),
)

PART: Final = Part(
    name="Problem",
    tags={
        "decisions": "Asking for decisions and reading them back.",
        "transactions": "What was sent, identifiers masked.",
        **figures.TAGS,
        **cases.TAGS,
        **changes.TAGS,
        **webhooks.TAGS,
        "state": "Whether the service works.",
    },
    error=ProblemDetails,
    media=CONTENT_TYPE,
    problems={
        **PROBLEMS,
        400: "The request is not valid; `errors` names each wrong field.",
        409: "The same transaction_id or Idempotency-Key came before with other fields; or the "
        "case has changed, is somebody else's or is closed. `type` says which.",
        413: f"The body has more than {LARGEST_BODY:,} bytes.",
    },
    operations=(
        _CHECK,
        _reading(
            "readDecision",
            "/api/v1/decisions/{transaction_id}",
            "decisions",
            "Read a decision back",
            DecisionRead,
            404,
            [_TRANSACTION_ID],
        ),
        _reading(
            "listTransactions",
            "/api/v1/transactions",
            "transactions",
            "List transactions, newest arrival first",
            TransactionPage,
            400,
            _filters(),
        ),
        _reading(
            "readTransaction",
            "/api/v1/transactions/{transaction_id}",
            "transactions",
            "Read a transaction back",
            TransactionDetail,
            404,
            [_TRANSACTION_ID],
        ),
        *figures.OPERATIONS,
        *cases.OPERATIONS,
        *changes.OPERATIONS,
        *webhooks.OPERATIONS,
        Operation(
            name="health",
            path="/health",
            tag="state",
            summary="Whether this instance can decide",
            description="Needs no key; with one, the call counts towards its limit.",
            security=NO_KEY,
            replies={
                200: Reply("It can.", Health),
                503: Reply("It cannot: the body says why.", Health, ("Retry-After",)),
            },
            refusals=(405, 429),
        ),
        Operation(
            name="live",
            path="/live",
            tag="state",
            summary="Whether this process answers",
            security=NO_KEY,
            replies={200: Reply("It does.", Alive)},
            refusals=(405,),
        ),
    ),
)
