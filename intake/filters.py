"""What a list of transactions is narrowed to."""

import base64
import binascii
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, Literal
from uuid import UUID

import msgspec
from django.http import QueryDict

from features.supplied import parse_moment
from intake.errors import Wrong
from intake.fields import LONGEST_TYPE
from intake.parameters import Readers, read_parameters
from rules.definition import VERTICALS

LARGEST_PAGE: Final = 200
PAGE: Final = 50
LONGEST_LIMIT: Final = 9  # digits
LONGEST_ID: Final = 200

Status = Literal["approved", "review", "declined"]
Level = Literal["low", "medium", "high", "critical"]


class TransactionFilters(msgspec.Struct, frozen=True, kw_only=True):
    """`occurred_to` is exclusive; `cursor` is the last row of the page before."""

    industry: str | None = None
    transaction_type: str | None = None
    status: Status | None = None
    risk_level: Level | None = None
    user_id: str | None = None
    transaction_id: str | None = None
    occurred_from: datetime | None = None
    occurred_to: datetime | None = None
    limit: int = PAGE
    cursor: UUID | None = None


def read_filters(given: QueryDict) -> TransactionFilters:
    """Raises BadRequest naming every parameter that is unknown, given twice or wrong."""
    return TransactionFilters(**read_parameters(given, READERS))


def one_of(*choices: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in choices:
            raise Wrong(f"must be one of {', '.join(choices)}", "choice")
        return text

    return read


def identifier(text: str) -> str:
    if not 0 < len(text) <= LONGEST_ID or not text.isprintable():
        raise Wrong(f"must be 1 to {LONGEST_ID} printable characters", "length")
    return text


def _kind(text: str) -> str:
    if not 0 < len(text) <= LONGEST_TYPE or not text.isprintable():
        raise Wrong(f"must be 1 to {LONGEST_TYPE} printable characters", "length")
    return text.lower()  # as it is stored


def time(text: str) -> datetime:
    try:
        digits = text.isascii() and text.replace(".", "", 1).isdecimal()
        # A plus sign that somebody forgot to encode arrives as a space, which no time contains.
        moment = parse_moment(float(text) if digits else text.replace(" ", "+"))
        return datetime.fromtimestamp(moment.epoch, UTC)
    except (ValueError, OverflowError, OSError):
        raise Wrong("must be a time in ISO 8601, or in seconds since 1970", "time") from None


def limit_of_page(text: str) -> int:
    # Bounded before it is read: a prefix of zeros must not hide digits that are counted afterwards.
    sane = text.isascii() and text.isdecimal() and len(text) <= LONGEST_LIMIT
    if not sane or not 1 <= int(text) <= LARGEST_PAGE:
        raise Wrong(f"must be a whole number from 1 to {LARGEST_PAGE}", "range")
    return int(text)


def encode_cursor(last: UUID) -> str:
    """The place after a row, as clients hand it back: opaque to them."""
    return base64.urlsafe_b64encode(last.bytes).rstrip(b"=").decode()


def decode_cursor(text: str) -> UUID:
    try:
        return UUID(bytes=base64.b64decode(text + "==", altchars=b"-_", validate=True))
    except (ValueError, binascii.Error):
        raise Wrong("must be the next_cursor of an earlier answer", "cursor") from None


READERS: Final[Readers] = {
    "industry": one_of(*VERTICALS),
    "transaction_type": _kind,
    "status": one_of("approved", "review", "declined"),
    "risk_level": one_of("low", "medium", "high", "critical"),
    "user_id": identifier,
    "transaction_id": identifier,
    "occurred_from": time,
    "occurred_to": time,
    "limit": limit_of_page,
    "cursor": decode_cursor,
}
