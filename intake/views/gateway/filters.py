"""What the format's lists are narrowed to: its own names, pages by number, native filters."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec
from django.db.models import Q, QuerySet
from django.http import QueryDict

from foundation.errors import BadRequest, FieldError
from intake.errors import Wrong, fields_problem
from intake.filters import TransactionFilters, one_of, read_filters
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
    own: dict[str, Any] = {}
    errors: list[FieldError] = []
    rest = QueryDict(mutable=True)
    for name in given:
        values = given.getlist(name)
        if name not in _READERS:
            rest.setlist(RENAMED.get(name, name), rest.getlist(RENAMED.get(name, name)) + values)
            continue
        try:
            own[name] = _read(name, values)
        except Wrong as wrong:
            errors.append(FieldError(name, wrong.message, wrong.code))
    try:
        native = read_filters(rest)
    except BadRequest as problem:
        names = {RENAMED[name]: name for name in given if name in RENAMED}
        errors += [
            FieldError(names.get(error.field, error.field), error.message, error.code)
            for error in problem.errors
        ]
    if errors:
        raise fields_problem(errors)
    filters = GatewayFilters(native=native, **own)
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


def _read(name: str, values: list[str]) -> Any:
    if len(values) != 1:
        raise Wrong("is given more than once", "conflict")
    return _READERS[name](values[0])


def _page(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 6 and int(text) >= 1):
        raise Wrong("must be a whole number of at least 1", "range")
    return int(text)


_READERS: Final[Mapping[str, Callable[[str], Any]]] = {
    "page": _page,
    "prediction": lambda text: int(one_of("0", "1")(text)),
}


def matching_rows(institution_id: int, filters: GatewayFilters) -> QuerySet[Transaction]:
    """All that the filters leave, newest arrival first. Unevaluated."""
    rows = matching(institution_id, filters.native)
    if filters.prediction is not None:
        rows = rows.filter(_SUSPICIOUS if filters.prediction else ~_SUSPICIOUS)
    return rows
