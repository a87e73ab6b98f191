"""Changes to lists. Permission, scope and audit live here, for the admin, commands and other rooms.

Nothing here needs a rule to be published: the next decision looks up what is in force.
"""

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone as clock

from clients.models import Institution
from clients.queries import visible_institution_ids
from foundation import audit
from foundation.errors import Conflict, Forbidden
from foundation.models import User
from foundation.permissions import require
from intelligence.kinds import KINDS, hashes_of
from intelligence.lists.builtin import SHIPPED_FACTS
from intelligence.lists.checking import Draft, make_entry
from intelligence.lists.names import forget_names
from intelligence.lists.queries import SHARE
from intelligence.lists.sealing import masked_value, open_value
from intelligence.models import List, ListEntry

_EDITABLE = (*SHIPPED_FACTS, "default_effect")


@transaction.atomic
def add_entry(
    *, by: audit.Actor, to: List, draft: Draft, permission: str = "intelligence.add_listentry"
) -> ListEntry:
    """Puts a value on a list; the next decision sees it.

    Without an institution it holds for all of them. Rooms above name another `permission` where
    they themselves narrow what is listed. Raises InvalidEntry, Forbidden, and Conflict
    when the value is on the list already for the same institution.
    """
    require(by, permission)
    require_scope(by, draft.institution)
    now = clock.now()
    entry = make_entry(to, draft, by=audit.actor_name(by), now=now)
    _make_room(entry, now)
    try:
        with transaction.atomic():
            entry.save()
    except IntegrityError as error:  # somebody else added it meanwhile
        raise Conflict(_on_it_already(to)) from error
    after = {**entry.as_recorded(), "value": masked_value(entry)}
    _record(by, "list.add_entry", entry, after=after, reason=entry.reason)
    return entry


@transaction.atomic
def end_entry(*, by: audit.Actor, entry: ListEntry, reason: str) -> ListEntry:
    """Takes a value off its list; the entry stays as history. Conflict when it has ended."""
    require(by, "intelligence.change_listentry")
    require_scope(by, entry.institution)
    locked = ListEntry.objects.select_for_update().get(pk=entry.pk)
    now = clock.now()
    if locked.ended_at is not None:
        raise Conflict("This entry has ended already.")
    before = {"state": locked.state(now)}
    locked.ended_at, locked.ended_by, locked.end_reason = now, audit.actor_name(by), reason[:500]
    locked.save(update_fields=["ended_at", "ended_by", "end_reason"])
    after = {"state": "ended", "list": locked.list_id, "value": masked_value(locked)}
    _record(by, "list.end_entry", locked, before=before, after=after, reason=reason)
    return locked


@transaction.atomic
def create_list(*, by: audit.Actor, new: List, reason: str = "") -> List:
    """Stores a new list, which rules may name at once. Raises ValidationError."""
    require(by, "intelligence.add_list")
    require_scope(by, new.institution)
    new.full_clean()
    new.save(force_insert=True)
    _record(by, "list.create", new, after=_list_facts(new), reason=reason)
    transaction.on_commit(forget_names)
    return new


@transaction.atomic
def change_list(*, by: audit.Actor, changed: List, reason: str = "", **fields: Any) -> List:
    """Changes title, description, kinds or default effect; entries keep theirs.

    Of a built-in list only the default effect can be changed: the rest comes with the product.
    """
    require(by, "intelligence.change_list")
    require_scope(by, changed.institution)
    if unknown := fields.keys() - set(_EDITABLE):
        raise ValueError(f"Not changeable: {sorted(unknown)}")
    locked = List.objects.select_for_update().get(pk=changed.pk)
    if locked.is_builtin and not fields.keys().isdisjoint(SHIPPED_FACTS):
        raise Conflict("Of a list that comes with the product, only the effect can be changed.")
    old = _list_facts(locked)
    for name, value in fields.items():
        setattr(locked, name, value)
    locked.full_clean()
    _refuse_to_orphan(locked, old["kinds"])
    locked.save(update_fields=list(fields))
    before, after = audit.changes(old, _list_facts(locked))
    if after:
        _record(by, "list.change", locked, before=before, after=after, reason=reason)
    return locked


def require_scope(by: audit.Actor, institution: Institution | None) -> None:
    """Forbidden unless the person may edit what holds for this institution, or for all."""
    if not isinstance(by, User):
        return
    if institution is None:
        require(by, SHARE)
        return
    visible = visible_institution_ids(by)
    if visible is not None and institution.pk not in visible:
        raise Forbidden("You do not work for this institution.", type="institution-scope")


def end_expired(to: List, institution: Institution | None, now: datetime, **more: Any) -> int:
    """Marks entries as ended whose time is over, so that their value can be listed again."""
    rows = ListEntry.objects.expired(now).filter(list=to, institution=institution, **more)
    return rows.update(ended_at=F("expires_at"), ended_by="system", end_reason="expired")


def _make_room(entry: ListEntry, now: datetime) -> None:
    """Ends an expired entry of the same value; Conflict when one is in force."""
    hashes = hashes_of(KINDS[entry.kind], open_value(entry))
    end_expired(entry.list, entry.institution, now, value_hash__in=hashes)
    same = ListEntry.objects.filter(
        list=entry.list, institution=entry.institution, value_hash__in=hashes, ended_at=None
    )
    if same.exists():
        raise Conflict(_on_it_already(entry.list))


def _on_it_already(to: List) -> str:
    return f"The value is on the list {to.title} already. End that entry first to change it."


def _refuse_to_orphan(changed: List, kinds_before: list[str]) -> None:
    dropped = set(kinds_before) - set(changed.kinds)
    used = changed.entries.filter(ended_at=None, kind__in=dropped).values_list("kind", flat=True)
    if left := sorted(set(used.distinct())):
        names = ", ".join(KINDS[code].plural for code in left)
        raise ValidationError({"kinds": f"There are entries in force that are {names}."})


def _list_facts(row: List) -> dict[str, Any]:
    facts = {name: getattr(row, name) for name in _EDITABLE}
    return {**facts, "kinds": list(row.kinds), "institution": row.institution_id}


def _record(by: audit.Actor, action: str, row: List | ListEntry, **more: Any) -> None:
    audit.record(
        actor=by,
        action=action,
        subject=f"{row._meta.label_lower}:{row.pk}",
        institution_id=row.institution_id,
        **more,
    )
