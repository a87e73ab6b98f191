"""The people of these tests, and a ruleset in force."""

from clients.services import grant_scope
from foundation.models import User
from foundation.roles import assign_roles
from rules.models import Publication


def person(name, role, *institutions):
    user = User.objects.create_user(name)
    assign_roles(user=user, roles=[role], by="test")
    for institution in institutions:
        grant_scope(user=user, institution=institution, by="test")
    return User.objects.get(pk=user.pk)


def in_force(number):
    Publication.objects.update_or_create(id=1, defaults={"ruleset_id": number})
