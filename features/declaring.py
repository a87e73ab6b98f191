"""Short forms in which the catalogue declares its features: one method a kind of quantity."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypedDict, Unpack

from features.computations.numbers import same
from features.framework import Feature, Reading, Source, Value
from features.types import Type
from features.windows.declaring import Windowed

LARGEST_AMOUNT = 1e12
LARGEST_COUNT = 1e9
# 1900-01-01 and 2100-01-01: wide enough for any life, narrow enough to notice milliseconds given
# for seconds.
EARLIEST_MOMENT = -2_208_988_800.0
LATEST_MOMENT = 4_102_444_800.0
LONGEST_DAYS = 73_050.0  # 200 years

# What is gathered comes from:
LABELS = "the labels known so far"
PROFILE = "the customer's profile"
LAST_TRANSACTION = "the customer's last transactions"
FIRST_SIGHT = "the first transaction that it took part in"


class More(TypedDict, total=False):
    """What a declaration may say besides name and meaning; see the fields of Feature."""

    unit: str
    source: Source
    also_in: tuple[str, ...]
    minimum: float | None
    maximum: float | None
    max_length: int
    choices: tuple[str, ...]
    pattern: str
    example: str
    reading: Reading
    output: bool
    compute: Callable[..., Value | None]
    computed_from: tuple[str, ...]
    optional: tuple[str, ...]
    windowed: Windowed
    gathered_from: str


class Section:
    """Declares the features of one category."""

    def __init__(self, category: str) -> None:
        self.category = category

    def feature(self, name: str, kind: Type, doc: str, **more: Unpack[More]) -> Feature:
        """Any feature; what we find may be supplied, too, unless its source says not."""
        if not more.keys().isdisjoint(("compute", "windowed", "gathered_from")):
            more.setdefault("source", "either")
        return Feature(name=name, category=self.category, type=kind, doc=doc, **more)

    def number(
        self, name: str, doc: str, low: float | None, high: float | None, **more: Unpack[More]
    ) -> Feature:
        more["minimum"], more["maximum"] = low, high
        return self.feature(name, Type.NUMBER, doc, **more)

    def multiple(self, name: str, doc: str, most: float, **more: Unpack[More]) -> Feature:
        """How many times one number another is."""
        more.setdefault("unit", "times")
        return self.number(name, doc, 0, most, **more)

    def boolean(self, name: str, doc: str, **more: Unpack[More]) -> Feature:
        return self.feature(name, Type.BOOLEAN, doc, **more)

    def count(self, name: str, doc: str, **more: Unpack[More]) -> Feature:
        more.setdefault("unit", "count")
        return self.number(name, doc, 0, LARGEST_COUNT, **more)

    def ratio(self, name: str, doc: str, **more: Unpack[More]) -> Feature:
        """A share from 0 to 1."""
        more.setdefault("unit", "share 0..1")
        return self.number(name, doc, 0, 1, **more)

    def points(self, name: str, doc: str, **more: Unpack[More]) -> Feature:
        """A score from 0 to 100."""
        more.setdefault("unit", "points 0..100")
        return self.number(name, doc, 0, 100, **more)

    def seconds(self, name: str, doc: str, **more: Unpack[More]) -> Feature:
        more.setdefault("unit", "seconds")
        return self.number(name, doc, 0, LONGEST_DAYS * 86_400, **more)

    def minutes(self, name: str, doc: str, **more: Unpack[More]) -> Feature:
        more.setdefault("unit", "minutes")
        return self.number(name, doc, 0, LONGEST_DAYS * 1_440, **more)

    def hours(self, name: str, doc: str, **more: Unpack[More]) -> Feature:
        more.setdefault("unit", "hours")
        return self.number(name, doc, 0, LONGEST_DAYS * 24, **more)

    def days(self, name: str, doc: str, **more: Unpack[More]) -> Feature:
        more.setdefault("unit", "days")
        return self.number(name, doc, 0, LONGEST_DAYS, **more)

    def money(self, name: str, doc: str, **more: Unpack[More]) -> Feature:
        """An amount in the transaction's currency."""
        more.setdefault("unit", "transaction's currency")
        more["minimum"], more["maximum"] = 0, LARGEST_AMOUNT
        return self.feature(name, Type.MONEY, doc, **more)

    def moment(self, name: str, doc: str, **more: Unpack[More]) -> Feature:
        more.setdefault("unit", "epoch seconds")
        more["minimum"], more["maximum"] = EARLIEST_MOMENT, LATEST_MOMENT
        return self.feature(name, Type.TIMESTAMP, doc, **more)

    def text(self, name: str, doc: str, **more: Unpack[More]) -> Feature:
        return self.feature(name, Type.STRING, doc, **more)

    def word(self, name: str, doc: str, **more: Unpack[More]) -> Feature:
        """A text in which capitals mean nothing; kept in lower case."""
        more.setdefault("reading", "lower")
        more.setdefault("max_length", 100)
        return self.text(name, doc, **more)

    def country(self, name: str, doc: str, **more: Unpack[More]) -> Feature:
        """A country's two-letter code (ISO 3166-1); its English name is understood, too."""
        more.setdefault("unit", "country code")
        more.setdefault("reading", "country")
        more.setdefault("max_length", 60)
        return self.text(name, doc, **more)

    def texts(self, name: str, doc: str, **more: Unpack[More]) -> Feature:
        more.setdefault("max_length", 100)
        return self.feature(name, Type.STRINGS, doc, **more)

    def identifier(
        self,
        name: str,
        doc: str,
        purpose: str,
        *,
        max_length: int = 200,
        also_in: tuple[str, ...] = (),
    ) -> Feature:
        """Something that points at a person or thing: only its keyed hash enters the vector."""
        return Feature(
            name=name,
            category=self.category,
            type=Type.IDENTIFIER,
            doc=doc,
            purpose=purpose,
            max_length=max_length,
            also_in=also_in,
        )

    def another_name(self, name: str, of: Feature) -> Feature:
        """The same value under a second name; given as input, it counts as the first."""
        return Feature(
            name=name,
            category=self.category,
            type=of.type,
            doc=f"Another name of {of.name}.",
            unit=of.unit,
            source="computed",
            minimum=of.minimum,
            maximum=of.maximum,
            same_as=of.name,
            compute=same,
            computed_from=(of.name,),
        )
