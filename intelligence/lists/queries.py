"""Answers about lists and entries for people."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Count, Q, QuerySet

from foundation.models import User
from intelligence.kinds import KINDS, hashes_of
from intelligence.models import EntryQuerySet, List, ListEntry
from intelligence.values import InvalidValue

SHARE = "intelligence.share_listentry"
"""The permission to edit what holds for every institution."""


def visible_entries(institution_ids: Iterable[int] | None) -> EntryQuerySet:
    """The shared entries and those of these institutions; None stands for all."""
    entries = ListEntry.objects.all()
    if institution_ids is None:
        return entries
    return entries.filter(Q(institution=None) | Q(institution__in=institution_ids))


def counts_in_force(
    lists: Iterable[str], institution_ids: Iterable[int] | None, now: datetime
) -> dict[str, int]:
    """Entries in force by list; lists without any are left out. One query, by index."""
    entries = visible_entries(institution_ids).in_force(now).filter(list__in=list(lists))
    rows = entries.order_by().values("list").annotate(count=Count("pk"))
    return dict(rows.values_list("list", "count"))


def with_value(entries: QuerySet[ListEntry], text: str) -> QuerySet[ListEntry]:
    """Entries, ended ones included, whose value is exactly this one, whatever its kind."""
    hashes: set[bytes] = set()
    for kind in KINDS.values():
        try:
            hashes.update(hashes_of(kind, kind.check(text)))
        except InvalidValue:
            continue
    live = Q(value_hash__in=hashes, ended_at=None)
    ended = Q(value_hash__in=hashes, ended_at__isnull=False)  # each has an index of its own
    return entries.filter(live | ended)


def may_edit(user: User, row: List | ListEntry, permission: str) -> bool:
    """Whether the person may change this row, whose institution the person is known to see."""
    if row.institution_id is None and not user.has_perm(SHARE):
        return False
    return user.has_perm(permission)
