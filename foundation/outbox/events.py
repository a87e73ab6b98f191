"""Event types, who subscribes to them, and the two ways to publish."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

import msgspec
from django.db import connection

from foundation.sql import Fragment

E = TypeVar("E", bound=msgspec.Struct)
EventType = type[msgspec.Struct]
Handler = Callable[[list["Envelope[Any]"]], None]

_encode = msgspec.json.Encoder().encode
_TAG = re.compile(r"[a-z_]+\.[a-z_]+\.v[0-9]+").fullmatch


@dataclass(frozen=True, slots=True)
class Envelope(Generic[E]):
    """One event on its way: `id` grows with time, `subject` is what it is about."""

    id: int
    subject: str
    occurred_at: datetime
    event: E


@dataclass(frozen=True, slots=True)
class Subscriber:
    name: str
    types: frozenset[str]
    handle: Handler


class Registry:
    """Which types exist, and who wants them. One per process; tests make their own."""

    def __init__(self) -> None:
        self.types: dict[str, EventType] = {}
        self.subscribers: dict[str, Subscriber] = {}
        self.inserts: dict[EventType, tuple[str, str]] = {}  # tag and SQL, for the hot path

    def wanted_by(self, type_name: str) -> list[str]:
        return sorted(s.name for s in self.subscribers.values() if type_name in s.types)


registry = Registry()


def event(cls: type[E]) -> type[E]:
    """Registers a frozen msgspec.Struct whose tag names and numbers it: tag="room.happening.v1".

    Fields may be added with a default. Any other change is a new version under a new tag; the old
    class stays until no event of it is kept. Events carry ids, never personal data.
    """
    tag = type_name(cls)
    if not _TAG(tag) or not cls.__struct_config__.frozen:
        raise TypeError(f"{cls.__name__} must be frozen, with a tag like 'room.happening.v1'.")
    if tag in registry.types:
        raise TypeError(f"The event {tag} is registered twice.")
    registry.types[tag] = cls
    return cls


def type_name(cls: EventType) -> str:
    return str(cls.__struct_config__.tag or "")


def subscribe(*types: EventType, name: str) -> Callable[[Handler], Handler]:
    """Calls the function with lists of `Envelope` of these types; `name` as "rules.hit_stats".

    The name is stored with every event: renaming a subscriber makes it a new one. The function
    runs in a transaction and must leave commits to the caller; see the package's docstring for
    what happens when it raises.
    """
    tags = frozenset(map(type_name, types))
    if unknown := tags - registry.types.keys():
        raise TypeError(f"{name} subscribes to unregistered events: {sorted(unknown)}")

    def register(handle: Handler) -> Handler:
        if name in registry.subscribers:
            raise TypeError(f"The subscriber {name} is registered twice.")
        registry.subscribers[name] = Subscriber(name, tags, handle)
        registry.inserts.clear()
        return handle

    return register


def insert_fragment(event: msgspec.Struct, subject: str) -> Fragment:
    """The INSERT of one event, for a statement that writes more than that.

    An event that nobody subscribes to is stored as handled.
    """
    tag, sql = registry.inserts.get(type(event)) or _prepare(type(event))
    return Fragment(sql, (tag, subject, _encode(event).decode()))


_INTO = (
    "INSERT INTO foundation_outboxevent (type, subject, payload, occurred_at, settled, handled_at) "
)


def _prepare(cls: EventType) -> tuple[str, str]:
    tag, handled = _wanted(cls)
    sql = f"{_INTO}VALUES (%s, %s, %s::jsonb, statement_timestamp(), '{{}}', {handled})"
    registry.inserts[cls] = tag, sql
    return tag, sql


def _wanted(cls: EventType) -> tuple[str, str]:
    """The type's name, and the SQL of the time at which an event of it is handled."""
    tag = type_name(cls)
    if tag not in registry.types:
        raise TypeError(f"{cls.__name__} is not a registered event.")
    return tag, "NULL" if registry.wanted_by(tag) else "statement_timestamp()"


def publish(event: msgspec.Struct, *, subject: str) -> None:
    """Stores the event in the caller's transaction (one INSERT): it happens if that commits.

    Call `nudge()` on commit where waiting for the sweeper (2 s) is too long.
    """
    sql, params = insert_fragment(event, subject)
    with connection.cursor() as cursor:
        cursor.execute(sql, tuple(map(str, params)))


def publish_all(events: Sequence[E], *, subject: Callable[[E], str]) -> None:
    """Stores events of one type, in order, with one INSERT in the caller's transaction."""
    if not events:
        return
    tag, handled = _wanted(type(events[0]))
    sql = (
        f"{_INTO}SELECT %s, told.subject, told.payload::jsonb, statement_timestamp(), '{{}}', "  # noqa: S608  only constants
        f"{handled} FROM unnest(%s::text[], %s::text[]) WITH ORDINALITY "
        "AS told (subject, payload, place) ORDER BY told.place"
    )
    payloads = [_encode(one).decode() for one in events]
    with connection.cursor() as cursor:
        cursor.execute(sql, [tag, [subject(one) for one in events], payloads])
