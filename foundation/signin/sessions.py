"""When a session ends: after a time without use, and after a time since the sign-in.

Both are kept in the session as whole seconds since 1970. Use is written down at most once a minute,
so that reading pages costs no write each.
"""

import time
from enum import StrEnum
from typing import Any, Final

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase

SIGNED_IN, SEEN = "signed_in_at", "seen_at"
WRITTEN_EVERY: Final = 60  # seconds


class Ended(StrEnum):
    UNUSED = "unused"
    OLD = "old"


def begin(session: SessionBase) -> None:
    session[SIGNED_IN] = session[SEEN] = _now()


def ended(session: SessionBase) -> Ended | None:
    """Why the session is over, None while it is not. One that tells no times is over."""
    signed_in, seen = _seconds(session.get(SIGNED_IN)), _seconds(session.get(SEEN))
    if _now() - signed_in >= settings.SESSION_COOKIE_AGE:
        return Ended.OLD
    if _now() - seen >= settings.SESSION_IDLE_SECONDS:
        return Ended.UNUSED
    return None


def touch(session: SessionBase) -> None:
    """Notes the use, unless that was done within the minute."""
    if _now() - _seconds(session.get(SEEN)) >= WRITTEN_EVERY:
        session[SEEN] = _now()


def told(why: Ended) -> str:
    """A sentence for the sign-in page."""
    if why is Ended.OLD:
        return f"Your session ended, {_length(settings.SESSION_COOKIE_AGE)} after you signed in."
    return f"Your session ended after {_length(settings.SESSION_IDLE_SECONDS)} without use."


def _length(seconds: int) -> str:
    hours, minutes = divmod(seconds // 60, 60)
    return f"{hours} hours" if hours > 1 and not minutes else f"{seconds // 60} minutes"


def _now() -> int:
    return int(time.time())


def _seconds(value: Any) -> int:
    return value if isinstance(value, int) else 0
