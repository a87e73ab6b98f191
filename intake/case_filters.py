"""What a list of cases is narrowed to."""

from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
from django.db.models import Q, QuerySet
from django.http import QueryDict

from cases.models import Alert, Case
from intake.errors import Wrong
from intake.filters import (
    PAGE,
    decode_cursor,
    encode_cursor,
    identifier,
    limit_of_page,
    one_of,
    time,
)
from intake.parameters import Readers, read_parameters
from rules.definition import VERTICALS
from scoring.models import Decision
from transactions.models import Customer
from transactions.queries import find_by_key
from transactions.search import search_identities

_LARGEST: Final = 2**63 - 1


class CaseFilters(msgspec.Struct, frozen=True, kw_only=True):
    """`status` "open" means that status alone; without one, all cases. `opened_to` is exclusive."""

    status: str | None = None
    risk_level: str | None = None
    industry: str | None = None
    disposition: str | None = None
    typology: str | None = None
    claimed: bool | None = None
    user_id: str | None = None
    transaction_id: str | None = None
    opened_from: datetime | None = None
    opened_to: datetime | None = None
    limit: int = PAGE
    cursor: int | None = None


def read_case_filters(given: QueryDict) -> CaseFilters:
    """Raises BadRequest naming every parameter that is unknown, given twice or wrong."""
    return CaseFilters(**read_parameters(given, READERS))


def cases_of(institution_id: int, filters: CaseFilters) -> QuerySet[Case]:
    """Newest first, after the cursor; unevaluated but for looking identifiers up."""
    cases = Case.objects.filter(_condition(filters), institution=institution_id)
    if filters.user_id is not None:
        found = search_identities(Customer.objects.all(), filters.user_id, [institution_id])
        cases = cases.filter(customer__in=list(found.values_list("pk", flat=True)))
    if filters.transaction_id is not None:
        pk = find_by_key(institution_id, filters.transaction_id)
        cases = cases.filter(pk__in=Alert.objects.filter(transaction=pk).values("case"))
    return cases.select_related("institution", "customer", "assignee").order_by("-pk")


def _condition(filters: CaseFilters) -> Q:
    columns = {
        "status": "status",
        "risk_level": "level",
        "industry": "vertical",
        "disposition": "disposition",
        "typology": "typology",
        "opened_from": "opened_at__gte",
        "opened_to": "opened_at__lt",
        "cursor": "pk__lt",
    }
    asked = {
        column: value
        for name, column in columns.items()
        if (value := getattr(filters, name)) is not None
    }
    if filters.claimed is not None:
        asked["assignee__isnull"] = not filters.claimed
    return Q(**asked)


def cursor_after(case: Case) -> str:
    return encode_cursor(UUID(int=case.pk))


def read_cursor(text: str) -> int:
    place = decode_cursor(text).int
    if place > _LARGEST:
        raise Wrong("must be the next_cursor of an earlier answer", "cursor")
    return place


def _yes_or_no(text: str) -> bool:
    return one_of("true", "false")(text) == "true"


def _typology(text: str) -> str:
    if not 0 < len(text) <= 64 or not text.isprintable():
        raise Wrong("must be 1 to 64 printable characters", "length")
    return text


READERS: Final[Readers] = {
    "status": one_of(*Case.Status.values),
    "risk_level": one_of(*Decision.Level.values),
    "industry": one_of(*VERTICALS),
    "disposition": one_of(*Case.Disposition.values),
    "typology": _typology,
    "claimed": _yes_or_no,
    "user_id": identifier,
    "transaction_id": identifier,
    "opened_from": time,
    "opened_to": time,
    "limit": limit_of_page,
    "cursor": read_cursor,
}
