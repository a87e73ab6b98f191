"""What a list of deliveries is narrowed to: query parameters, checked like any other input."""

from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import UUID

import msgspec
from django.http import QueryDict

from clients.webhooks.models import TEST_EVENT, WebhookDelivery, WebhookEvent
from foundation.errors import FieldError
from intake.errors import Wrong, fields_problem
from intake.extras import printable
from intake.filters import PAGE, decode_cursor, identifier, limit_of_page, one_of
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
    errors: list[FieldError] = []
    values: dict[str, Any] = {}
    for name in given:
        try:
            if name not in _READERS:
                raise Wrong(f"is not a parameter; there are {', '.join(_READERS)}", "unknown")
            (text,) = given.getlist(name)
            values[name] = _READERS[name](text)
        except Wrong as wrong:
            errors.append(FieldError(printable(name)[:64], wrong.message, wrong.code))
        except ValueError:
            errors.append(FieldError(printable(name)[:64], "is given more than once", "conflict"))
    if errors:
        raise fields_problem(errors)
    return DeliveryFilters(**values)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Wrong("must be an ID that we gave", "format") from None


_READERS: Final[Mapping[str, Callable[[str], Any]]] = {
    "endpoint": _uuid,
    "state": one_of(*WebhookDelivery.State.values),
    "event": one_of(*WebhookEvent.values, TEST_EVENT),
    "transaction_id": identifier,
    "limit": limit_of_page,
    "cursor": decode_cursor,
}
