"""What a list of deliveries is narrowed to."""

from typing import Final
from uuid import UUID

import msgspec
from django.http import QueryDict

from clients.webhooks.models import TEST_EVENT, WebhookDelivery, WebhookEvent
from intake.errors import Wrong
from intake.filters import PAGE, decode_cursor, identifier, limit_of_page, one_of
from intake.parameters import Readers, read_parameters
from intake.webhooks import State


class DeliveryFilters(msgspec.Struct, frozen=True, kw_only=True):
    endpoint: UUID | None = None
    state: State | None = None
    event: str | None = None
    transaction_id: str | None = None
    limit: int = PAGE
    cursor: UUID | None = None


def read_filters(given: QueryDict) -> DeliveryFilters:
    """Raises BadRequest naming every parameter that is unknown, given twice or wrong."""
    return DeliveryFilters(**read_parameters(given, _READERS))


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Wrong("must be an ID that we gave", "format") from None


_READERS: Final[Readers] = {
    "endpoint": _uuid,
    "state": one_of(*WebhookDelivery.State.values),
    "event": one_of(*WebhookEvent.values, TEST_EVENT),
    "transaction_id": identifier,
    "limit": limit_of_page,
    "cursor": decode_cursor,
}
