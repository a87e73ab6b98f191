"""The archive's columns: what stands beside the features, and the features of every version."""

import difflib
from functools import cache
from typing import Final

import polars as pl

from features.catalogue import CATALOGUE
from features.layouts import layout
from features.types import Type

Schema = dict[str, pl.DataType]

_TIME: Final = pl.Datetime("us", "UTC")
_TEXTS: Final = pl.List(pl.String())

# In the order of the export's SELECT. Nothing here tells who somebody is.
DECISION: Final[Schema] = {
    "serial": pl.Int64(),
    "transaction_id": pl.String(),
    "institution_id": pl.Int64(),
    "institution": pl.String(),
    "source": pl.String(),
    "vertical": pl.String(),
    "received_at": _TIME,
    "decided_at": _TIME,
    "status": pl.String(),
    "risk_level": pl.String(),
    "fraud_score": pl.Int16(),
    "rule_score": pl.Float64(),
    "ml_score": pl.Float64(),
    "ml_probability": pl.Float64(),
    "effect": pl.String(),
    "use_ml": pl.Boolean(),
    "degraded": _TEXTS,
    "hits": _TEXTS,
    "hit_scores": pl.List(pl.Float64()),
    "shadow_hits": _TEXTS,
    "ruleset_number": pl.Int32(),
    "model_version": pl.String(),
    "catalogue_version": pl.Int16(),
    "hash_version": pl.Int16(),
    "inputs": pl.String(),
    "rates": pl.String(),
    "listed": pl.String(),
}
"""What was decided, and on what it rested. `hits` are codes of rules, `hit_scores` the points of
each; `inputs` is JSON. `rates` and `listed` are parts of it, which few distinct texts tell."""

DAY: Final[Schema] = {"day": pl.Date()}
"""The partition: the transaction's day in UTC. Stands in the path, not in the file."""

LABEL: Final[Schema] = {
    "label_is_fraud": pl.Boolean(),
    "label_source": pl.String(),
    "label_typology": pl.String(),
    "label_known_at": _TIME,
}
"""Joined when reading with `known_by`; null where no label was known."""


def column_type(kind: Type) -> pl.DataType:
    """How a feature's values stand in a column."""
    if kind is Type.BOOLEAN:
        return pl.Boolean()
    if kind is Type.STRINGS:
        return _TEXTS
    return pl.Float64() if kind.is_numeric else pl.String()


@cache
def feature_schema(version: int) -> Schema:
    """Columns of the features that a catalogue version had, in its order.

    Raises UnknownCatalogueVersionError.
    """
    used = layout(version)
    return {name: column_type(kind) for name, kind in zip(used.names, used.types, strict=True)}


def file_schema(version: int) -> Schema:
    """Columns of a file, which holds rows of one version alone."""
    return {**DECISION, **feature_schema(version)}


@cache
def full_schema() -> Schema:
    """Every column that can be asked for: those of the newest version first, then retired ones.

    A feature whose type changed has its newest.
    """
    known = {**DAY, **DECISION}
    for version in range(CATALOGUE.version, 0, -1):
        for name, kind in feature_schema(version).items():
            known.setdefault(name, kind)
    return known


def default_columns() -> tuple[str, ...]:
    """What is read when no columns are named: all but the retired features."""
    return (*DAY, *DECISION, *feature_schema(CATALOGUE.version))


def suggestion(name: str) -> str | None:
    """The column that the writer of an unknown name probably meant."""
    close = difflib.get_close_matches(name.lower(), full_schema(), n=1, cutoff=0.75)
    return close[0] if close else None
