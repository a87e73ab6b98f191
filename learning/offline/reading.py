"""Events and labels of a history, checked and brought into form."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from features.declaring import LARGEST_AMOUNT
from features.windows.happening import KINDS
from learning.errors import BadHistory

NEEDED = ("tx_id", "ts", "customer_id", "amount")
LABEL_COLUMNS = ("tx_id", "y", "label_ts")
KIND = "transaction_type"
_REFUND = "refund"
_UNITS = (("milliseconds", 1e11, 1e3), ("microseconds", 1e14, 1e6), ("nanoseconds", 1e17, 1e9))
"""Of epochs by the size of their numbers: as seconds, 1e11 would be the year 5138."""


def read_events(path: Path, columns: tuple[str, ...] | None = None) -> pl.DataFrame:
    """Events in order of time, with `occurred_at` in epoch seconds; of these columns only, which
    must be there. A negative amount becomes a refund of that amount. Raises BadHistory."""
    frame = _read(path, columns)
    _need(frame, NEEDED, path)
    if frame.is_empty():  # then nothing tells types either
        return _of_types(
            frame.drop("ts"), tx_id=pl.Int64, amount=pl.Float64, occurred_at=pl.Float64
        )
    if frame["customer_id"].dtype.is_nested():
        raise BadHistory(f"{path.name}: customer_id must be one text or number in every row.")
    seconds = _seconds(frame, "ts", path)
    frame = frame.drop("ts").with_columns(
        _ids(frame, path), _amounts(frame, path), occurred_at=seconds
    )
    frame = _with_refunds(frame)
    _check_unique(frame, path)
    return frame.sort("occurred_at", "tx_id")


def read_labels(path: Path) -> pl.DataFrame:
    """Labels as tx_id, y (0 or 1) and known_at in epoch seconds, in order of that. Raises
    BadHistory."""
    frame = _read(path)
    _need(frame, LABEL_COLUMNS, path)
    if frame.is_empty():
        return _of_types(frame.select("tx_id"), tx_id=pl.Int64, y=pl.Int8, known_at=pl.Float64)
    labels = frame.select(
        _ids(frame, path), _verdicts(frame, path), known_at=_seconds(frame, "label_ts", path)
    )
    if not _all_finite(labels["known_at"]):
        raise BadHistory(
            f"{path.name}: label_ts is missing or no number in some rows; leave out labels that "
            "nobody can date."
        )
    return labels.sort("known_at", maintain_order=True)


def like(events: pl.DataFrame, schema: pl.Schema) -> pl.DataFrame:
    """The events with the columns of the history: what is not there, or of another kind, is
    missing, and what the history did not have is left out."""
    columns = [
        pl.col(name).cast(kind, strict=False)
        if name in events.columns and kind != pl.Null
        else pl.lit(None, dtype=kind).alias(name)
        for name, kind in schema.items()
    ]
    return events.select(columns)


def telling_refunds(events: pl.DataFrame) -> pl.DataFrame:
    """With a text as the transaction's type, which is missing where the events had none."""
    has = KIND in events.columns and not events[KIND].dtype.is_nested()
    kind = pl.col(KIND) if has else pl.lit(None)
    return events.with_columns(kind.cast(pl.String).alias(KIND))


def _with_refunds(events: pl.DataFrame) -> pl.DataFrame:
    """As decisions have them: of the type refund, with a positive amount."""
    back = pl.col("amount") < 0
    if not events.select(back.any()).item():
        return events
    events = telling_refunds(events)
    told = pl.col(KIND).str.to_lowercase().is_in(sorted(KINDS[_REFUND])).fill_null(value=False)
    kind = pl.when(back & ~told).then(pl.lit(_REFUND)).otherwise(KIND)
    return events.with_columns(pl.col("amount").abs(), kind.alias(KIND))


def _check_unique(events: pl.DataFrame, path: Path) -> None:
    """Raises BadHistory for an id that stands twice, and for times or amounts that are missing."""
    twice = events.filter(pl.col("tx_id").is_duplicated())
    if len(twice):
        raise BadHistory(
            f"{path.name}: transaction {twice['tx_id'][0]} stands in the events {_times(twice)} "
            "times; give each event once."
        )
    for name in ("occurred_at", "amount"):
        if not _all_finite(events[name]):
            raise BadHistory(
                f"{path.name}: the events' {name} is missing or no number in some rows; fill them."
            )
    wrong = events.filter(pl.col("amount") > LARGEST_AMOUNT)
    if len(wrong):
        raise BadHistory(
            f"{path.name}: the amount of transaction {wrong['tx_id'][0]} is "
            f"{wrong['amount'][0]:g} ({len(wrong):,} such events); give {LARGEST_AMOUNT:g} at the "
            f"most, or leave those rows out (df.filter(pl.col('amount') <= {LARGEST_AMOUNT:g}))."
        )


def latest(labels: pl.DataFrame) -> pl.DataFrame:
    """Of several labels of a transaction the one told last, whatever their order; of several at
    one moment the last."""
    ordered = labels.sort("known_at", maintain_order=True)
    return ordered.unique("tx_id", keep="last", maintain_order=True)


def check_labels(labels: pl.DataFrame, events: pl.DataFrame) -> None:
    """Raises BadHistory for a label that was known before its event took place."""
    joined = labels.join(events.select("tx_id", "occurred_at"), on="tx_id")
    early = joined.filter(pl.col("known_at") < pl.col("occurred_at"))
    if len(early):
        raise BadHistory(
            f"The label of transaction {early['tx_id'][0]} is dated before the event itself "
            f"({len(early):,} such labels); correct label_ts."
        )


def _of_types(empty: pl.DataFrame, **types: type[pl.DataType]) -> pl.DataFrame:
    return empty.with_columns(pl.Series(name, [], kind) for name, kind in types.items())


def _all_finite(column: pl.Series) -> bool:
    return not column.null_count() and bool(column.is_finite().all())


def _times(twice: pl.DataFrame) -> int:
    return int((twice["tx_id"] == twice["tx_id"][0]).sum())


def _read(path: Path, columns: tuple[str, ...] | None = None) -> pl.DataFrame:
    if not path.exists():
        raise BadHistory(f"There is no file {path}.")
    try:
        if columns is None:
            return pl.read_parquet(path)
        there = pl.read_parquet_schema(path)
        return pl.read_parquet(path, columns=[name for name in columns if name in there])
    except (pl.exceptions.PolarsError, OSError) as error:
        raise BadHistory(f"{path} cannot be read as Parquet: {error}") from error


def _need(frame: pl.DataFrame, names: tuple[str, ...], path: Path) -> None:
    missing = [name for name in names if name not in frame.columns]
    if missing:
        raise BadHistory(f"{path.name} has no column {', '.join(missing)}.")


def _ids(frame: pl.DataFrame, path: Path) -> pl.Series:
    column = frame["tx_id"]
    if not column.dtype.is_integer() or column.null_count():
        raise BadHistory(f"{path.name}: tx_id must be whole numbers, not {column.dtype}.")
    try:
        return column.cast(pl.Int64)
    except pl.exceptions.PolarsError:
        raise BadHistory(f"{path.name}: tx_id must be below 2^63 in every row.") from None


def _verdicts(frame: pl.DataFrame, path: Path) -> pl.Series:
    column = frame["y"]
    if column.dtype.is_numeric() or column.dtype == pl.Boolean:
        numbers = column.cast(pl.Float64)
        if not numbers.null_count() and numbers.is_in([0.0, 1.0]).all():
            return numbers.cast(pl.Int8)
    raise BadHistory(f"{path.name}: y must be 0 or 1 in every row.")


def _amounts(frame: pl.DataFrame, path: Path) -> pl.Series:
    column = frame["amount"]
    if not column.dtype.is_numeric() and column.dtype != pl.Null:
        raise BadHistory(f"{path.name}: amount must be a number, not {column.dtype}.")
    return column.cast(pl.Float64)


def _seconds(frame: pl.DataFrame, name: str, path: Path) -> pl.Series:
    column = frame[name]
    if isinstance(column.dtype, pl.Datetime):
        return (column.dt.timestamp("us") / 1e6).alias(name)
    if column.dtype.is_numeric():
        return _epoch_seconds(column.cast(pl.Float64), path)
    raise BadHistory(f"{path.name}: {name} must be a time or epoch seconds, not {column.dtype}.")


def _epoch_seconds(column: pl.Series, path: Path) -> pl.Series:
    """Epochs in seconds, or in a finer unit that the size of their numbers tells."""
    size = column.filter(column.is_finite().fill_null(value=False)).abs()
    largest, smallest = float(size.max() or 0.0), float(size.min() or 0.0)  # type: ignore[arg-type]
    for unit, least, parts in reversed(_UNITS):
        if largest < least:
            continue
        if smallest < least:
            raise BadHistory(
                f"{path.name}: {column.name} holds epochs in {unit} and smaller numbers "
                f"({largest:g} and {smallest:g}); give all of them in seconds."
            )
        return column / parts
    return column
