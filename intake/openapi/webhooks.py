"""Webhooks: their share of the native format's part."""

from typing import Any, Final

from clients.webhooks.models import TEST_EVENT, WebhookDelivery, WebhookEvent
from intake.filters import LARGEST_PAGE, LONGEST_ID, PAGE
from intake.openapi.parts import Json, Operation, Reply, in_path, query
from intake.webhooks import (
    DeliveryAnswer,
    DeliveryDetail,
    DeliveryPage,
    EndpointAnswer,
    EndpointChange,
    EndpointList,
    NewEndpoint,
    NewEndpointAnswer,
    RemovedAnswer,
    ReplayAnswer,
    ReplayWish,
    Rotation,
    SecretAnswer,
)

TAGS: Final = {"webhooks": "Being told of decisions as they happen (docs/webhooks.md)."}
_BASE: Final = "/api/v1/webhooks"
_ID: Final = in_path("id", "As we gave it.", {"type": "string", "format": "uuid"})
_READING: Final = (401, 403, 404, 405, 429, 503)
_WRITING: Final = (400, 401, 403, 404, 405, 409, 413, 415, 429, 503)


def _operation(
    name: str,
    method: str,
    path: str,
    summary: str,
    replies: dict[int, Reply],
    refusals: tuple[int, ...],
    **more: Any,
) -> Operation:
    return Operation(
        name=name,
        method=method,
        path=_BASE + path,
        tag="webhooks",
        summary=summary,
        description="Needs a key of scope `webhooks`.",
        parameters=(*([_ID] if "{id}" in path else []), *more.pop("parameters", ())),
        replies=replies,
        refusals=refusals,
        **more,
    )


def _choice(*values: str) -> Json:
    return {"type": "string", "enum": list(values)}


_FILTERS: Final = (
    query("endpoint", "Only to this endpoint.", {"type": "string", "format": "uuid"}),
    query("state", "Only in this state.", _choice(*WebhookDelivery.State.values)),
    query("event", "Only of this event.", _choice(*WebhookEvent.values, TEST_EVENT)),
    query(
        "transaction_id",
        "Only about this transaction: your exact ID.",
        {"type": "string", "minLength": 1, "maxLength": LONGEST_ID},
    ),
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

OPERATIONS: Final = (
    _operation(
        "listWebhookEndpoints",
        "get",
        "/endpoints",
        "List endpoints",
        {200: Reply("All of them.", EndpointList)},
        (401, 403, 405, 429, 503),
    ),
    _operation(
        "addWebhookEndpoint",
        "post",
        "/endpoints",
        "Register an endpoint",
        {201: Reply("It, with its secret.", NewEndpointAnswer)},
        (400, 401, 403, 405, 409, 413, 415, 429, 503),
        body=NewEndpoint,
    ),
    _operation(
        "readWebhookEndpoint",
        "get",
        "/endpoints/{id}",
        "Read an endpoint",
        {200: Reply("Found.", EndpointAnswer)},
        _READING,
    ),
    _operation(
        "changeWebhookEndpoint",
        "patch",
        "/endpoints/{id}",
        "Change, pause or resume an endpoint",
        {200: Reply("As it is now.", EndpointAnswer)},
        _WRITING,
        body=EndpointChange,
    ),
    _operation(
        "removeWebhookEndpoint",
        "delete",
        "/endpoints/{id}",
        "Remove an endpoint",
        {200: Reply("Removed.", RemovedAnswer)},
        _READING,
    ),
    _operation(
        "testWebhookEndpoint",
        "post",
        "/endpoints/{id}/test",
        "Send a made-up event",
        {202: Reply("On its way.", DeliveryAnswer)},
        _WRITING,
    ),
    _operation(
        "readWebhookSecret",
        "get",
        "/endpoints/{id}/secret",
        "Show the signing secret",
        {200: Reply("The current one.", SecretAnswer)},
        _READING,
    ),
    _operation(
        "rotateWebhookSecret",
        "post",
        "/endpoints/{id}/secret",
        "Rotate the signing secret",
        {200: Reply("The new one.", SecretAnswer)},
        _WRITING,
        body=Rotation,
    ),
    _operation(
        "readDefaultWebhookSecret",
        "get",
        "/secret",
        "Show the secret that signs what goes to URLs of X-Webhook-URL",
        {200: Reply("The current one.", SecretAnswer)},
        (401, 403, 405, 429, 503),
    ),
    _operation(
        "rotateDefaultWebhookSecret",
        "post",
        "/secret",
        "Rotate that secret",
        {200: Reply("The new one.", SecretAnswer)},
        (400, 401, 403, 405, 413, 415, 429, 503),
        body=Rotation,
    ),
    _operation(
        "listWebhookDeliveries",
        "get",
        "/deliveries",
        "List deliveries, newest first",
        {200: Reply("A page.", DeliveryPage)},
        (400, 401, 403, 405, 429, 503),
        parameters=_FILTERS,
    ),
    _operation(
        "readWebhookDelivery",
        "get",
        "/deliveries/{id}",
        "Read a delivery with its body and tries",
        {200: Reply("Found.", DeliveryDetail)},
        _READING,
    ),
    _operation(
        "replayWebhookDelivery",
        "post",
        "/deliveries/{id}/replay",
        "Send a delivery again",
        {202: Reply("It waits.", DeliveryAnswer)},
        _WRITING,
    ),
    _operation(
        "replayWebhookDeliveries",
        "post",
        "/replay",
        "Send settled deliveries again",
        {202: Reply("How many.", ReplayAnswer)},
        (400, 401, 403, 405, 413, 415, 429, 503),
        body=ReplayWish,
    ),
)
