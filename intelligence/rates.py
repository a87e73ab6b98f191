"""Exchange rates for the hot path: an immutable table in memory, refreshed once a minute."""

import threading
import time
from bisect import bisect_right
from collections.abc import Iterable
from datetime import UTC, date, datetime

from intelligence.models import ExchangeRate

REFRESH_SECONDS = 60.0


class RateTable:
    """Daily rates; immutable, so threads share it without a lock."""

    def __init__(self, rows: Iterable[tuple[str, date, float]]) -> None:
        series: dict[str, list[tuple[date, float]]] = {}
        for currency, day, per_usd in rows:
            series.setdefault(currency, []).append((day, per_usd))
        self._days = {c: [d for d, _ in sorted(points)] for c, points in series.items()}
        self._values = {c: [v for _, v in sorted(points)] for c, points in series.items()}

    def per_usd(self, currency: str, day: date) -> float | None:
        """Units per USD on the last known day up to `day`; before the first known day, that one.

        None for a currency without any rate: amounts in it then compare as missing.

        >>> table = RateTable([("NGN", date(2025, 7, 1), 1530.0)])
        >>> table.per_usd("NGN", date(2026, 1, 1)), table.per_usd("XXX", date(2026, 1, 1))
        (1530.0, None)
        """
        if currency == "USD":
            return 1.0
        days = self._days.get(currency)
        if not days:
            return None
        return self._values[currency][max(bisect_right(days, day) - 1, 0)]

    def into(self, currency: str, others: Iterable[str], occurred_at: float) -> dict[str, float]:
        """Units of `currency` for one unit of each other, on the day of `occurred_at` (epoch s).

        Currencies without a rate are left out.

        >>> table = RateTable([("NGN", date(2025, 7, 1), 1500.0), ("EUR", date(2025, 7, 1), 0.75)])
        >>> table.into("NGN", ["USD", "EUR", "NGN", "XXX"], 1e9)
        {'USD': 1500.0, 'EUR': 2000.0, 'NGN': 1.0}
        """
        day = datetime.fromtimestamp(occurred_at, UTC).date()
        target = self.per_usd(currency, day)
        found: dict[str, float] = {}
        for other in others:
            if other == currency:
                found[other] = 1.0
            elif target is not None and (per_usd := self.per_usd(other, day)) is not None:
                found[other] = target / per_usd
        return found


class _Cache:
    def __init__(self) -> None:
        self.table: RateTable | None = None
        self.loaded_at = 0.0
        self.lock = threading.Lock()


_cache = _Cache()


def current_rates() -> RateTable:
    """The table in memory, at most a minute old. One SQL query when it is refreshed, else none."""
    table = _cache.table
    if table is not None and time.monotonic() - _cache.loaded_at < REFRESH_SECONDS:
        return table
    if not _cache.lock.acquire(blocking=table is None) and table is not None:
        return table  # somebody else refreshes; the old table serves meanwhile
    try:
        rows = ExchangeRate.objects.values_list("currency", "day", "per_usd")
        _cache.table = RateTable((c, d, float(v)) for c, d, v in rows)
        _cache.loaded_at = time.monotonic()
        return _cache.table
    finally:
        _cache.lock.release()


def forget_rates() -> None:
    """Make the next look-up read the database: after an import, and between tests."""
    _cache.table = None
