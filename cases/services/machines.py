"""Client systems that work on cases: each API key acts as a user of its own, who is no person.

So claims, notes and verdicts of a system go through the services that people's go through, with the
same permissions, scope, audit and second person (docs/decisions/015-a-key-works-as-a-user.md).
"""

from typing import Final

from clients.authentication import Client
from clients.machines import PREFIX, user_of
from foundation.models import User

__all__ = ["PREFIX", "worker_of"]

_RIGHTS: Final = ("cases.view_case", "cases.work_case")


def worker_of(client: Client) -> User:
    """The user that stands for the client's key. Only for clients with a key."""
    return user_of(client, rights=_RIGHTS, by="cases")
