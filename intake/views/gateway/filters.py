"""What the format's lists are narrowed to: its own names, pages by number, native filters."""

from collections.abc import Mapping
from typing import Final

import msgspec
from django.db.models import Q, QuerySet
from django.http import QueryDict

from foundation.errors import FieldError
from intake.errors import Wrong, fields_problem
from intake.filters import READERS, TransactionFilters, one_of
from intake.parameters import Readers, read_parameters
from intake.queries import matching
from transactions.models import Transaction

RENAMED: Final[Mapping[str, str]] = {
    "page_size": "limit",
    "type": "transaction_type",
    "nameOrig": "user_id",
    "start_date": "occurred_from",
    "end_date": "occurred_to",
}
"""The format's name of a native filter."""

COUNTED_UP_TO: Final = 10_000
"""Rows that are counted, and that pages by number reach; `cursor` reaches all."""

_SUSPICIOUS: Final = (
    Q(decision__status="declined")
    | Q(decision__ml_probability__gte=0.5)
    | Q(decision__ml_probability__isnull=True, decision__fraud_score__gte=50)
)
"""What `intake.formats.gateway.result_of` predicts to be fraud."""


class GatewayFilters(msgspec.Struct, frozen=True, kw_only=True):
    """`page` counts from 1. `native` holds the filters that the native list has as well."""

    native: TransactionFilters
    page: int = 1
    prediction: int | None = None

    @property
    def offset(self) -> int:
        return (self.page - 1) * self.native.limit


def read_gateway_filters(given: QueryDict) -> GatewayFilters:
    """Raises BadRequest naming every parameter that is unknown, given twice or wrong."""
    values = read_parameters(given, _READERS)
    own = {name: values.pop(name) for name in _OWN if name in values}
    native = {RENAMED.get(name, name): value for name, value in values.items()}
    if len(native) < len(values):
        raise fields_problem(
            [
                FieldError(name, f"says the same as {RENAMED[name]}", "conflict")
                for name in values
                if name in RENAMED and RENAMED[name] in values
            ]
        )
    filters = GatewayFilters(native=TransactionFilters(**native), **own)
    _check_reach(filters)
    return filters


def _check_reach(filters: GatewayFilters) -> None:
    fault = ""
    if filters.native.cursor is not None and filters.page != 1:
        fault = "goes without cursor"
    elif filters.offset >= COUNTED_UP_TO:
        fault = f"reaches the first {COUNTED_UP_TO:,} rows; go on with next_cursor"
    if fault:
        raise fields_problem([FieldError("page", fault, "range")])


def _page(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 6 and int(text) >= 1):
        raise Wrong("must be a whole number of at least 1", "range")
    return int(text)


_OWN: Final[Readers] = {
    "page": _page,
    "prediction": lambda text: int(one_of("0", "1")(text)),
}
_READERS: Final[Readers] = {
    **READERS,
    **{theirs: READERS[ours] for theirs, ours in RENAMED.items()},
    **_OWN,
}


def matching_rows(institution_id: int, filters: GatewayFilters) -> QuerySet[Transaction]:
    """All that the filters leave, newest arrival first. Unevaluated."""
    rows = matching(institution_id, filters.native)
    if filters.prediction is not None:
        rows = rows.filter(_SUSPICIOUS if filters.prediction else ~_SUSPICIOUS)
    return rows
