"""Which of several labels on one transaction counts. The one definition, for all who read labels.

1. The source that ranks highest: an analyst looked at the case and at what others said; a
   chargeback went through a bank; a customer's report and then a client's own feedback are words;
   imported history is whatever another system kept.
2. Of one source the label that became known last: whoever corrects himself is right.
3. Of one moment the one that was recorded last.

`current_label` says it for labels in memory, `current_labels` for a query, `current_first` for SQL;
a test holds the three together. What was known at an earlier moment is asked by leaving out later
labels before choosing.
"""

from collections.abc import Iterable
from typing import Final

from django.db.models import Case, IntegerField, QuerySet, Value, When

from transactions.models import Label

PRECEDENCE: Final = (
    Label.Source.ANALYST,
    Label.Source.CHARGEBACK,
    Label.Source.CUSTOMER,
    Label.Source.CLIENT,
    Label.Source.IMPORT,
)
"""Highest first."""

_RANKS: Final = {source.value: rank for rank, source in enumerate(PRECEDENCE)}


def rank_of(source: str) -> int:
    """0 for the source that outranks all others. Raises KeyError for one that does not exist."""
    return _RANKS[source]


def current_label(labels: Iterable[Label]) -> Label | None:
    """The one that counts of one transaction's labels; None without any."""
    return max(
        labels,
        key=lambda one: (-rank_of(one.source), one.known_at, one.recorded_at, one.pk.int),
        default=None,
    )


def current_labels(labels: QuerySet[Label]) -> QuerySet[Label]:
    """Of these labels the one that counts for each transaction: one row a transaction."""
    whens = [When(source=source, then=Value(rank)) for source, rank in _RANKS.items()]
    rank = Case(*whens, output_field=IntegerField())
    order = ("transaction_id", rank, "-known_at", "-recorded_at", "-pk")
    return labels.order_by(*order).distinct("transaction_id")


def current_first(alias: str) -> str:
    """An ORDER BY for the labels of one transaction, the one that counts first.

    `alias` names the table transactions_label in the statement; never anything from outside.
    """
    whens = " ".join(f"WHEN '{source}' THEN {rank}" for source, rank in _RANKS.items())
    return (
        f"CASE {alias}.source {whens} END, {alias}.known_at DESC, {alias}.recorded_at DESC, "
        f"{alias}.id DESC"
    )
