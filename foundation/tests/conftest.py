"""The cast of this room's tests, and a registry of events that lasts one test."""

from collections.abc import Iterator

import pytest

from foundation.models import User
from foundation.outbox import events


@pytest.fixture
def ada(db: None) -> User:
    """Proposes things."""
    return User.objects.create_user("ada", is_staff=True)


@pytest.fixture
def own_events(monkeypatch: pytest.MonkeyPatch) -> Iterator[events.Registry]:
    """An empty registry of event types and subscribers, in place of the application's."""
    registry = events.Registry()
    for module in ("events", "drain", "upkeep"):
        monkeypatch.setattr(f"foundation.outbox.{module}.registry", registry)
    return registry
