"""The gateway format's part of the description."""

from typing import Annotated, Any, Final, Literal, Required, TypedDict

import msgspec
from msgspec import UNSET, Meta, UnsetType

from analytics.distribution import Distribution
from analytics.patterns import Patterns
from analytics.performance import Performance
from analytics.period import LONGEST
from analytics.trends import Trends
from foundation.errors import FieldError
from intake.fields import FIELDS
from intake.filters import LARGEST_PAGE, LONGEST_ID, PAGE
from intake.formats.gateway import LARGEST_BATCH
from intake.imports.paysim import BALANCES
from intake.monitoring import Alerts, Metrics, Overview, ServiceList, ServiceStates
from intake.openapi.homes import HISTORY, JOB_ID, NOT_BUILT, READING, STORING, look, pending
from intake.openapi.native import CHECK_HEADERS
from intake.openapi.parts import (
    PROBLEMS,
    Json,
    Operation,
    Part,
    Reply,
    query,
)
from intake.views.analytics import DAYS
from intake.views.gateway.listing import PredictionList, StoredPrediction, TransactionList
from intake.views.gateway.scoring import BatchAnswer, Ingested
from rules.definition import VERTICALS


class GatewayError(msgspec.Struct):
    """An error. `error` is stable, for programs; `detail` is a sentence, for people."""

    error: str
    detail: str
    status: int
    request_id: str
    errors: list[FieldError] | UnsetType = UNSET


_EPOCH: Final = FIELDS["occurred_at"].annotation
_Kind = Literal["PAYMENT", "TRANSFER", "CASH_OUT", "CASH_IN", "DEBIT"]
_STEP: Final = Annotated[
    int, Meta(ge=0, le=876_600, description="Hours since the data's start, which `epoch` places.")
]
_make: Any = TypedDict  # the type checker knows only literal ones
GatewayTransaction: Final = _make(
    "GatewayTransaction",
    {
        "transaction_id": FIELDS["transaction_id"].annotation,
        "step": _STEP,
        "type": Required[_Kind],
        "amount": Required[FIELDS["amount"].annotation],
        "nameOrig": Required[FIELDS["user_id"].annotation],
        "nameDest": Required[FIELDS["user_id"].annotation],
        **{column: FIELDS[feature].annotation for column, feature in BALANCES.items()},
        "epoch": _EPOCH,
    },
    total=False,
)
GatewayBatch: Final = _make(
    "GatewayBatch",
    {
        "transactions": Required[
            Annotated[
                list[GatewayTransaction],  # type: ignore[valid-type]
                Meta(min_length=1, max_length=LARGEST_BATCH),
            ]
        ],
        "epoch": _EPOCH,
    },
    total=False,
)
_CASH_OUT: Final[Json] = {
    "transaction_id": "PS-1002",
    "step": 1,
    "type": "CASH_OUT",
    "amount": 181.0,
    "nameOrig": "C840083671",
    "oldbalanceOrg": 181.0,
    "newbalanceOrig": 0.0,
    "nameDest": "C38997010",
    "oldbalanceDest": 21182.0,
    "newbalanceDest": 21363.0,
}
_ONE: Final[Json] = {"cash_out": {"summary": "An agent pays out", "value": _CASH_OUT}}
_BATCH: Final[Json] = {"batch": {"summary": "One", "value": {"transactions": [_CASH_OUT]}}}

_TAG: Final = "gateway"
_SAME: Final = "The same again gives the same answer; other fields under its ID are a conflict."


def _text(length: int = LONGEST_ID) -> Json:
    return {"type": "string", "minLength": 1, "maxLength": length}


def _choice(*choices: str) -> Json:
    return {"type": "string", "enum": list(choices)}


_TIME: Final[Json] = {"type": "string", "format": "date-time"}
_PAGE_SIZE: Final[Json] = {
    "type": "integer",
    "minimum": 1,
    "maximum": LARGEST_PAGE,
    "default": PAGE,
}
_FILTERS: Final = (
    query("page", "From 1; reaches the first 10,000 rows.", {"type": "integer", "minimum": 1}),
    query("page_size", "Rows in a page.", _PAGE_SIZE),
    query("cursor", "The next_cursor of the page before.", _text()),
    query(
        "type", "Only this kind.", _choice("PAYMENT", "TRANSFER", "CASH_OUT", "CASH_IN", "DEBIT")
    ),
    query("prediction", "Only what is predicted to be fraud (1) or not (0).", _choice("0", "1")),
    query("risk_level", "Only this level.", _choice("low", "medium", "high", "critical")),
    query("status", "Only this status.", _choice("approved", "review", "declined")),
    query("nameOrig", "Only this payer.", _text()),
    query("transaction_id", "Only this transaction.", _text()),
    query("industry", "Only this vertical.", _choice(*VERTICALS)),
    query("start_date", "Not before this time.", _TIME),
    query("end_date", "Before this time, exclusive.", _TIME),
)
_SPAN: Final = (
    query(
        "days",
        "The last so many days in UTC, today among them.",
        {"type": "integer", "minimum": 1, "maximum": LONGEST, "default": DAYS},
    ),
    query("industry", "Only this vertical.", _choice(*VERTICALS)),
)


def _store(name: str, path: str, summary: str, answer: Any) -> Operation:
    return Operation(
        name=name,
        path=path,
        method="post",
        summary=summary,
        description=f"Needs a key of scope `score`. {_SAME}",
        parameters=CHECK_HEADERS,
        body=GatewayTransaction,
        examples=_ONE,
        replies={
            200: Reply("It was stored already.", answer, ("Idempotent-Replayed",)),
            201: Reply("Stored and decided.", answer),
        },
        refusals=STORING,
    )


def _read(name: str, path: str, summary: str, answer: Any, *parameters: Json) -> Operation:
    return Operation(
        name=name,
        path=path,
        summary=summary,
        description="Needs a key of scope `read`. Rows of other institutions are not found.",
        parameters=parameters,
        replies={200: Reply("Found.", answer)},
        refusals=READING,
    )


PART: Final = Part(
    name="Gateway",
    tags={
        _TAG: "PaySim-shaped batches and the services around them. Each address answers under "
        "the prefix /gateway/ as well."
    },
    error=GatewayError,
    problems={**PROBLEMS, **NOT_BUILT},
    operations=(
        Operation(
            name="gatewayScore",
            path="/api/v1/score",
            method="post",
            summary="Decide on a batch",
            description=(
                f"{LARGEST_BATCH:,} transactions at most. A wrong field anywhere refuses all of "
                "them before any is stored. One that cannot be decided (its ID came before with "
                "other fields, its time lies ahead) stands in `errors`; where that holds for all, "
                "the first one's refusal is the answer."
            ),
            parameters=CHECK_HEADERS,
            body=GatewayBatch,
            examples=_BATCH,
            replies={200: Reply("The predictions, in the batch's order.", BatchAnswer)},
            refusals=STORING,
        ),
        _store("gatewayIngest", "/ingest", "Store and decide, with findings", Ingested),
        _store("gatewayStore", "/transactions", "The same", Ingested),
        _read("gatewayTransactions", "/transactions", "List", TransactionList, *_FILTERS),
        _store("gatewayPredict", "/predictions", "The prediction for one", StoredPrediction),
        _read("gatewayPredictions", "/predictions", "List", PredictionList, *_FILTERS),
        _read("gatewayTrends", "/fraud-trends", "Day by day", Trends, *_SPAN),
        _read("gatewayPatterns", "/transaction-patterns", "When and how", Patterns, *_SPAN),
        _read("gatewayRisk", "/risk-distribution", "How scores are spread", Distribution, *_SPAN),
        _read("gatewayModel", "/model-performance", "How well it is told", Performance, *_SPAN),
        look("gatewayServices", "/services/status", "States by name", ServiceStates, tag=_TAG),
        look("gatewayOverview", "/overview", "Everything", Overview, tag=_TAG),
        look("gatewayServiceList", "/services", "Services", ServiceList, tag=_TAG),
        look("gatewayMetrics", "/gateway/metrics", "Figures", Metrics, tag=_TAG),
        look("gatewayAlerts", "/alerts", "Alerts", Alerts, HISTORY, tag=_TAG),
        pending("gatewayFraudAlert", "/fraud-alert", "Tell of fraud", tag=_TAG, takes=True),
        pending("gatewaySystemAlert", "/system-alert", "Tell of a fault", tag=_TAG, takes=True),
        pending("gatewayHistory", "/history", "What was sent", tag=_TAG),
        pending("gatewayCreateJob", "/jobs", "Upload a file", tag=_TAG, takes=True),
        pending("gatewayJobs", "/jobs", "List the jobs", tag=_TAG),
        pending("gatewayJob", "/jobs/{job_id}", "A job's progress", JOB_ID, tag=_TAG),
    ),
)
