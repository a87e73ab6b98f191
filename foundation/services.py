"""Changes to people. Permission and audit live here."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction

from foundation import audit
from foundation.errors import Forbidden
from foundation.models import User
from foundation.permissions import require
from foundation.roles import assign_roles, roles_of

# Recorded with their values; of other fields (names, e-mail) only that they changed.
_RECORDED = ("username", "is_active", "is_staff", "is_superuser", "timezone")
_PERSONAL = ("first_name", "last_name", "email")


def save_user(*, user: User, roles: Iterable[str], by: audit.Actor) -> User:
    """Stores a new or changed person with exactly these roles.

    New people may enter the admin. Only superusers make or change superusers, and nobody changes
    their own roles: otherwise whoever manages users could make themselves anything.
    """
    wanted = sorted(set(roles))
    with transaction.atomic():
        stored = User.objects.select_for_update().filter(pk=user.pk).first()
        require(by, "foundation.change_user" if stored else "foundation.add_user")
        refuse_superusers(by, user, stored)
        if stored is None:
            user.is_staff = True
        user.full_clean(exclude=["password"])
        user.save()
        _record(by, user, stored)
        if wanted != roles_of(user):
            assign_roles(user=user, roles=wanted, by=by)
    return user


def record_password_change(*, user: User, by: User) -> None:
    audit.record(actor=by, action="user.password", subject=f"foundation.user:{user.pk}")


def refuse_superusers(by: audit.Actor, *users: User | None) -> None:
    """Raises Forbidden when somebody else than a superuser would change one."""
    superusers = [user for user in users if user is not None and user.is_superuser]
    if superusers and isinstance(by, User) and not by.is_superuser:
        raise Forbidden("Only superusers manage superusers.", type="superuser")


def _record(by: audit.Actor, user: User, stored: User | None) -> None:
    old = {} if stored is None else _values(stored)
    before, after = audit.changes(old, _values(user))
    personal = [n for n in _PERSONAL if stored and getattr(stored, n) != getattr(user, n)]
    if personal:
        after["changed"] = personal
    if after:
        audit.record(
            actor=by,
            action="user.change" if stored else "user.create",
            subject=f"foundation.user:{user.pk}",
            before=before if stored else None,
            after=after,
        )


def _values(user: User) -> dict[str, Any]:
    return {name: getattr(user, name) for name in _RECORDED}
