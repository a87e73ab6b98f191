"""What a feature is declared to be, and what is known of a transaction before features are."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from features.types import Type
from features.windows.declaring import Windowed

Value = float | bool | str | tuple[str, ...]
Row = list[Value | None]
Source = Literal["supplied", "computed", "either"]
Reading = Literal["as_is", "lower", "upper", "country", "four_digits"]

CATEGORIES = (
    "identity",
    "behavioral",
    "transaction",
    "network",
    "ato",
    "funding",
    "merchant",
    "ml",
    "derived",
)

# What a computation may ask for besides other features. The raw identifiers end here: only what is
# computed from them enters the vector.
FACT_NAMES = (
    "own_time",
    "utc_offset_minutes",
    "raw_email",
    "raw_phone",
    "raw_ip_address",
    "raw_user_agent",
)
# How much of the vector is known. Features that ask for these are computed last and not counted
# themselves.
TALLY_NAMES = ("known_features", "possible_features")

_LARGEST = sys.float_info.max


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """One named fact of a transaction.

    ``unit`` is for people; a ``MONEY`` feature is in the transaction's own currency. ``minimum``
    and ``maximum`` hold for every value in a vector, supplied or computed: a value outside them is
    missing. ``compute`` gets the features named in ``computed_from`` in that order, and is not
    called when one of them is missing, except for those named last in ``optional``, which it gets
    as None. ``windowed`` says what of the recorded events the feature counts; the counters answer
    it, so it comes with what is gathered. ``gathered_from`` names, for people, what else of ours it
    may come from: the customer's profile, the telephone number, an address database.
    """

    name: str
    category: str
    type: Type
    doc: str
    unit: str = ""
    source: Source = "supplied"
    also_in: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    max_length: int = 200
    choices: tuple[str, ...] = ()
    pattern: str = ""
    example: str = ""
    reading: Reading = "as_is"
    purpose: str = ""
    same_as: str = ""
    output: bool = False
    compute: Callable[..., Value | None] | None = None
    computed_from: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    windowed: Windowed | None = None
    gathered_from: str = ""

    @property
    def suppliable(self) -> bool:
        """Whether a client may give the value under this very name."""
        return self.source != "computed" and not self.output and not self.same_as

    @property
    def readable(self) -> bool:
        """Whether rules and models may read it: outputs are written after the decision."""
        return not self.output

    @property
    def categories(self) -> tuple[str, ...]:
        return (self.category, *self.also_in)

    @property
    def bounds(self) -> tuple[float, float]:
        """The inclusive range of its numbers; the widest finite one where none is declared."""
        low = -_LARGEST if self.minimum is None else self.minimum
        high = _LARGEST if self.maximum is None else self.maximum
        return low, high


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Facts:
    """What is known of a transaction before its features are computed.

    Holds personal data and so has no repr.

    ``supplied`` are the client's values, ``gathered`` those which we found (counters, stored
    customer, enrichment); both by feature name and already of the feature's Python type. ``hashes``
    are the keyed hashes of the identifiers in hexadecimal, ``raw`` the identifiers themselves in
    normal form, both by the identifier feature's name. ``occurred_at`` is in epoch seconds;
    ``timestamped`` is false when it is merely the time of receipt, and then nothing is said about
    the customer's local time.
    """

    occurred_at: float
    supplied: Mapping[str, Value]
    gathered: Mapping[str, Value] = field(default_factory=dict)
    hashes: Mapping[str, str] = field(default_factory=dict)
    raw: Mapping[str, str] = field(default_factory=dict)
    timestamped: bool = True
    utc_offset_minutes: float | None = None
