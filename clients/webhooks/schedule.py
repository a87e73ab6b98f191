"""When to try again, when to give up, and when to leave an endpoint alone. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

TRIES: Final = 14
FIRST_WAIT: Final = timedelta(seconds=10)
LONGEST_WAIT: Final = timedelta(hours=4)
JITTER: Final = 0.2
"""A wait is prolonged by up to this share, never shortened: 14 tries take 27 hours or more."""
LONGEST_ASKED: Final = timedelta(hours=1)
"""How far a receiver may put us off by Retry-After."""
EXPIRES: Final = timedelta(days=3)
"""What an open circuit holds back for longer than this is given up with fewer tries."""

OPENS_AFTER: Final = 5
"""Failures in a row at one endpoint."""
FIRST_PAUSE: Final = timedelta(seconds=30)
LONGEST_PAUSE: Final = timedelta(minutes=10)


def wait_after(tries: int, luck: float, retry_after: int | None = None) -> timedelta:
    """The wait after so many failed tries: 10 s, tripled each time, at most 4 hours.

    `luck` from 0 to 1 spreads what failed together; `retry_after` is what the receiver asked for,
    in seconds.
    """
    tripled = FIRST_WAIT * int(3 ** min(tries - 1, 20))
    wait = min(tripled, LONGEST_WAIT) * (1 + JITTER * luck)
    asked = min(timedelta(seconds=min(retry_after or 0, 86_400)), LONGEST_ASKED)
    return max(wait, asked)


def pause_after(failures: int) -> timedelta | None:
    """How long an endpoint that failed so often in a row is left alone; None: not yet.

    After it, one delivery is tried: if that succeeds all follow, else the pause doubles.
    """
    if failures < OPENS_AFTER:
        return None
    return min(FIRST_PAUSE * int(2 ** min(failures - OPENS_AFTER, 20)), LONGEST_PAUSE)


def circuit_after(
    failures: int, open_until: datetime | None, failed_at: Sequence[datetime], now: datetime
) -> tuple[int, datetime | None]:
    """A circuit's failures and pause after attempts that began at these times and failed.

    What is under way at once fails at once: beyond opening the circuit that counts no more, nor do
    attempts that began before it opened. So a blip costs the first pause, and only failed trials
    prolong it.
    """
    pause = pause_after(failures)
    if pause is None or open_until is None:
        failures = min(failures + len(failed_at), OPENS_AFTER)
    elif any(at >= open_until - pause for at in failed_at):
        failures += 1
    else:
        return failures, open_until
    pause = pause_after(failures)
    return failures, None if pause is None else now + pause
