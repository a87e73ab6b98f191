"""Decisions on their way out of the database: one SELECT, and frames by day and version."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, zip_longest
from typing import Any, Final, NamedTuple

import polars as pl
from django.db import connection

from features.layouts import layout
from features.types import Type
from learning.archive.schema import DECISION, column_type

SLICE: Final = 10_000
"""Serials handled at once: about 100 MB of memory with today's catalogue."""

# Columns of DECISION in their order, then the day and the packed vector.
_SELECT: Final = """
SELECT d.serial, d.transaction_id::text, d.institution_id, i.slug, t.source, t.vertical,
       t.received_at, d.decided_at, d.status, d.risk_level, d.fraud_score, d.rule_score,
       d.ml_score, d.ml_probability, d.effect, d.use_ml, d.degraded::text[],
       ARRAY(SELECT jsonb_array_elements(d.hits) ->> 'code'),
       ARRAY(SELECT jsonb_array_elements(d.shadow_hits) ->> 'code'),
       d.ruleset_number, d.model_version, d.catalogue_version, d.hash_version, d.inputs::text,
       (t.occurred_at AT TIME ZONE 'UTC')::date, d.numbers, d.texts
FROM scoring_decision d
JOIN transactions_transaction t ON t.id = d.transaction_id
JOIN clients_institution i ON i.id = d.institution_id
"""
_DAY, _NUMBERS, _TEXTS = len(DECISION), len(DECISION) + 1, len(DECISION) + 2
_VERSION: Final = list(DECISION).index("catalogue_version")

Row = Sequence[Any]


class Part(NamedTuple):
    """Rows of one day and one catalogue version, sorted by institution and transaction."""

    day: dt.date
    version: int
    frame: pl.DataFrame


def read_slice(
    after: int, through: int, since: dt.date | None = None, until: dt.date | None = None
) -> list[Part]:
    """The decisions whose serials lie in (after, through]; of these days only. One query."""
    where, params = "WHERE d.serial > %s AND d.serial <= %s", [after, through]
    for condition, day in ((" AND t.occurred_at >= %s", since), (" AND t.occurred_at < %s", until)):
        if day is not None:
            where += condition
            params.append(_midnight(day))  # type: ignore[arg-type]
    return parts_of(_fetch(where, params))


def read_day(day: dt.date, through: int, size: int = SLICE) -> Iterator[Part]:
    """The decisions on transactions of a day with serials up to `through`, in batches.

    Reads the transactions' table as a whole for want of an index on their time.
    """
    begin = _midnight(day)
    where = "WHERE t.occurred_at >= %s AND t.occurred_at < %s AND d.serial <= %s"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT d.serial FROM scoring_decision d "  # noqa: S608  our own text
            f"JOIN transactions_transaction t ON t.id = d.transaction_id {where} ORDER BY 1",
            [begin, begin + dt.timedelta(days=1), through],
        )
        serials = [serial for (serial,) in cursor.fetchall()]
    for start in range(0, len(serials), size):
        chosen = serials[start : start + size]
        where = "WHERE d.serial BETWEEN %s AND %s AND d.serial = ANY(%s)"
        yield from parts_of(_fetch(where, [chosen[0], chosen[-1], chosen]))


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), dt.UTC)


def _fetch(where: str, params: list[Any]) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(_SELECT + where, params)
        rows: list[Row] = cursor.fetchall()
    return rows


def parts_of(rows: Iterable[Row]) -> list[Part]:
    """Rows of the SELECT as typed frames, one a day and version."""
    grouped: defaultdict[tuple[dt.date, int], list[Row]] = defaultdict(list)
    for row in rows:
        grouped[row[_DAY], row[_VERSION]].append(row)
    return [Part(*key, _frame(key[1], grouped[key])) for key in sorted(grouped)]


def _frame(version: int, rows: list[Row]) -> pl.DataFrame:
    columns = zip(*rows, strict=True)
    decision = [
        pl.Series(name, values, dtype=kind, strict=False)
        for (name, kind), values in zip(DECISION.items(), columns, strict=False)
    ]
    used = layout(version)
    numbers = _features(used.numbers, used, [row[_NUMBERS] for row in rows])
    texts = _features(used.texts, used, [row[_TEXTS] for row in rows])
    features = {series.name: series for series in chain(numbers, texts)}
    frame = pl.DataFrame([*decision, *(features[name] for name in used.names)])
    return frame.sort("institution", "transaction_id")


def _features(
    positions: Sequence[int], used: Any, arrays: list[Sequence[Any]]
) -> Iterator[pl.Series]:
    """The stored arrays as columns; what was left off at their ends is missing."""
    columns = zip_longest(*arrays)
    for position in positions:
        values = next(columns, None)
        yield _series(used.names[position], used.types[position], values, len(arrays))


def _series(name: str, kind: Type, values: Sequence[Any] | None, rows: int) -> pl.Series:
    if values is None:
        return pl.Series(name, [None], dtype=column_type(kind)).extend_constant(None, rows - 1)
    if kind is Type.BOOLEAN:
        return pl.Series(name, values, dtype=pl.Float64) != 0
    if kind is Type.STRINGS:
        return pl.Series(name, values, dtype=pl.String).str.json_decode(column_type(kind))
    return pl.Series(name, values, dtype=column_type(kind))
