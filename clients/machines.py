"""The users that API keys act as where the trail and the services need somebody: one for each key.

It has no password and is no staff, so it signs in nowhere
(docs/decisions/015-a-key-works-as-a-user.md).
"""

from collections.abc import Collection
from typing import Final

from django.contrib.auth.models import Permission
from django.db import transaction
from django.db.models import Q

from clients.authentication import Client
from clients.models import ApiKey, Institution
from clients.services import grant_scope
from foundation import audit
from foundation.models import User

PREFIX: Final = "api:"


def user_of(client: Client, *, rights: Collection[str], by: str) -> User:
    """The user that stands for the client's key, with these rights ("app.codename") besides those
    that it has; made when it first works. Three queries after that. Only for clients with a key."""
    key = ApiKey.objects.only("prefix", "name").get(pk=client.key_id)
    name = f"{PREFIX}{key.prefix}"
    user = User.objects.filter(username=name).first()
    user = user or _made(name, key, client.institution_id, by)
    if not user.has_perms(rights):
        user = _allowed(user, rights)
    return user


def _allowed(user: User, rights: Collection[str]) -> User:
    wanted = Q()
    for right in rights:
        app, _, codename = right.partition(".")
        wanted |= Q(content_type__app_label=app, codename=codename)
    user.user_permissions.add(*Permission.objects.filter(wanted))
    return User.objects.get(pk=user.pk)  # without the rights that it remembers


@transaction.atomic
def _made(name: str, key: ApiKey, institution_id: int, by: str) -> User:
    user, created = User.objects.get_or_create(
        username=name,
        defaults={"is_staff": False, "first_name": key.name[:150], "password": "!"},
    )
    if created:
        audit.record(
            actor=by,
            action="user.create",
            subject=f"foundation.user:{user.pk}",
            after={"username": name, "machine": True},
            institution_id=institution_id,
        )
        grant_scope(user=user, institution=Institution.objects.get(pk=institution_id), by=by)
    return user
