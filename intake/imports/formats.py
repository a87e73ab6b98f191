"""What an import format is: where a row's time stands, and its translation to native terms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from intake.imports.cells import Fields


@dataclass(frozen=True, slots=True)
class Options:
    """What the command's options say of a file. Stored with the run: a later start must agree."""

    currency: str | None  # of rows that name none; None: the institution's
    epoch: float | None  # seconds since 1970: where a format's relative time begins
    label_delay: float  # seconds between an event and the day its label became known
    id_prefix: str  # of the ids of rows that bring none


class Truth(NamedTuple):
    """The label side of a row: kept apart from the request, so that nothing can read it there."""

    is_fraud: bool
    typology: str = ""
    known_at: float | None = None  # epoch seconds; None: event time plus the delay


class Recorded(NamedTuple):
    """A row in native terms: the body that a client would have sent at the time, and the truth."""

    body: dict[str, Any]
    truth: Truth | None


class ImportFormat(Protocol):
    """One kind of file. Without state, so that worker processes can share it by name."""

    @property
    def name(self) -> str: ...

    @property
    def names(self) -> Mapping[str, str]:
        """What the file calls a native field, where that differs."""
        ...

    @property
    def default_currency(self) -> str | None:
        """None: the institution's."""
        ...

    @property
    def default_epoch(self) -> float | None:
        """None: rows carry absolute times, and an epoch is refused."""
        ...

    @property
    def time_columns(self) -> Sequence[str]:
        """Columns that `event_time` reads."""
        ...

    def missing(self, columns: Sequence[str]) -> list[str]:
        """Needed columns that are not there, as a person should read them."""
        ...

    def ignored(self, columns: Sequence[str]) -> list[str]:
        """Columns that nothing is done with."""
        ...

    def event_time(self, fields: Fields) -> float | None:
        """Seconds on any scale that grows with event time; None where the row tells none."""
        ...

    def customer(self, fields: Fields) -> str:
        """Whatever names the customer, to share rows out; "" where the row names none."""
        ...

    def translate(self, number: int, fields: Fields, options: Options) -> Recorded:
        """Raises BadRow."""
        ...


def lacking(columns: Sequence[str], needed: Sequence[str]) -> list[str]:
    return [name for name in needed if name not in columns]
