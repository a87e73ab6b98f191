"""Asking for a permission in a service."""

from foundation.errors import Forbidden
from foundation.models import User


def require(actor: User | str | None, permission: str) -> None:
    """Raises Forbidden unless the person has the permission ("rules.publish_ruleset").

    A part of the system, named by a string or None, may do everything: it acts on a command that
    was itself allowed.
    """
    if isinstance(actor, User) and not actor.has_perm(permission):
        raise Forbidden(
            f"{actor.get_username()} lacks the permission {permission}.", type="permission-missing"
        )
