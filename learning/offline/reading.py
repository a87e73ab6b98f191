"""Events and labels of a history, checked and brought into form."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from learning.errors import BadHistory

NEEDED = ("tx_id", "ts", "customer_id", "amount")
LABEL_COLUMNS = ("tx_id", "y", "label_ts")


def read_events(path: Path) -> pl.DataFrame:
    """Events in order of time, with `occurred_at` in epoch seconds. Raises BadHistory."""
    frame = _read(path)
    _need(frame, NEEDED, path)
    seconds = _seconds(frame, "ts", path)
    frame = frame.drop("ts").with_columns(
        _ids(frame, path), _amounts(frame, path), occurred_at=seconds
    )
    check_unique(frame)
    return frame.sort("occurred_at", "tx_id")


def read_labels(path: Path) -> pl.DataFrame:
    """Labels as tx_id, y (0 or 1) and known_at in epoch seconds. Raises BadHistory."""
    frame = _read(path)
    _need(frame, LABEL_COLUMNS, path)
    labels = frame.select(
        _ids(frame, path),
        pl.col("y").cast(pl.Int8, strict=False),
        known_at=_seconds(frame, "label_ts", path),
    )
    if not labels["y"].is_in([0, 1]).all() or labels["y"].null_count():
        raise BadHistory(f"{path.name}: y must be 0 or 1 in every row.")
    return labels


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


def check_unique(events: pl.DataFrame) -> None:
    """Raises BadHistory for an id that stands twice, and for times or amounts that are missing."""
    twice = events.filter(pl.col("tx_id").is_duplicated())
    if len(twice):
        raise BadHistory(
            f"Transaction {twice['tx_id'][0]} stands in the events {_times(twice)} times; "
            "give each event once."
        )
    for name in ("occurred_at", "amount"):
        column = events[name]
        if column.null_count() or not column.is_finite().all():
            raise BadHistory(f"The events' {name} is missing or no number in some rows; fill them.")


def check_labels(labels: pl.DataFrame, events: pl.DataFrame) -> None:
    """Raises BadHistory for a label that was known before its event took place."""
    joined = labels.join(events.select("tx_id", "occurred_at"), on="tx_id")
    early = joined.filter(pl.col("known_at") < pl.col("occurred_at"))
    if len(early):
        raise BadHistory(
            f"The label of transaction {early['tx_id'][0]} is dated before the event itself "
            f"({len(early):,} such labels); correct label_ts."
        )


def _times(twice: pl.DataFrame) -> int:
    return int((twice["tx_id"] == twice["tx_id"][0]).sum())


def _read(path: Path) -> pl.DataFrame:
    if not path.exists():
        raise BadHistory(f"There is no file {path}.")
    try:
        return pl.read_parquet(path)
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
    return column.cast(pl.Int64)


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
        return column.cast(pl.Float64)
    raise BadHistory(f"{path.name}: {name} must be a time or epoch seconds, not {column.dtype}.")
