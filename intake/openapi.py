"""The API's description in OpenAPI 3.1, built from the very structs that decode and encode.

Nothing here repeats what a struct says: names, types, bounds and meanings come from there, so that
the description cannot drift from what the doors take and give.
"""

from typing import Any, Final

import msgspec
from django.conf import settings
from msgspec import UNSET, UnsetType

from intake.body import LARGEST_BODY
from intake.doors import LONGEST_KEY, LONGEST_URL
from intake.examples import DECISION_EXAMPLE, REQUEST_EXAMPLES
from intake.fields import FraudCheck
from intake.filters import LARGEST_PAGE, LONGEST_ID, PAGE, TransactionFilters
from intake.formats.native import NativeAnswer
from intake.health import Health
from intake.presenting import DecisionRead, TransactionDetail, TransactionPage
from rules.definition import VERTICALS

Json = dict[str, Any]

_REF: Final = "#/components/schemas/{name}"


class FieldFault(msgspec.Struct):
    """What is wrong with one field, by the name that the client used; dotted when nested."""

    field: str
    message: str
    code: str


class ProblemDetails(msgspec.Struct):
    """An error (RFC 9457). `type` is stable, for programs; `detail` is a sentence, for people."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    request_id: str
    errors: list[FieldFault] | UnsetType = UNSET


class Alive(msgspec.Struct):
    status: str


STRUCTS: Final = (
    FraudCheck,
    NativeAnswer,
    DecisionRead,
    TransactionDetail,
    TransactionPage,
    Health,
    Alive,
    ProblemDetails,
)

_PROBLEMS: Final = {
    400: "The request is not valid; `errors` names each wrong field.",
    401: "The API key is missing, unknown, expired or revoked.",
    403: "The API key lacks the scope.",
    404: "There is nothing of this ID.",
    405: "The address does not take this method.",
    406: "Only JSON is answered.",
    409: "The same transaction_id or Idempotency-Key came before with other fields.",
    413: f"The body has more than {LARGEST_BODY:,} bytes.",
    415: "The body is not declared as JSON.",
    503: "The database does not answer, or no ruleset is published. Repeat the request after "
    "`Retry-After` seconds; under its `transaction_id` or `Idempotency-Key` it counts once.",
}


def build_schema() -> Json:
    """The whole document."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "FraudShield API",
            "version": settings.VERSION,
            "description": "Send a transaction, get a decision in the same call.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "tags": [
            {"name": "decisions", "description": "Asking for decisions and reading them back."},
            {"name": "transactions", "description": "What was sent, identifiers masked."},
            {"name": "state", "description": "Whether the service works."},
        ],
        "security": [{"ApiKey": []}],
        "paths": _paths(),
        "components": _components(),
    }


def _components() -> Json:
    _, schemas = msgspec.json.schema_components(STRUCTS, ref_template=_REF)
    return {
        "schemas": schemas,
        "securitySchemes": {"ApiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"}},
        "headers": _HEADERS,
        "responses": {f"Problem{status}": _problem(status) for status in _PROBLEMS},
    }


_HEADERS: Final[Json] = {
    "X-Request-ID": {
        "description": "Names this request in our log; your own, when you sent a sane one.",
        "schema": {"type": "string"},
    },
    "Idempotent-Replayed": {
        "description": "Present when the decision had been made before this request.",
        "schema": {"type": "string", "enum": ["true"]},
    },
    "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}},
}


def _problem(status: int) -> Json:
    names = ["X-Request-ID", "Retry-After"] if status == 503 else ["X-Request-ID"]
    return {
        "description": _PROBLEMS[status],
        "headers": _header_refs(*names),
        "content": {"application/problem+json": {"schema": _ref("ProblemDetails")}},
    }


def _paths() -> Json:
    return {
        "/api/v1/fraud/check": {"post": _check()},
        "/api/v1/decisions/{transaction_id}": {
            "get": _reading(
                "readDecision",
                "decisions",
                "Read a decision back",
                "DecisionRead",
                404,
                parameters=[_TRANSACTION_ID],
            )
        },
        "/api/v1/transactions": {
            "get": _reading(
                "listTransactions",
                "transactions",
                "List transactions, newest arrival first",
                "TransactionPage",
                400,
                parameters=_filters(),
            )
        },
        "/api/v1/transactions/{transaction_id}": {
            "get": _reading(
                "readTransaction",
                "transactions",
                "Read a transaction back",
                "TransactionDetail",
                404,
                parameters=[_TRANSACTION_ID],
            )
        },
        "/health": {"get": _health()},
        "/live": {"get": _live()},
    }


def _check() -> Json:
    return {
        "operationId": "checkFraud",
        "tags": ["decisions"],
        "summary": "Decide on a transaction",
        "description": (
            "Stores the transaction with its decision and answers it. The same request again "
            "gives the same answer; other fields under the same transaction_id or "
            "Idempotency-Key are a conflict. Fields that are not known here are kept, encrypted, "
            "up to 100 and 16 KiB. Card numbers and security codes are refused. Every feature is "
            "optional: what is not given is missing, not zero."
        ),
        "parameters": _CHECK_HEADERS,
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": _ref("FraudCheck"), "examples": REQUEST_EXAMPLES}
            },
        },
        "responses": {
            "200": _success("The decision.", "NativeAnswer", "Idempotent-Replayed")
            | {"content": _json("NativeAnswer", DECISION_EXAMPLE)},
            **_problems(400, 401, 403, 405, 409, 413, 415, 503),
        },
    }


_CHECK_HEADERS: Final[list[Json]] = [
    {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "Makes a repeat harmless where no transaction_id is given.",
        "schema": {
            "type": "string",
            "minLength": 1,
            "maxLength": LONGEST_KEY,
            "pattern": "^[!-~]([ -~]*[!-~])?$",
        },
    },
    {
        "name": "X-Webhook-URL",
        "in": "header",
        "description": "Where to send this decision's event. Kept with the transaction; no event "
        "is sent yet.",
        "schema": {
            "type": "string",
            "maxLength": LONGEST_URL,
            "pattern": r"^https?://[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(/[!-~]*)?$",
        },
    },
]

_TRANSACTION_ID: Final[Json] = {
    "name": "transaction_id",
    "in": "path",
    "required": True,
    "description": "Your own transaction ID (or ours, where you gave none), percent-encoded.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 128},
}

_FILTER_DOCS: Final = {
    "industry": "Only this vertical.",
    "status": "Only decisions of this status.",
    "user_id": "Only this customer: your exact user_id.",
    "transaction_id": "Only this transaction: for IDs that an address cannot carry, such as `..`.",
    "occurred_from": "Not before this time (ISO 8601, or seconds since 1970).",
    "occurred_to": "Before this time, exclusive.",
    "limit": f"Rows in a page, {LARGEST_PAGE} at most; {PAGE} when not given.",
    "cursor": "The next_cursor of the page before.",
}


def _filters() -> list[Json]:
    known = {field.name for field in msgspec.structs.fields(TransactionFilters)}
    if known != _FILTER_DOCS.keys():
        raise AssertionError(f"describe the parameters {known ^ _FILTER_DOCS.keys()}")
    return [
        {"name": name, "in": "query", "description": doc, "schema": _FILTER_SCHEMAS[name]}
        for name, doc in _FILTER_DOCS.items()
    ]


def _text(length: int) -> Json:
    return {"type": "string", "minLength": 1, "maxLength": length}


_TIME: Final[Json] = {"type": "string", "format": "date-time"}
_FILTER_SCHEMAS: Final[Json] = {
    "industry": {"type": "string", "enum": list(VERTICALS)},
    "status": {"type": "string", "enum": ["approved", "review", "declined"]},
    "user_id": _text(LONGEST_ID),
    "transaction_id": _text(LONGEST_ID),
    "occurred_from": _TIME,
    "occurred_to": _TIME,
    "limit": {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE, "default": PAGE},
    "cursor": {"type": "string", "pattern": "^[A-Za-z0-9_-]{22}$"},
}


def _reading(
    operation: str, tag: str, summary: str, schema: str, fault: int, *, parameters: list[Json]
) -> Json:
    return {
        "operationId": operation,
        "tags": [tag],
        "summary": summary,
        "description": "Needs a key of scope `read`. Rows of other institutions are not found.",
        "parameters": parameters,
        "responses": {
            "200": _success("Found.", schema),
            **_problems(fault, 401, 403, 405, 406, 503),
        },
    }


def _health() -> Json:
    return {
        "operationId": "health",
        "tags": ["state"],
        "security": [],
        "summary": "Whether this instance can decide",
        "responses": {
            "200": _success("It can.", "Health"),
            "405": _ref_response(405),
            "503": _success("It cannot: the body says why.", "Health", "Retry-After"),
        },
    }


def _live() -> Json:
    return {
        "operationId": "live",
        "tags": ["state"],
        "security": [],
        "summary": "Whether this process answers",
        "responses": {"200": _success("It does.", "Alive"), "405": _ref_response(405)},
    }


def _success(description: str, schema: str, *headers: str) -> Json:
    return {
        "description": description,
        "headers": _header_refs("X-Request-ID", *headers),
        "content": _json(schema),
    }


def _json(schema: str, example: Json | None = None) -> Json:
    body: Json = {"schema": _ref(schema)}
    if example is not None:
        body["example"] = example
    return {"application/json": body}


def _problems(*statuses: int) -> Json:
    return {str(status): _ref_response(status) for status in sorted(statuses)}


def _ref(name: str) -> Json:
    return {"$ref": _REF.format(name=name)}


def _ref_response(status: int) -> Json:
    return {"$ref": f"#/components/responses/Problem{status}"}


def _header_refs(*names: str) -> Json:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}
