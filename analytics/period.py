"""The days that a figure is of."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from uuid import UUID

from foundation.ids import first_uuid7

LONGEST: Final = 366
"""Days: what plain queries can bear."""

_AHEAD: Final = timedelta(minutes=10)
"""More than a client's clock (5 min, see scoring/prepare.py) and ours may be apart."""


@dataclass(frozen=True, slots=True)
class Period:
    """From `since` up to `until`, exclusive, by the transactions' own time."""

    since: datetime
    until: datetime

    @property
    def last_day(self) -> date:
        """In UTC, by our clock; clients' clocks may have begun the next."""
        return (self.until - _AHEAD).date()

    @property
    def first_id(self) -> UUID:
        """No transaction of the period has a lower one.

        Ids grow with the time of arrival, and a transaction arrives a few minutes before its own
        time at the earliest. So the primary keys bound a query by time, and no other index need be
        kept up to date with every decision.
        """
        return first_uuid7(self.since - _AHEAD)


def last_days(days: int, now: datetime | None = None) -> Period:
    """So many days in UTC, today among them, up to now. Raises ValueError out of 1 to LONGEST."""
    if not 1 <= days <= LONGEST:
        raise ValueError(f"must be from 1 to {LONGEST} days")
    now = now or datetime.now(UTC)
    today = datetime.combine(now.astimezone(UTC).date(), time.min, UTC)
    # Clocks of clients may be ahead: what they call now is part of today.
    return Period(today - timedelta(days=days - 1), now + _AHEAD)
