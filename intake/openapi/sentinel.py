"""The sentinel format's part of the description."""

from typing import Annotated, Any, Final, Required, TypedDict

import msgspec
from msgspec import Meta

from features.aliases import ALIASES
from intake.fields import FIELDS
from intake.formats.sentinel import (
    CURRENCY,
    LARGEST_BATCH,
    LONGEST_NAME,
    SentinelError,
    SentinelItemError,
)
from intake.formats.sentinel_answers import SentinelAnswer, VerticalAnswer
from intake.formats.sentinel_reads import (
    Categories,
    RuleCount,
    RulesRead,
    Status,
    VerticalConfigRead,
    VerticalFigures,
    VerticalRules,
    Verticals,
)
from intake.openapi.native import CHECK_HEADERS
from intake.openapi.parts import (
    PROBLEMS,
    REF,
    Json,
    Operation,
    Part,
    Reply,
    in_path,
    query,
)
from rules.definition import VERTICALS

_FIELDS: Final = (
    "transaction_id",
    "user_id",
    "amount",
    "currency",
    "vertical",
    "merchant_name",
    "user_email",
    "user_phone",
    "ip_address",
    "user_country",
)
_REQUIRED: Final = frozenset({"user_id", "amount"})


def _annotation(name: str) -> Any:
    if name == "currency":
        doc = f"ISO 4217; {CURRENCY} when absent."
        return Annotated[str, Meta(pattern="^[A-Za-z]{3}$", description=doc)]
    if name == "merchant_name":
        return Annotated[str, Meta(max_length=LONGEST_NAME, description="Kept as it came.")]
    annotation = FIELDS[ALIASES.get(name, name)].annotation
    return Required[annotation] if name in _REQUIRED else annotation


_make: Any = TypedDict  # the type checker knows only literal ones
SentinelTransaction: Final = _make(
    "SentinelTransaction", {name: _annotation(name) for name in _FIELDS}, total=False
)
SentinelBatch: Final = Annotated[list[SentinelTransaction], Meta(max_length=LARGEST_BATCH)]  # type: ignore[valid-type]

_OUTCOME: Final = Meta(
    extra_json_schema={
        "anyOf": [{"$ref": REF.format(name=n)} for n in ("SentinelAnswer", "SentinelItemError")]
    }
)


class SentinelResults(msgspec.Struct):
    """In the order of the request."""

    results: list[Annotated[dict[str, Any], _OUTCOME]]
    total: int


_EXAMPLES: Final[Json] = {
    "new": {
        "summary": "A throw-away e-mail address",
        "value": {
            "transaction_id": "TXN-1001",
            "user_id": 17,
            "amount": 249.9,
            "merchant_name": "Corner Shop",
            "user_email": "someone@mailinator.com",
            "user_phone": "+2348012345678",
            "ip_address": "203.0.113.7",
            "user_country": "NG",
        },
    }
}
_VERTICAL: Final = in_path("vertical", "A line of business.", {"enum": list(VERTICALS)})
_DECIDING: Final = (400, 401, 403, 405, 409, 413, 415, 429, 503)
_READING: Final = (401, 403, 405, 429, 503)


def _check(name: str, path: str, summary: str, answer: Any) -> Operation:
    return Operation(
        name=name,
        path=path,
        method="post",
        summary=summary,
        description=(
            f"Amounts are in {CURRENCY} unless `currency` says otherwise; no model takes part. "
            "Every field of the native format is taken, too. The same transaction again gets the "
            "stored decision, another one under the same transaction_id is a conflict."
        ),
        parameters=CHECK_HEADERS,
        body=SentinelTransaction,
        examples=_EXAMPLES,
        replies={200: Reply("The decision.", answer, ("Idempotent-Replayed",))},
        refusals=_DECIDING,
    )


def _read(name: str, path: str, summary: str, answer: Any, *parameters: Json) -> Operation:
    return Operation(
        name=name,
        path=path,
        summary=summary,
        parameters=parameters,
        replies={200: Reply("Found.", answer)},
        refusals=(400, *_READING) if parameters else _READING,
    )


PART: Final = Part(
    name="Sentinel",
    tags={
        "sentinel": "The older system's calls. Where the operator names an institution for calls "
        "without a key, none is needed; they are counted by the caller's network."
    },
    security=({"ApiKey": []}, {}),
    error=SentinelError,
    shown=(SentinelAnswer, SentinelItemError),
    problems={**PROBLEMS, 401: "The API key is unknown, or missing where one is needed."},
    operations=(
        _check(
            "sentinelCheck", "/check-transaction", "Decide, telling of every rule", SentinelAnswer
        ),
        _check(
            "sentinelCheckVertical",
            "/check-transaction-vertical",
            "Decide by the vertical's threshold",
            VerticalAnswer,
        ),
        Operation(
            name="sentinelCheckBatch",
            path="/check-transactions-batch",
            method="post",
            summary="Decide on many transactions",
            description=(
                f"{LARGEST_BATCH} at most. A wrong field anywhere refuses all of them before any "
                "is decided. One that cannot be decided (its transaction_id came before with other "
                "fields) has `error` in its place; where that holds for all, the first one's "
                "refusal is the answer."
            ),
            parameters=CHECK_HEADERS,
            body=SentinelBatch,
            replies={200: Reply("The decisions.", SentinelResults)},
            refusals=_DECIDING,
        ),
        _read("sentinelRules", "/rules/metadata", "List the rules", RulesRead),
        _read(
            "sentinelCategories",
            "/rules/categories",
            "Count a category's rules",
            Categories,
            query("category", "As /rules/count lists them.", {"type": "string"}, required=True),
        ),
        _read("sentinelCount", "/rules/count", "Count the rules", RuleCount),
        _read("sentinelStatus", "/status", "Tell which components work", Status),
        _read("sentinelVerticals", "/verticals", "List the verticals", Verticals),
        _read(
            "sentinelConfig",
            "/verticals/{vertical}/config",
            "Read a vertical's thresholds",
            VerticalConfigRead,
            _VERTICAL,
        ),
        _read(
            "sentinelFigures",
            "/verticals/{vertical}/metrics",
            "Read a vertical's figures",
            VerticalFigures,
            _VERTICAL,
        ),
        _read(
            "sentinelVerticalRules",
            "/verticals/{vertical}/rules",
            "Read a vertical's weights",
            VerticalRules,
            _VERTICAL,
        ),
    ),
)
