"""Webhook endpoints, their secrets and deliveries: what an institution's own systems manage.

Of another institution's rows nobody learns that they exist: they are not found.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone as clock
from msgspec import UNSET

from clients.authentication import Client
from clients.models import Institution
from clients.webhooks import services
from clients.webhooks.models import WebhookDelivery, WebhookEndpoint
from clients.webhooks.queries import deliveries_of, endpoints_of
from clients.webhooks.replaying import MOST_REPLAYED, replay
from foundation.errors import NotFound
from intake.body import has_body, parse_object, read_body
from intake.doors import door
from intake.filters import encode_cursor
from intake.formats.native import NATIVE
from intake.views.answers import json_answer
from intake.webhook_filters import read_filters
from intake.webhooks import (
    DeliveryPage,
    EndpointChange,
    EndpointList,
    NewEndpoint,
    NewEndpointAnswer,
    Nothing,
    RemovedAnswer,
    ReplayAnswer,
    ReplayWish,
    Rotation,
    SecretAnswer,
    as_bad_request,
    delivery_answer,
    delivery_detail,
    endpoint_answer,
    endpoint_values,
    read_fields,
)

SHOWN_OF_LOG = 100
_READ = ("GET", "HEAD")


@door(wire=NATIVE, endpoint="webhook_endpoints", scope="webhooks", methods=(*_READ, "POST"))
def endpoints(request: HttpRequest, client: Client) -> HttpResponse:
    """All endpoints, or a new one; its secret is in the answer."""
    if request.method != "POST":
        now = clock.now()
        rows = endpoints_of(client.institution_id)
        return json_answer(EndpointList([endpoint_answer(row, now) for row in rows]))
    wish = read_fields(_body(request), NewEndpoint)
    institution = _institution(client)
    try:
        row = services.add_endpoint(institution=institution, by=client.actor, **_given(wish))
    except ValidationError as error:
        raise as_bad_request(error) from None
    secret = services.reveal_secret(institution=institution, endpoint=row, by=client.actor)
    values = endpoint_values(row, clock.now())
    return json_answer(NewEndpointAnswer(**values, secret=secret), status=201)


@door(
    wire=NATIVE,
    endpoint="webhook_endpoint",
    scope="webhooks",
    methods=(*_READ, "PATCH", "DELETE"),
)
def endpoint(request: HttpRequest, client: Client, pk: UUID) -> HttpResponse:
    """One endpoint: read, changed, or removed with what waits for it."""
    row = _endpoint(client, pk)
    if request.method == "DELETE":
        return json_answer(RemovedAnswer(services.remove_endpoint(endpoint=row, by=client.actor)))
    if request.method == "PATCH":
        wish = read_fields(_body(request), EndpointChange)
        try:
            row = services.change_endpoint(endpoint=row, by=client.actor, **_given(wish))
        except ValidationError as error:
            raise as_bad_request(error) from None
    return json_answer(endpoint_answer(row, clock.now()))


@door(wire=NATIVE, endpoint="webhook_test", scope="webhooks", methods=("POST",))
def test(request: HttpRequest, client: Client, pk: UUID) -> HttpResponse:
    """202 with the delivery of a made-up event."""
    read_fields(_body(request, empty=True), Nothing)
    row = services.send_test(endpoint=_endpoint(client, pk), by=client.actor)
    return json_answer(delivery_answer(row), status=202)


@door(wire=NATIVE, endpoint="webhook_secret", scope="webhooks", methods=(*_READ, "POST"))
def endpoint_secret(request: HttpRequest, client: Client, pk: UUID) -> HttpResponse:
    """The endpoint's current secret; POST rotates it."""
    return _secret(request, client, _endpoint(client, pk))


@door(wire=NATIVE, endpoint="webhook_secret", scope="webhooks", methods=(*_READ, "POST"))
def default_secret(request: HttpRequest, client: Client) -> HttpResponse:
    """The secret that signs what goes to the URLs of X-Webhook-URL; POST rotates it."""
    return _secret(request, client, None)


def _secret(request: HttpRequest, client: Client, row: WebhookEndpoint | None) -> HttpResponse:
    owner: dict[str, Any] = {"institution": _institution(client), "endpoint": row}
    if request.method != "POST":
        return json_answer(SecretAnswer(services.reveal_secret(by=client.actor, **owner)))
    wish = read_fields(_body(request, empty=True), Rotation)
    try:
        secret = services.rotate_secret(
            by=client.actor,
            overlap=timedelta(hours=wish.overlap_hours),
            secret=wish.secret or "",
            **owner,
        )
    except ValidationError as error:
        raise as_bad_request(error) from None
    return json_answer(SecretAnswer(secret))


@door(wire=NATIVE, endpoint="webhook_deliveries", scope="webhooks")
def deliveries(request: HttpRequest, client: Client) -> HttpResponse:
    """Deliveries, newest first, filtered and in pages; one query."""
    filters = read_filters(request.GET)
    rows = deliveries_of(client.institution_id)
    wanted = {"endpoint": "endpoint", "state": "state", "event": "event"}
    wanted |= {"transaction_id": "reference", "cursor": "pk__lt"}
    for name, column in wanted.items():
        if (value := getattr(filters, name)) is not None:
            rows = rows.filter(**{column: value})
    found = list(rows[: filters.limit + 1])
    page = found[: filters.limit]
    more = len(found) > len(page)
    return json_answer(
        DeliveryPage(
            [delivery_answer(row) for row in page], encode_cursor(page[-1].pk) if more else None
        )
    )


@door(wire=NATIVE, endpoint="webhook_delivery", scope="webhooks")
def delivery(request: HttpRequest, client: Client, pk: UUID) -> HttpResponse:
    """One delivery with its log; two queries."""
    row = _delivery(client, pk)
    newest = list(row.log.order_by("-pk")[:SHOWN_OF_LOG])
    return json_answer(delivery_detail(row, newest[::-1]))


@door(wire=NATIVE, endpoint="webhook_replay", scope="webhooks", methods=("POST",))
def replay_one(request: HttpRequest, client: Client, pk: UUID) -> HttpResponse:
    """202 with the delivery as it waits again; one that waits already stays as it is."""
    read_fields(_body(request, empty=True), Nothing)
    row = _delivery(client, pk)
    replay(deliveries=[row.pk], by=client.actor)
    return json_answer(delivery_answer(_delivery(client, pk)), status=202)


@door(wire=NATIVE, endpoint="webhook_replay", scope="webhooks", methods=("POST",))
def replay_many(request: HttpRequest, client: Client) -> HttpResponse:
    """202 with how many settled deliveries are sent again, oldest first."""
    wish = read_fields(_body(request, empty=True), ReplayWish)
    rows = WebhookDelivery.objects.filter(
        institution_id=client.institution_id, state=wish.state
    ).exclude(endpoint__state=WebhookEndpoint.State.REMOVED)
    columns = {"endpoint": "endpoint", "since": "created_at__gte", "until": "created_at__lt"}
    for name, value in _given(wish).items():
        if name in columns:
            rows = rows.filter(**{columns[name]: value})
    ids = list(rows.order_by("pk").values_list("pk", flat=True)[:MOST_REPLAYED])
    count = replay(deliveries=ids, by=client.actor)
    return json_answer(ReplayAnswer(count, more=len(ids) == MOST_REPLAYED), status=202)


def _endpoint(client: Client, pk: UUID) -> WebhookEndpoint:
    row = endpoints_of(client.institution_id).select_related("institution").filter(pk=pk).first()
    if row is None:
        raise NotFound("There is no endpoint of this ID.")
    return row


def _delivery(client: Client, pk: UUID) -> WebhookDelivery:
    row = deliveries_of(client.institution_id).filter(pk=pk).first()
    if row is None:
        raise NotFound("There is no delivery of this ID.")
    return row


def _institution(client: Client) -> Institution:
    return Institution.objects.get(pk=client.institution_id)


def _body(request: HttpRequest, *, empty: bool = False) -> Mapping[str, Any]:
    """The fields of the JSON object sent; where all are optional, the body may be left away."""
    if empty and not has_body(request):
        return {}
    return parse_object(read_body(request)).fields


def _given(wish: msgspec.Struct) -> dict[str, Any]:
    return {
        name: value for name, value in msgspec.structs.asdict(wish).items() if value is not UNSET
    }
