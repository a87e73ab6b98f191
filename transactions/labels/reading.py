"""One piece of feedback, read strictly from what a client or a file gave; no database."""

import math
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from features.supplied import parse_moment
from foundation.errors import FieldError
from transactions.models import Label

LONGEST_ID: Final = 128
LONGEST_TYPOLOGY: Final = 64
BY_CLIENTS: Final = (Label.Source.CLIENT, Label.Source.CUSTOMER, Label.Source.CHARGEBACK)
"""What a client may say where its knowledge is from. An analyst speaks in the case itself, and
history comes in by imports."""

_FRAUD: Final = frozenset({"1", "true", "yes", "fraud", "fraudulent"})
_GENUINE: Final = frozenset({"0", "false", "no", "genuine", "legitimate", "legit"})
_EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC).timestamp()
_LATEST: Final = datetime(2100, 1, 1, tzinfo=UTC).timestamp()
_A_DAY: Final = len("2026-01-31")


class Feedback(msgspec.Struct, frozen=True, kw_only=True):
    """What a client says that one of its transactions was."""

    transaction_id: str
    actual_fraud: bool
    source: str = Label.Source.CLIENT.value
    typology: str = ""
    known_at: datetime | None = None


class WrongFeedback(ValueError):
    """`errors` names every wrong field; no value is repeated in it."""

    def __init__(self, errors: Collection[FieldError]) -> None:
        super().__init__("; ".join(f"{error.field} {error.message}" for error in errors))
        self.errors = tuple(errors)


class _Wrong(ValueError):
    """The sentence's end after the field's name."""


def read_feedback(
    given: Mapping[str, Any],
    *,
    sources: Collection[str] = BY_CLIENTS,
    names: Mapping[str, str] | None = None,
) -> Feedback:
    """The feedback in these fields, absent or empty ones taken as not given.

    `names` says what the giver calls a field. Raises WrongFeedback naming all that is wrong.
    """
    readers: dict[str, Callable[[Any], Any]] = {
        "transaction_id": _identifier,
        "actual_fraud": _verdict,
        "source": lambda value: _source(value, sources),
        "typology": _typology,
        "known_at": _moment,
    }
    read: dict[str, Any] = {}
    errors: list[FieldError] = []
    for name, reader in readers.items():
        value = given.get(name)
        shown = (names or {}).get(name, name)
        if isinstance(value, str):
            value = value.strip()
        if value is None or value == "":
            if name in ("transaction_id", "actual_fraud"):
                errors.append(FieldError(shown, "is required", "missing"))
            continue
        try:
            read[name] = reader(value)
        except _Wrong as wrong:
            errors.append(FieldError(shown, str(wrong)))
    if errors:
        raise WrongFeedback(errors)
    return Feedback(**read)


def _identifier(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_ID or not value.isprintable():
        raise _Wrong(f"must be 1 to {LONGEST_ID} printable characters")
    return value


def _verdict(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    text = str(value).lower() if isinstance(value, str | int) else ""
    if text in _FRAUD or text in _GENUINE:
        return text in _FRAUD
    raise _Wrong("must be true or false")


def _source(value: Any, sources: Collection[str]) -> str:
    if not isinstance(value, str) or value.lower() not in sources:
        raise _Wrong(f"must be one of {', '.join(sorted(sources))}")
    return value.lower()


def _typology(value: Any) -> str:
    sound = isinstance(value, str) and len(value) <= LONGEST_TYPOLOGY and value.isprintable()
    if not sound:
        raise _Wrong(f"must be a text of at most {LONGEST_TYPOLOGY} printable characters")
    return str(value)


def _moment(value: Any) -> datetime:
    """A day alone means its end: by then it was known, whenever on that day. Never later than now,
    for today is not over."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise _Wrong("must be a time in ISO 8601, or in seconds since 1970")
    try:
        epoch = parse_moment(value).epoch
    except (ValueError, OverflowError):
        raise _Wrong("must be a time in ISO 8601, or in seconds since 1970") from None
    if not math.isfinite(epoch) or not _EARLIEST <= epoch < _LATEST:
        raise _Wrong("must be a time between 1970 and 2099")
    moment = datetime.fromtimestamp(epoch, UTC)
    if isinstance(value, str) and len(value) == _A_DAY:
        end, now = moment + timedelta(days=1), datetime.now(UTC)
        return min(end, now) if moment <= now else moment
    return moment
