"""Blocking or allowing what took part in a case's transactions, by putting it on a list."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone as clock

from cases.models import Alert, Case, CaseEntry
from cases.services.changing import change, locked
from cases.services.working import WORK, demand_own
from foundation.errors import BadRequest, FieldError, NotFound
from foundation.ids import uuid_of
from foundation.models import User
from foundation.permissions import require
from intelligence.kinds import Kind, hashes_of, kind_of
from intelligence.lists.checking import Draft
from intelligence.lists.sealing import masked_value
from intelligence.lists.services import add_entry
from intelligence.models import List, ListEntry
from transactions.models import Transaction
from transactions.presenting import mask, readable_request

ADD: Final = "intelligence.add_listentry"
FOR_A_WHILE: Final = "cases.list_identifier"
"""Who edits lists lists identifiers of cases for good, too; others need this, and name an end."""

TRANSACTIONS_LOOKED_AT: Final = 20
ENTRIES_SHOWN: Final = 50


@dataclass(frozen=True, slots=True)
class Identifier:
    """Something that took part in a transaction of the case. Holds no value, only where it is."""

    transaction: UUID
    feature: str
    kind: Kind
    masked: str

    @property
    def key(self) -> str:
        """Names it in a form without telling it."""
        return f"{self.transaction}/{self.feature}"

    @property
    def label(self) -> str:
        return f"{self.kind.title}: {self.masked}"


def identifiers_of(case: Case) -> list[Identifier]:
    """What took part in the strongest alerts' transactions, each value once. One query."""
    found: dict[tuple[str, str], Identifier] = {}
    for row in _transactions(case):
        for feature, value in _values(row).items():
            kind = kind_of(feature)
            if kind is not None and (kind.code, value) not in found:
                shown = mask(feature, value)
                found[kind.code, value] = Identifier(row.pk, feature, kind, shown)
    return sorted(found.values(), key=lambda one: (one.kind.title, one.masked))


def entries_naming(case: Case) -> list[ListEntry]:
    """Entries in force now, shared or the institution's, that name an identifier of the strongest
    alerts' transactions. Two queries."""
    hashes: set[bytes] = set()
    for row in _transactions(case):
        for feature, value in _values(row).items():
            kind = kind_of(feature)
            if kind is not None:
                hashes.update(hashes_of(kind, value))
    mine = Q(institution=None) | Q(institution=case.institution_id)
    entries = ListEntry.objects.in_force(clock.now()).filter(mine, value_hash__in=hashes)
    return list(entries.select_related("list").order_by("-effect", "-pk")[:ENTRIES_SHOWN])


def _transactions(case: Case) -> list[Transaction]:
    alerts = Alert.objects.filter(case=case).order_by("-score", "-pk")
    rows = alerts.values("transaction")[:TRANSACTIONS_LOOKED_AT]
    return list(Transaction.objects.filter(pk__in=rows).order_by("-pk"))


def lists_for(case: Case) -> list[List]:
    """Shared lists and those of the case's institution, for what a transaction can hold."""
    mine = Q(institution=None) | Q(institution=case.institution_id)
    return list(List.objects.filter(mine).order_by("-default_effect", "name"))


def may_list(user: User) -> bool:
    return user.has_perm(ADD) or user.has_perm(FOR_A_WHILE)


def longest_listing(user: User) -> timedelta | None:
    """How far ahead an entry of this person must end; None: it need not."""
    return None if user.has_perm(ADD) else timedelta(days=settings.ANALYST_LISTING_DAYS)


@transaction.atomic
def list_identifier(
    *,
    case_id: int,
    key: str,
    on: List,
    reason: str,
    by: User,
    expires_at: datetime | None = None,
    version: int | None = None,
) -> ListEntry:
    """Puts an identifier of the case on a list, for the case's institution; the next decision
    sees it. `key` is an `Identifier.key`. Who does not edit lists otherwise names an end, within
    `longest_listing`.

    Raises NotFound for what is not of the case, InvalidEntry for a list that does not hold such
    values, BadRequest for an end that is missing or too late, Conflict when it is on the list
    already or the case changed.
    """
    require(by, WORK)
    permission = ADD if by.has_perm(ADD) else FOR_A_WHILE
    require(by, permission)
    _check_end(expires_at, by)
    case = locked(case_id, by=by, version=version)
    demand_own(case, by)
    if on.institution_id not in {None, case.institution_id}:
        raise NotFound("There is no such list for this case.")
    feature, kind, value = _named(case, key)
    draft = Draft(
        value=value,
        kind=kind.code,
        institution=case.institution,
        reason=reason,
        expires_at=expires_at,
        source=f"case {case.pk}",
    )
    entry = add_entry(by=by, to=on, draft=draft, permission=permission)
    change(
        case,
        kind=CaseEntry.Kind.LISTED,
        by=by,
        text=reason,
        facts={
            "feature": feature,
            "kind": kind.code,
            "value": masked_value(entry),
            "list": on.name,
            "title": on.title,
            "effect": entry.effect,
            "entry": entry.pk,
            "until": expires_at.isoformat() if expires_at else None,
        },
    )
    return entry


def _check_end(expires_at: datetime | None, by: User) -> None:
    longest = longest_listing(by)
    if longest is None or (expires_at is not None and expires_at <= clock.now() + longest):
        return
    message = f"must end within {longest.days} days; supervisors list for longer"
    raise BadRequest(f"The entry {message}.", errors=[FieldError("days", message, "range")])


def _named(case: Case, key: str) -> tuple[str, Kind, str]:
    number, _, feature = key.partition("/")
    pk = uuid_of(number)
    row = Transaction.objects.filter(pk=pk, alert__case=case).first() if pk else None
    value = _values(row).get(feature) if row is not None else None
    kind = kind_of(feature) if value is not None else None
    if value is None or kind is None:
        raise NotFound("The case's transactions hold no such identifier.")
    return feature, kind, value


def _values(row: Transaction) -> dict[str, str]:
    """Identifiers by feature. Personal data."""
    request: dict[str, Any] = readable_request(row)
    given = {"user_id": request.get("user_id"), **request.get("identifiers", {})}
    return {name: str(value) for name, value in given.items() if value not in (None, "")}
