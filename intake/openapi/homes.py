"""Native homes of what other systems had as services: storing with findings, monitoring, batch
jobs, notifications. They share the native format's refusals."""

from typing import Any, Final

from foundation.errors import CONTENT_TYPE
from intake.fields import FraudCheck
from intake.monitoring import Alerts, Metrics, Overview, ServiceList
from intake.openapi.native import CHECK_HEADERS, ProblemDetails
from intake.openapi.parts import PROBLEMS, Json, Operation, Part, Reply, in_path, query
from intake.views.gateway.scoring import NativeIngested

HISTORY: Final = query(
    "history",
    "`true` asks for alerts of the past, which are not stored yet.",
    {"type": "boolean", "default": False},
)
JOB_ID: Final = in_path("job_id", "The job's ID.", {"type": "string", "minLength": 1})
NOT_BUILT: Final = {501: "Not there yet; `detail` says what is missing."}
STORING: Final = (400, 401, 403, 405, 409, 413, 415, 429, 503)
READING: Final = (400, 401, 403, 405, 429, 503)


def look(name: str, path: str, summary: str, body: Any, *parameters: Json, tag: str) -> Operation:
    """A reading of how things are."""
    return Operation(
        name=name,
        path=path,
        tag=tag,
        summary=summary,
        description="Needs a key of scope `read`.",
        parameters=parameters,
        replies={200: Reply("As it is now.", body)},
        refusals=(*READING, 501) if parameters else READING,
    )


def pending(
    name: str, path: str, summary: str, *parameters: Json, tag: str, takes: bool = False
) -> Operation:
    """A call that answers 501 and what is missing; by POST where it `takes` something."""
    return Operation(
        name=name,
        path=path,
        method="post" if takes else "get",
        tag=tag,
        summary=summary,
        parameters=parameters,
        body=dict[str, Any] if takes else None,
        replies={},
        refusals=(400, 401, 403, 405, 413, 415, 429, 501, 503),
    )


_MONITORING: Final = "/api/v1/monitoring"
_JOBS: Final = "/api/v1/batch/jobs"
_NOTIFICATIONS: Final = "/api/v1/notifications"

PART: Final = Part(
    name="Problem",
    tags={
        "monitoring": "How the installation is.",
        "batch": "Files of transactions, decided in the background. Not there yet.",
        "notifications": "Messages to people. Not there yet.",
    },
    error=ProblemDetails,
    media=CONTENT_TYPE,
    problems={**PROBLEMS, **NOT_BUILT},
    operations=(
        Operation(
            name="ingestTransaction",
            path="/api/v1/transactions",
            method="post",
            tag="transactions",
            summary="Store and decide, with findings on the data",
            description=(
                "As /api/v1/fraud/check, and tells what is odd about the data: balances that do "
                "not differ by the amount, payer and payee in one, what is not told."
            ),
            parameters=CHECK_HEADERS,
            body=FraudCheck,
            replies={
                200: Reply("It was stored already.", NativeIngested, ("Idempotent-Replayed",)),
                201: Reply("Stored and decided.", NativeIngested),
            },
            refusals=STORING,
        ),
        look("overview", f"{_MONITORING}/overview", "Everything", Overview, tag="monitoring"),
        look("services", f"{_MONITORING}/services", "Services", ServiceList, tag="monitoring"),
        look("metrics", f"{_MONITORING}/metrics", "Figures", Metrics, tag="monitoring"),
        look("alerts", f"{_MONITORING}/alerts", "Alerts", Alerts, HISTORY, tag="monitoring"),
        pending("createJob", _JOBS, "Upload a file", tag="batch", takes=True),
        pending("listJobs", _JOBS, "List the jobs", tag="batch"),
        pending("readJob", f"{_JOBS}/{{job_id}}", "A job's progress", JOB_ID, tag="batch"),
        pending(
            "alertFraud",
            f"{_NOTIFICATIONS}/fraud-alert",
            "Tell people of fraud",
            tag="notifications",
            takes=True,
        ),
        pending(
            "alertSystem",
            f"{_NOTIFICATIONS}/system-alert",
            "Tell people of a fault",
            tag="notifications",
            takes=True,
        ),
        pending("notifications", f"{_NOTIFICATIONS}/history", "What was sent", tag="notifications"),
    ),
)
