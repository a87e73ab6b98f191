"""Decisions on their way out of the database: one SELECT, and frames by day and version."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

import polars as pl
from django.db import connection

from features.layouts import Layout, layout
from features.types import Type
from learning.archive.schema import DECISION, column_type

SLICE: Final = 5_000
"""Serials handled at once: 200 MB of memory with some 400 features."""

# Columns of DECISION in their order, then the day and the packed vector. Arrays come as text, which
# Polars reads several times as fast as Python makes lists of them.
_SELECT: Final = """
SELECT d.serial, d.transaction_id::text, d.institution_id, i.slug, t.source, t.vertical,
       t.received_at, d.decided_at, d.status, d.risk_level, d.fraud_score, d.rule_score,
       d.ml_score, d.ml_probability, d.effect, d.use_ml, array_to_json(d.degraded)::text,
       jsonb_path_query_array(d.hits, '$[*].code')::text,
       jsonb_path_query_array(d.hits, '$[*].score')::text,
       jsonb_path_query_array(d.shadow_hits, '$[*].code')::text,
       d.ruleset_number, d.model_version, d.catalogue_version, d.hash_version, d.inputs::text,
       (d.inputs -> 'rates')::text, (d.inputs -> 'listed')::text,
       (t.occurred_at AT TIME ZONE 'UTC')::date, d.numbers::text, array_to_json(d.texts)::text
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
    columns = list(zip(*rows, strict=True))
    decision = [
        _column(name, kind, values)
        for (name, kind), values in zip(DECISION.items(), columns, strict=False)
    ]
    used = layout(version)
    numbers = read_numbers(pl.Series("numbers", columns[_NUMBERS], dtype=pl.String))
    texts = pl.Series("texts", columns[_TEXTS], dtype=pl.String).str.json_decode(pl.List(pl.String))
    arrays = pl.DataFrame([numbers, texts])
    features = [
        *_features("numbers", used, used.numbers),
        *_features("texts", used, used.texts),
    ]
    frame = pl.DataFrame([*decision, *arrays.select(features)])
    return frame.select(*DECISION, *used.names).sort("institution", "transaction_id")


def _column(name: str, kind: pl.DataType, values: Sequence[Any]) -> pl.Series:
    if isinstance(kind, pl.List):
        return pl.Series(name, values, dtype=pl.String).str.json_decode(kind)
    return pl.Series(name, values, dtype=kind)


def read_numbers(arrays: pl.Series) -> pl.Series:
    """PostgreSQL's text of float8 arrays, such as {1.5,NULL}, as lists of numbers."""
    element = pl.element()
    number = pl.when((element != "NULL") & (element != "")).then(element).cast(pl.Float64)
    return arrays.str.strip_chars("{}").str.split(",").list.eval(number)


def _features(array: str, used: Layout, positions: Sequence[int]) -> Iterator[pl.Expr]:
    """The values of stored arrays by name; what was left off at their ends is missing."""
    for place, position in enumerate(positions):
        value = pl.col(array).list.get(place, null_on_oob=True)
        kind = used.types[position]
        if kind is Type.BOOLEAN:
            value = value != 0
        elif kind is Type.STRINGS:
            value = value.str.json_decode(column_type(kind))
        yield value.alias(used.names[position])
