"""Client systems that work on cases: each API key acts as a user of its own, who is no person.

So claims, notes and verdicts of a system go through the services that people's go through, with the
same permissions, scope, audit and second person (docs/decisions/015-a-key-works-as-a-user.md).
"""

from typing import Final

from django.contrib.auth.models import Permission
from django.db import transaction

from clients.authentication import Client
from clients.models import ApiKey, Institution
from clients.services import grant_scope
from foundation import audit
from foundation.models import User

PREFIX: Final = "api:"
_ACTOR: Final = "cases"
_MAY: Final = ("view_case", "work_case")


def worker_of(client: Client) -> User:
    """The user that stands for the client's key, made when it first works; two queries after that.

    It has no password and is no staff, so it signs in nowhere. Only for clients with a key.
    """
    key = ApiKey.objects.only("prefix", "name").get(pk=client.key_id)
    name = f"{PREFIX}{key.prefix}"
    found = User.objects.filter(username=name).first()
    return found or _made(name, key, client.institution_id)


@transaction.atomic
def _made(name: str, key: ApiKey, institution_id: int) -> User:
    user, created = User.objects.get_or_create(
        username=name,
        defaults={"is_staff": False, "first_name": key.name[:150], "password": "!"},
    )
    if created:
        rights = Permission.objects.filter(content_type__app_label="cases", codename__in=_MAY)
        user.user_permissions.set(rights)
        audit.record(
            actor=_ACTOR,
            action="user.create",
            subject=f"foundation.user:{user.pk}",
            after={"username": name, "machine": True},
            institution_id=institution_id,
        )
        institution = Institution.objects.get(pk=institution_id)
        grant_scope(user=user, institution=institution, by=_ACTOR)
    return user
