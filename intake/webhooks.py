"""What calls about webhooks bring along, and what they are answered."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final, Literal, TypeVar
from uuid import UUID

import msgspec
from django.core.exceptions import ValidationError
from msgspec import UNSET, Meta, UnsetType

from clients.webhooks.models import (
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookEvent,
)
from clients.webhooks.sealing import url_of
from clients.webhooks.secrets import LONGEST_OVERLAP, OVERLAP
from clients.webhooks.targets import LONGEST_URL
from foundation.errors import BadRequest, FieldError
from intake.body import kind_of
from intake.errors import Wrong, fields_problem
from intake.extras import printable, scalar_fault

Event = Literal[
    "fraud_detected",
    "high_risk_transaction",
    "transaction_approved",
    "case.opened",
    "case.updated",
    "case.closed",
]
State = Literal["pending", "delivered", "dead"]
Text = Annotated[str, Meta(min_length=1, max_length=80)]
Url = Annotated[str, Meta(min_length=1, max_length=LONGEST_URL)]
Secret = Annotated[str, Meta(min_length=16, max_length=255)]
Events = Annotated[list[Event], Meta(min_length=1, max_length=len(WebhookEvent))]
_HOUR: Final = 3_600
MOST_HOURS: Final = int(LONGEST_OVERLAP.total_seconds()) // _HOUR
USUAL_HOURS: Final = int(OVERLAP.total_seconds()) // _HOUR


class NewEndpoint(msgspec.Struct, frozen=True, kw_only=True):
    """`events` defaults to fraud_detected and high_risk_transaction; `secret` is your own."""

    name: Text
    url: Url
    events: Events | UnsetType = UNSET
    secret: Secret | UnsetType = UNSET


class EndpointChange(msgspec.Struct, frozen=True, kw_only=True):
    """Only what is given changes."""

    name: Text | UnsetType = UNSET
    url: Url | UnsetType = UNSET
    events: Events | UnsetType = UNSET
    state: Literal["active", "paused"] | UnsetType = UNSET


class Rotation(msgspec.Struct, frozen=True, kw_only=True):
    """`overlap_hours`: how long the old secret stays valid beside the new one; 0 for a leak."""

    overlap_hours: Annotated[int, Meta(ge=0, le=MOST_HOURS)] = USUAL_HOURS
    secret: Secret | UnsetType = UNSET


class ReplayWish(msgspec.Struct, frozen=True, kw_only=True):
    """Which settled deliveries to send again: by default those given up, of all endpoints."""

    endpoint: UUID | UnsetType = UNSET
    state: Literal["dead", "delivered"] = "dead"
    since: datetime | UnsetType = UNSET
    until: datetime | UnsetType = UNSET


class Nothing(msgspec.Struct, frozen=True):
    """A call without fields."""


class EndpointAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """`circuit` is open while the endpoint is left alone after failures in a row."""

    id: UUID
    name: str
    url: str
    events: list[str]
    state: str
    circuit: Literal["closed", "open", "half-open"]
    failures: int
    next_trial_at: datetime | None
    created_at: datetime


class NewEndpointAnswer(EndpointAnswer, frozen=True, kw_only=True):
    secret: str


class EndpointList(msgspec.Struct, frozen=True):
    results: list[EndpointAnswer]


class SecretAnswer(msgspec.Struct, frozen=True):
    secret: str


class RemovedAnswer(msgspec.Struct, frozen=True):
    """How many deliveries waited for it and were given up."""

    given_up: int


class DeliveryAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """`endpoint` and `server`: where to. Of a URL that a request named, the server is told."""

    id: UUID
    event_id: str
    event: str
    sequence: int
    transaction_id: str | None
    endpoint: UUID
    server: str
    state: State
    attempts: int
    next_attempt_at: datetime | None
    settled_at: datetime | None
    created_at: datetime
    last_status: int | None
    last_fault: str | None


class AttemptAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """`answer` keeps only words that describe faults."""

    at: datetime
    latency_ms: int
    status: int | None
    fault: str | None
    answer: str | None


class DeliveryDetail(DeliveryAnswer, frozen=True, kw_only=True):
    """With what is sent, byte for byte, and the newest 100 tries."""

    body: str
    log: list[AttemptAnswer]


class DeliveryPage(msgspec.Struct, frozen=True):
    """Newest first. `next_cursor` is null on the last page."""

    results: list[DeliveryAnswer]
    next_cursor: str | None


class ReplayAnswer(msgspec.Struct, frozen=True):
    """How many are sent again; `more`: as many as one call sets going, so repeat it."""

    replayed: int
    more: bool


S = TypeVar("S", bound=msgspec.Struct)


def read_fields(given: Mapping[str, Any], kind: type[S]) -> S:
    """The struct of a JSON object. Raises BadRequest naming every wrong field, values never."""
    fields = {field.name: field for field in msgspec.structs.fields(kind)}
    known = ", ".join(fields) or "none"
    errors = [
        FieldError(printable(name), f"is no field; there are {known}", "unknown")
        for name in given
        if name not in fields
    ]
    values = {}
    for name, field in fields.items():
        if name not in given:
            if field.required:
                errors.append(FieldError(name, "is required", "missing"))
            continue
        try:
            values[name] = _convert(given[name], field.type)
        except Wrong as wrong:
            errors.append(FieldError(name, wrong.message, wrong.code))
    if errors:
        raise fields_problem(errors)
    return kind(**values)


def _convert(value: Any, annotation: Any) -> Any:
    for part in value if isinstance(value, list) else [value]:
        if fault := scalar_fault(part):
            raise Wrong(fault, "value")
    try:
        return msgspec.convert(value, annotation)
    except msgspec.ValidationError as error:
        # Its sentence ends with the place, and quotes a value only where there are few choices.
        told = str(error).partition(" - at ")[0]
        if "enum" in told and (choices := msgspec.json.schema(annotation).get("enum")):
            raise Wrong(f"must be one of {', '.join(map(str, choices))}", "choice") from None
        told = "is none of the choices" if "enum" in told else told[:1].lower() + told[1:]
        raise Wrong(f"{told} (got {kind_of(value)})", "type") from None


def as_bad_request(error: ValidationError) -> BadRequest:
    """What a service found wrong, by field."""
    if not hasattr(error, "error_dict"):
        return BadRequest(" ".join(error.messages))
    return fields_problem(
        [
            FieldError(name, " ".join(messages).rstrip("."), "invalid")
            for name, messages in error.message_dict.items()
        ]
    )


def endpoint_answer(row: WebhookEndpoint, now: datetime) -> EndpointAnswer:
    return EndpointAnswer(**endpoint_values(row, now))


def endpoint_values(row: WebhookEndpoint, now: datetime) -> dict[str, Any]:
    return {
        "id": row.pk,
        "name": row.name,
        "url": url_of(row),
        "events": list(row.events),
        "state": row.state,
        "circuit": row.circuit(now),
        "failures": row.failures,
        "next_trial_at": row.open_until,
        "created_at": row.created_at,
    }


def delivery_answer(row: WebhookDelivery) -> DeliveryAnswer:
    return DeliveryAnswer(**_delivery_values(row))


def delivery_detail(row: WebhookDelivery, log: list[WebhookAttempt]) -> DeliveryDetail:
    told = [
        AttemptAnswer(
            at=each.at,
            latency_ms=each.latency_ms,
            status=each.status,
            fault=each.fault or None,
            answer=each.excerpt or None,
        )
        for each in log
    ]
    return DeliveryDetail(**_delivery_values(row), body=row.body, log=told)


def _delivery_values(row: WebhookDelivery) -> dict[str, Any]:
    waiting = row.state == WebhookDelivery.State.PENDING
    return {
        "id": row.pk,
        "event_id": row.event_id,
        "event": row.event,
        "sequence": row.sequence,
        "transaction_id": row.reference or None,
        "endpoint": row.endpoint_id,
        "server": row.endpoint.origin,
        "state": row.state,
        "attempts": row.attempts,
        "next_attempt_at": row.next_attempt_at if waiting else None,
        "settled_at": row.settled_at,
        "created_at": row.created_at,
        "last_status": row.last_status,
        "last_fault": row.last_fault or None,
    }
