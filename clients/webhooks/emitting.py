"""Events become deliveries: one for each endpoint that asked for them."""

import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from celery import current_app
from django.db import transaction
from django.db.models import Q
from django.utils import timezone as clock

from clients.webhooks.models import TEST_EVENT, WebhookDelivery, WebhookEndpoint
from clients.webhooks.schedule import EXPIRES
from clients.webhooks.sealing import seal_url
from clients.webhooks.secrets import current_default_secret
from clients.webhooks.signing import make_body
from clients.webhooks.targets import origin_of
from foundation.ids import uuid7

log = logging.getLogger(__name__)

DELIVER_TASK = "clients.tasks.deliver_webhooks"


@dataclass(frozen=True, slots=True)
class Occurrence:
    """Something that an institution may want to be told.

    `event_id` is the same whenever the same thing is emitted again. `data` names no person. `url`
    is where the request itself asked to be told; registered endpoints hear of it by their filter.
    """

    institution_id: int
    event: str
    event_id: str
    subject: str
    occurred_at: datetime
    data: Mapping[str, Any]
    reference: str = ""
    url: str | None = None


@dataclass(frozen=True, slots=True)
class _Planned:
    occurrence: Occurrence
    endpoint_id: UUID
    url: str | None = None


def emit(occurrences: Sequence[Occurrence]) -> int:
    """Stores the deliveries in the caller's transaction, in this order; how many are new.

    Emitting the same event twice adds nothing. A constant number of queries, whatever the number
    of events; the endpoints concerned stay locked until the caller commits.
    """
    planned = [*_for_registered(occurrences), *_for_named(occurrences)]
    return _store(planned)


def emit_test(endpoint: WebhookEndpoint, data: Mapping[str, Any]) -> WebhookDelivery:
    """One delivery to this endpoint, whatever its filter."""
    event_id = f"evt_{uuid7().hex}"
    occurrence = Occurrence(
        institution_id=endpoint.institution_id,
        event=TEST_EVENT,
        event_id=event_id,
        subject=f"test:{event_id}",
        occurred_at=clock.now(),
        data=data,
    )
    _store([_Planned(occurrence, endpoint.pk)])
    return WebhookDelivery.objects.get(endpoint=endpoint, event_id=event_id)


def asked_for(institution_ids: Iterable[int]) -> dict[int, dict[UUID, frozenset[str]]]:
    """What registered endpoints ask for, by institution and endpoint; one query."""
    rows = (
        WebhookEndpoint.objects.filter(
            institution_id__in=set(institution_ids), kind=WebhookEndpoint.Kind.STANDING
        )
        .exclude(state=WebhookEndpoint.State.REMOVED)
        .values_list("institution_id", "pk", "events")
    )
    found: dict[int, dict[UUID, frozenset[str]]] = {}
    for institution_id, pk, events in rows:
        found.setdefault(institution_id, {})[pk] = frozenset(events)
    return found


def _for_registered(occurrences: Sequence[Occurrence]) -> list[_Planned]:
    wanted = asked_for(o.institution_id for o in occurrences) if occurrences else {}
    return [
        _Planned(occurrence, endpoint_id)
        for occurrence in occurrences
        for endpoint_id, events in wanted.get(occurrence.institution_id, {}).items()
        if occurrence.event in events
    ]


def _for_named(occurrences: Sequence[Occurrence]) -> list[_Planned]:
    """Those whose request named a URL: to the endpoint that stands for its server."""
    named = [(o, o.url, origin_of(o.url)) for o in occurrences if o.url is not None]
    if not named:
        return []
    servers = _servers({(o.institution_id, origin) for o, _, origin in named})
    return [_Planned(o, servers[o.institution_id, origin], url) for o, url, origin in named]


def _servers(keys: set[tuple[int, str]]) -> dict[tuple[int, str], UUID]:
    """The endpoints of these institutions' servers, made when there are none yet."""
    kind = WebhookEndpoint.Kind.PER_REQUEST
    wanted = Q()
    for institution_id, origin in keys:
        wanted |= Q(institution_id=institution_id, origin=origin)
    rows = WebhookEndpoint.objects.filter(wanted, kind=kind)
    found = {(row.institution_id, row.origin): row.pk for row in rows}
    if missing := sorted(keys - found.keys()):
        for institution_id in {institution_id for institution_id, _ in missing}:
            current_default_secret(institution_id)
        WebhookEndpoint.objects.bulk_create(
            [_server(institution_id, origin) for institution_id, origin in missing],
            ignore_conflicts=True,
        )
        found = {(row.institution_id, row.origin): row.pk for row in rows.all()}
    return found


def _server(institution_id: int, origin: str) -> WebhookEndpoint:
    pk = uuid7()
    return WebhookEndpoint(
        id=pk,
        institution_id=institution_id,
        kind=WebhookEndpoint.Kind.PER_REQUEST,
        name="named by requests",
        origin=origin,
        url_sealed=seal_url(WebhookEndpoint, pk, origin),
        events=[],
    )


def _store(planned: Sequence[_Planned]) -> int:
    """Numbers the deliveries under the endpoints' locks, so that no number is missing."""
    if not planned:
        return 0
    with transaction.atomic():
        ids = {each.endpoint_id for each in planned}
        # Without the key, since deliveries that refer to the row may be added meanwhile. In one
        # order, so that two workers do not wait for each other.
        locked = WebhookEndpoint.objects.select_for_update(no_key=True).filter(pk__in=ids)
        endpoints = {row.pk: row for row in locked.order_by("pk")}
        there = set(
            WebhookDelivery.objects.filter(
                endpoint__in=ids, event_id__in={each.occurrence.event_id for each in planned}
            ).values_list("endpoint", "event_id")
        )
        rows = []
        for each in planned:
            key = (each.endpoint_id, each.occurrence.event_id)
            if key not in there:
                there.add(key)
                rows.append(_delivery(each, endpoints[each.endpoint_id]))
        WebhookDelivery.objects.bulk_create(rows, batch_size=500)
        changed = Counter(row.endpoint_id for row in rows)
        WebhookEndpoint.objects.bulk_update(
            [endpoints[pk] for pk in sorted(changed)], ["last_sequence"]
        )
    if rows:
        transaction.on_commit(wake)
    return len(rows)


def _delivery(planned: _Planned, endpoint: WebhookEndpoint) -> WebhookDelivery:
    endpoint.last_sequence += 1
    occurrence = planned.occurrence
    pk, now = uuid7(), clock.now()
    data = {
        **occurrence.data,
        "event_id": occurrence.event_id,
        "sequence": endpoint.last_sequence,
    }
    return WebhookDelivery(
        id=pk,
        institution_id=occurrence.institution_id,
        endpoint=endpoint,
        event_id=occurrence.event_id,
        event=occurrence.event,
        sequence=endpoint.last_sequence,
        subject=occurrence.subject,
        reference=occurrence.reference,
        body=make_body(occurrence.event, occurrence.occurred_at, data),
        url_sealed=planned.url and seal_url(WebhookDelivery, pk, planned.url),
        created_at=now,
        next_attempt_at=now,
        expires_at=now + EXPIRES,
    )


def wake() -> None:
    """Asks for a deliverer at once. One comes every two seconds anyway, so nothing is lost here."""
    try:
        current_app.send_task(DELIVER_TASK, retry=False, expires=10)
    except Exception as error:  # noqa: BLE001  the edge: whatever the broker does
        log.warning("No deliverer could be woken: %s", type(error).__name__)
