"""The people of this room's tests."""

from django.contrib.auth.models import Group

from foundation.models import User
from foundation.roles import RISK_MANAGER, sync_roles


def make_user(name: str = "rita", role: str = RISK_MANAGER) -> User:
    """Rita and Ravi manage risks; whoever has another role is named in the test."""
    sync_roles()
    user = User.objects.create_user(username=name, is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    return user
