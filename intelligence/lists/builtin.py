"""The lists that come with the product, and their entries.

Entries that came with an earlier version and are shipped no longer are ended; one that a person
ended stays so.
"""

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone as clock

from foundation import audit
from intelligence.kinds import KINDS, hashes_of
from intelligence.lists.checking import Draft, make_entry
from intelligence.lookup import DISPOSABLE
from intelligence.models import List, ListEntry

FILE = Path(__file__).parents[1] / "data" / "lists.toml"
SHIPPED, DEMO = "built-in", "demo"  # sources of entries
_BATCH = 2_000
SHIPPED_FACTS = ("title", "description", "kinds")  # of a list; its default effect is people's


class Shipped(NamedTuple):
    kind: str
    value: str
    reason: str


@dataclass(frozen=True, slots=True)
class BuiltinList:
    """A list of the file; `entries` and `demo` as they stand there."""

    name: str
    title: str
    description: str
    kinds: tuple[str, ...]
    default_effect: str
    entries: tuple[Shipped, ...]
    demo: tuple[Shipped, ...]


class Loaded(NamedTuple):
    """What a load did to one list."""

    name: str
    created: bool
    added: int
    ended: int


def _read(path: Path) -> tuple[BuiltinList, ...]:
    with path.open("rb") as file:
        return tuple(_list(name, table) for name, table in tomllib.load(file).items())


def _list(name: str, table: dict[str, Any]) -> BuiltinList:
    return BuiltinList(
        name=name,
        title=table["title"],
        description=table["description"],
        kinds=tuple(table["kinds"]),
        default_effect=table.get("default_effect", ""),
        entries=tuple(_entries(table, "entries")),
        demo=tuple(_entries(table, "demo")),
    )


def _entries(table: dict[str, Any], part: str) -> Iterator[Shipped]:
    for group in table.get(part, ()):
        kind = group.get("kind", table["kinds"][0])
        yield from (Shipped(kind, value, group["reason"]) for value in group["values"])


BUILTIN = _read(FILE)


def load_builtin(*, actor: audit.Actor, demo: bool) -> list[Loaded]:
    """Brings lists and entries up to what is shipped; a second run changes nothing."""
    return [_load(spec, actor, demo=demo) for spec in BUILTIN]


@transaction.atomic
def _load(spec: BuiltinList, actor: audit.Actor, *, demo: bool) -> Loaded:
    facts = {name: getattr(spec, name) for name in SHIPPED_FACTS}
    facts["kinds"] = list(spec.kinds)
    row, created = List.objects.get_or_create(
        name=spec.name,
        defaults={**facts, "default_effect": spec.default_effect, "is_builtin": True},
    )
    if not created:
        _correct(row, {**facts, "is_builtin": True})
    added, ended = _sync(row, [*spec.entries, *_from_libraries(spec)], SHIPPED, actor)
    if demo:
        added += _sync(row, spec.demo, DEMO, actor)[0]
    if created or added or ended:
        audit.record(
            actor=actor,
            action="list.load",
            subject=f"intelligence.list:{row.pk}",
            after={"created": created, "added": added, "ended": ended},
        )
    return Loaded(spec.name, created, added, ended)


def _correct(row: List, facts: dict[str, Any]) -> None:
    changed = [name for name, value in facts.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, facts[name])
    if changed:
        row.save(update_fields=changed)


def _from_libraries(spec: BuiltinList) -> list[Shipped]:
    if spec.name != DISPOSABLE:
        return []
    from disposable_email_domains import blocklist  # late: 10,000 names that only a load needs

    reason = "A provider of throw-away mailboxes (disposable-email-domains)."
    return [Shipped("domain", name, reason) for name in sorted(blocklist)]


def _sync(
    row: List, shipped: Iterable[Shipped], source: str, actor: audit.Actor
) -> tuple[int, int]:
    """How many entries of this source were added and how many ended. Three queries when equal."""
    now, by = clock.now(), audit.actor_name(actor)
    shared = ListEntry.objects.filter(list=row, institution=None)
    ended_by_people = Q(source=source) & ~Q(ended_by=by)
    held = _hashes(shared.filter(Q(ended_at=None) | ended_by_people))
    wanted: set[bytes] = set()
    missing = []
    for each in shipped:
        kind = KINDS[each.kind]
        hashes = hashes_of(kind, kind.check(each.value))
        wanted.update(hashes)
        if held.isdisjoint(hashes):  # an entry is made for these alone: it takes 15 times as long
            draft = Draft(value=each.value, kind=each.kind, reason=each.reason, source=source)
            missing.append(make_entry(row, draft, by=by, now=now))
    ListEntry.objects.bulk_create(missing, batch_size=_BATCH, ignore_conflicts=True)
    gone = _hashes(shared.filter(source=source, ended_at=None)) - wanted
    ended = shared.filter(source=source, ended_at=None, value_hash__in=gone)
    return len(missing), ended.update(ended_at=now, ended_by=by, end_reason="no longer shipped")


def _hashes(entries: QuerySet[ListEntry]) -> set[bytes]:
    return {bytes(digest) for digest in entries.values_list("value_hash", flat=True)}
