"""Labels as they were known at a moment, for joining to decisions."""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any, Final

import polars as pl
from django.db import connection, transaction

from learning.archive.schema import LABEL
from transactions.labels.precedence import current_first

_BATCH: Final = 50_000
_SCHEMA: Final = {"transaction_id": pl.String(), **LABEL}


def known_labels(
    *,
    known_by: dt.datetime,
    institution: str | None = None,
    since: dt.datetime | None = None,
    until: dt.datetime | None = None,
) -> pl.DataFrame:
    """One row a labelled transaction: of the labels known at `known_by` the one that counts.

    Which one does, transactions/labels/precedence.py says. `since` and `until` (exclusive) bound
    the transactions' time. Columns `transaction_id` and those of LABEL. One query, read in batches.
    """
    conditions, params = ["l.known_at <= %s"], [known_by]
    for condition, value in (
        ("i.slug = %s", institution),
        ("t.occurred_at >= %s", since),
        ("t.occurred_at < %s", until),
    ):
        if value is not None:
            conditions.append(condition)
            params.append(value)  # type: ignore[arg-type]
    sql = f"""
        SELECT DISTINCT ON (l.transaction_id)
               l.transaction_id::text, l.is_fraud, l.source, l.typology, l.known_at
        FROM transactions_label l
        JOIN transactions_transaction t ON t.id = l.transaction_id
        JOIN clients_institution i ON i.id = l.institution_id
        WHERE {" AND ".join(conditions)}
        ORDER BY l.transaction_id, {current_first("l")}
    """  # noqa: S608  the conditions are ours, their values are parameters
    frames = [pl.DataFrame(rows, schema=_SCHEMA, orient="row") for rows in _in_batches(sql, params)]
    return pl.concat(frames) if frames else pl.DataFrame(schema=_SCHEMA)


def _in_batches(sql: str, params: Sequence[Any]) -> Iterator[list[tuple[Any, ...]]]:
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(sql, params)
        while rows := cursor.fetchmany(_BATCH):
            yield rows
