"""Time-ordered primary keys made in the application."""

import os
import time
import uuid
from datetime import datetime

_VERSION_AND_VARIANT = (0x7 << 76) | (0x2 << 62)
_LOW_62_BITS = (1 << 62) - 1


def uuid7() -> uuid.UUID:
    """A UUID version 7 (RFC 9562): 48 bits of Unix milliseconds, 12 of the fraction, 62 random.

    Keys made by one process a quarter of a microsecond or more apart sort by time, so that
    inserts touch the right-hand edge of an index and tables may be partitioned by key range.
    Keys of different machines sort as well as their clocks agree.
    """
    nanoseconds = time.time_ns()
    milliseconds, rest = divmod(nanoseconds, 1_000_000)
    fraction = (rest << 12) // 1_000_000
    random = int.from_bytes(os.urandom(8), "big") & _LOW_62_BITS
    return uuid.UUID(int=(milliseconds << 80) | (fraction << 64) | random | _VERSION_AND_VARIANT)


def uuid_of(text: str) -> uuid.UUID | None:
    """The key that a text names, as an address does; None for a text that names none.

    >>> uuid_of("no key"), uuid_of("0" * 32)
    (None, UUID('00000000-0000-0000-0000-000000000000'))
    """
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def first_uuid7(moment: datetime) -> uuid.UUID:
    """The lowest key that could be made at this moment: bounds a table by time of arrival.

    >>> from datetime import UTC
    >>> first_uuid7(datetime(2026, 1, 1, tzinfo=UTC)) < uuid7()
    True
    """
    milliseconds = int(moment.timestamp() * 1_000)
    return uuid.UUID(int=(milliseconds << 80) | _VERSION_AND_VARIANT)
