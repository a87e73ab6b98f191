"""Stored decisions with what they turned out to be, a batch at a time."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction

from clients.models import Institution
from features.framework import Row
from features.vector import unpack
from intelligence.lookup import Listing
from intelligence.rates import current_rates
from scoring.models import Decision
from scoring.reports.truth import Verdict
from transactions.labels.precedence import current_labels
from transactions.models import Label

BATCH = 1_000  # decisions in memory at once: some 10 MB


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which decisions, and which labels: `since` and `until` are times of the transaction.

    `until` is exclusive. `known_by` None takes every label there is today. `truth` stands in for
    the labels, by the client's transaction ID.
    """

    institution: Institution
    since: datetime | None = None
    until: datetime | None = None
    vertical: str | None = None
    known_by: datetime | None = None
    truth: Mapping[str, Verdict] | None = None


class Case(NamedTuple):
    """One stored decision's ground and its truth; ``fraud`` None is without a label."""

    vertical: str
    values: Row
    currency: str
    rates: Mapping[str, float]  # units of `currency` for one unit of each
    listings: tuple[Listing, ...]  # as found when it was decided
    occurred_at: datetime
    amount: float | None  # in the institution's currency; None without a rate
    fraud: bool | None
    typology: str


def read_cases(selection: Selection, currencies: Iterable[str]) -> Iterator[Case]:
    """The selected decisions, streamed: one query for all of them and one a batch for labels.

    `currencies` are those in which the rules to be run name amounts: rates that the decision did
    not store are taken from today's table, for the day of the transaction.
    """
    exchange = _Exchange(selection.institution.base_currency, currencies)
    with transaction.atomic():  # a plain cursor; outside of it the whole answer is copied first
        rows = _decisions(selection).iterator(chunk_size=BATCH)
        while batch := list(islice(rows, BATCH)):
            truths = _truths(batch, selection)
            for row in batch:
                yield _case(row, truths.get(row[0]), exchange)


def _decisions(selection: Selection) -> Any:
    found = Decision.objects.filter(
        institution=selection.institution, transaction__institution=selection.institution
    )
    if selection.since:
        found = found.filter(transaction__occurred_at__gte=selection.since)
    if selection.until:
        found = found.filter(transaction__occurred_at__lt=selection.until)
    if selection.vertical:
        found = found.filter(transaction__vertical=selection.vertical)
    return found.order_by().values_list(
        "transaction_id",
        "transaction__external_id",
        "numbers",
        "texts",
        "catalogue_version",
        "inputs",
        "transaction__vertical",
        "transaction__currency",
        "transaction__amount",
        "transaction__occurred_at",
    )


def _truths(batch: Sequence[tuple[Any, ...]], selection: Selection) -> Mapping[UUID, Verdict]:
    """By our id. Of several labels on one transaction the current one counts."""
    if selection.truth is not None:
        return {row[0]: truth for row in batch if (truth := selection.truth.get(row[1]))}
    labels = Label.objects.filter(transaction_id__in=[row[0] for row in batch])
    if selection.known_by:
        labels = labels.filter(known_at__lte=selection.known_by)
    rows = current_labels(labels).values_list("transaction_id", "is_fraud", "typology")
    return {transaction_id: Verdict(fraud, typology) for transaction_id, fraud, typology in rows}


class _Exchange:
    """Rates by currency and day, each worked out once."""

    def __init__(self, base: str, currencies: Iterable[str]) -> None:
        self._base = base
        self._currencies = tuple(currencies)
        self._table = current_rates()
        self._known: dict[tuple[str, int], tuple[dict[str, float], float | None]] = {}

    def of(self, currency: str, at: datetime) -> tuple[dict[str, float], float | None]:
        """Rates into the currency, and the base currency's units for one of it."""
        key = (currency, at.toordinal())
        if key not in self._known:
            moment = at.timestamp()
            into = self._table.into(currency, self._currencies, moment)
            base = self._table.into(self._base, [currency], moment).get(currency)
            self._known[key] = (into, base)
        return self._known[key]


def _case(row: tuple[Any, ...], truth: Verdict | None, exchange: _Exchange) -> Case:
    _, _, numbers, texts, version, inputs, vertical, currency, amount, occurred_at = row
    todays, base = exchange.of(currency, occurred_at)
    return Case(
        vertical=vertical,
        values=unpack(numbers, texts, version),
        currency=currency,
        rates={**todays, **inputs["rates"]},
        listings=tuple(
            Listing(feature, name, effect, "") for feature, name, effect in inputs["listed"]
        ),
        occurred_at=occurred_at,
        amount=None if base is None else float(amount) * base,
        fraud=truth and truth.fraud,
        typology=truth.typology if truth else "",
    )
