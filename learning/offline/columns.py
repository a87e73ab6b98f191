"""What the columns of a history are: parties, features of the catalogue, or something generic."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from features.aliases import ALIASES
from features.catalogue import CATALOGUE
from features.types import Type
from learning.training.trained import MOST_CATEGORIES
from scoring.state.recording import PARTIES
from scoring.state.script import RISKY

_SHORT = {
    "customer": "user_id",
    "card_id": "card_token",
    "ip": "ip_address",
    "merchant": "merchant_id",
    "beneficiary": "beneficiary_id",
}
_OWN = frozenset({"tx_id", "occurred_at", "amount"})
_ID_ENDINGS = ("_id", "_hash", "_token", "_key")
_PARTY_OF = {identifier: party for party, identifier in PARTIES.items()}


@dataclass(frozen=True, slots=True)
class Columns:
    """Names in the history by what they mean.

    `parties` by party (customer, merchant ...); `known` by feature of the catalogue; of those that
    the catalogue does not know, `numbers`, `flags` and `categories`, and as `entities` those of
    which there are too many values: they count, and carry a risk, as parties do.
    """

    parties: dict[str, str] = field(default_factory=dict)
    known: dict[str, str] = field(default_factory=dict)
    numbers: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    entities: tuple[str, ...] = ()

    @property
    def counted(self) -> dict[str, str]:
        """The parties, and the card's BIN where it is known."""
        bins = {"bin": self.known["card_bin"]} if "card_bin" in self.known else {}
        return self.parties | bins

    @property
    def risky(self) -> dict[str, str]:
        """Entities whose frauds are followed: name, column."""
        parties = {party: name for party, name in self.counted.items() if party in RISKY}
        return parties | {name: name for name in self.entities}


def understand(events: pl.DataFrame) -> Columns:
    """What the columns are, judged by their names, types and number of values."""
    parties: dict[str, str] = {}
    known: dict[str, str] = {}
    generic: dict[str, list[str]] = {"number": [], "flag": [], "category": [], "entity": []}
    for name in events.columns:
        if name in _OWN:
            continue
        meant = _SHORT.get(name, ALIASES.get(name, name))
        if meant in _PARTY_OF:
            parties[_PARTY_OF[meant]] = name
        elif _fits(meant, events[name].dtype):
            known[meant] = name
        elif (kind := _kind(name, events[name])) is not None:
            generic[kind].append(name)
    for meant, name in known.items():
        if CATALOGUE[meant].type is Type.STRING and meant != "card_bin":
            (generic["entity"] if _many(events[name]) else generic["category"]).append(name)
    return Columns(parties, known, *(tuple(generic[kind]) for kind in generic))


def _fits(name: str, dtype: pl.DataType) -> bool:
    """Whether the column can stand for the catalogue's feature of that name."""
    feature = CATALOGUE.get(name)
    if feature is None or not feature.readable or feature.type is Type.IDENTIFIER:
        return False
    if feature.type is Type.BOOLEAN:
        return dtype == pl.Boolean
    if feature.type is Type.STRING:
        return _textual(dtype) or dtype.is_integer()
    return feature.type.is_numeric and feature.type is not Type.TIMESTAMP and dtype.is_numeric()


def _kind(name: str, column: pl.Series) -> str | None:
    dtype = column.dtype
    if dtype == pl.Boolean:
        return "flag"
    if _textual(dtype) or (dtype.is_integer() and name.endswith(_ID_ENDINGS)):
        return "entity" if _many(column) else "category"
    return "number" if dtype.is_numeric() else None  # times, lists and structs say nothing here


def _textual(dtype: pl.DataType) -> bool:
    return dtype in (pl.String, pl.Categorical, pl.Enum)


def _many(column: pl.Series) -> bool:
    return column.n_unique() > MOST_CATEGORIES
