"""Feedback and figures: their share of the native format's part."""

from typing import Any, Final

from analytics.advice import VerticalAdvice
from analytics.period import LONGEST
from analytics.verticals import VerticalMetrics
from intake.feedback import MOST_ITEMS
from intake.openapi.parts import Json, Operation, Reply, in_path, query
from intake.views.analytics import (
    ADVICE_DAYS,
    DAYS,
    DEFAULT_VERTICAL,
    FIGURES,
    VerticalsAnswer,
)
from intake.views.feedback import BulkAnswer, FeedbackAnswer
from rules.definition import VERTICALS
from transactions.labels.reading import Feedback

TAGS: Final = {
    "feedback": "What transactions turned out to be.",
    "analytics": "Figures over your own decisions and labels.",
}
_SUMMARIES: Final = {
    "accuracy": "Were the decisions right",
    "fraud-trends": "Decisions and frauds day by day",
    "transaction-patterns": "Transactions by type, hour, weekday and currency",
    "risk-distribution": "How the scores are spread",
    "model-performance": "How well fraud was told from genuine, by model",
}
_NEEDS_READ: Final = "Needs a key of scope `read`. Figures are of your own transactions alone."


def _days(default: int) -> Json:
    schema = {"type": "integer", "minimum": 1, "maximum": LONGEST, "default": default}
    return query("days", "The last so many days in UTC, today among them.", schema)


def _industry(description: str) -> Json:
    return query("industry", description, {"type": "string", "enum": list(VERTICALS)})


def _figure(
    name: str, path: str, summary: str, body: Any, *parameters: Json, fault: int = 400
) -> Operation:
    return Operation(
        name=name,
        path=f"/api/v1/analytics/{path}",
        tag="analytics",
        summary=summary,
        description=_NEEDS_READ,
        parameters=parameters,
        replies={200: Reply("The figures.", body)},
        refusals=tuple(sorted({400, 401, 403, 405, 429, 503, fault})),
    )


def _camel(path: str) -> str:
    first, *others = path.split("-")
    return first + "".join(word.capitalize() for word in others)


_REFUSALS: Final = (400, 401, 403, 405, 413, 415, 429, 503)

OPERATIONS: Final = (
    Operation(
        name="giveFeedback",
        path="/api/v1/feedback",
        method="post",
        tag="feedback",
        summary="Tell what a transaction turned out to be",
        description=(
            "Needs a key of scope `feedback`. `source` is client (you), customer (a report) or "
            "chargeback; `known_at` is when it became known, now when not given. The same word "
            "again changes nothing."
        ),
        body=Feedback,
        replies={
            200: Reply("It was known already.", FeedbackAnswer),
            201: Reply("Recorded.", FeedbackAnswer),
        },
        refusals=(*_REFUSALS, 404),
    ),
    Operation(
        name="giveFeedbackInBulk",
        path="/api/v1/feedback/bulk",
        method="post",
        tag="feedback",
        summary="Tell what many transactions turned out to be",
        description=(
            f"Up to {MOST_ITEMS:,} items as a JSON list, as JSON lines (application/x-ndjson) or "
            "as CSV (text/csv) with a header. Each item gets its own result; a wrong one takes "
            "nothing from the others, and sending all of them again is harmless."
        ),
        body=list[Feedback],
        replies={200: Reply("A result for each item.", BulkAnswer)},
        refusals=_REFUSALS,
    ),
    *(
        _figure(
            _camel(path), path, _SUMMARIES[path], body, _days(DAYS), _industry("Only this one.")
        )
        for path, body in FIGURES.items()
    ),
    _figure(
        "thresholdAdvice",
        "threshold-advice",
        "Should a vertical's decline threshold move",
        VerticalAdvice,
        _days(ADVICE_DAYS),
        _industry(f"Of which vertical; {DEFAULT_VERTICAL} when not given."),
    ),
    _figure(
        "verticalsMetrics",
        "verticals",
        "Every vertical's traffic",
        VerticalsAnswer,
        _days(DAYS),
        _industry("Only this one."),
    ),
    _figure(
        "verticalMetrics",
        "verticals/{vertical}",
        "One vertical's traffic",
        VerticalMetrics,
        in_path("vertical", "Its code.", {"type": "string", "enum": list(VERTICALS)}),
        _days(DAYS),
        fault=404,
    ),
)
