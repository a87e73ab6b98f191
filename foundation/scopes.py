"""Whose rows a person sees. Clients, who know the institutions, tell how to find out."""

from collections.abc import Callable

from django.db.models import Q

from foundation.models import User

Scope = Callable[[User], list[int] | None]
People = Callable[[int], Q]
_scope: Scope | None = None
_people: People | None = None


def scope_by(scope: Scope, people: People) -> None:
    """Sets who sees which institutions: a list of ids, or None for all; and the other way round,
    the condition on people that they see an institution. Called once, by clients."""
    global _scope, _people
    _scope, _people = scope, people


def visible_institutions(user: User) -> list[int] | None:
    """Ids of the institutions that the person sees, None for all; asked once per user object."""
    if _scope is None:
        return None if user.is_superuser else []
    if not hasattr(user, "_visible_institutions"):
        user._visible_institutions = _scope(user)  # type: ignore[attr-defined]
    found: list[int] | None = user._visible_institutions  # type: ignore[attr-defined]
    return found


def sees_institution(user: User, institution: int | None) -> bool:
    """Whether the person works for the institution; what is of none is everybody's."""
    if institution is None:
        return True
    visible = visible_institutions(user)
    return visible is None or institution in visible


def people_seeing(institution: int | None) -> Q:
    """The condition that people see the institution, for one query over many of them."""
    if institution is None:
        return Q()
    return Q(is_superuser=True) if _people is None else _people(institution)
