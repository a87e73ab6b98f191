"""Keeps the roles in step with the code after every migrate, and notes when sessions begin."""

from typing import Any

from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.signals import user_logged_in
from django.db.models.signals import post_migrate
from django.dispatch import receiver
from django.http import HttpRequest

from foundation.roles import sync_roles
from foundation.signin import sessions


@receiver(post_migrate, dispatch_uid="foundation.sync_roles")
def sync_roles_after_migrate(sender: Any, using: str, **_: Any) -> None:
    """Runs once, for the last room: permissions are made app by app by the same signal.

    Django's own receiver may come after this one, so the last room's are made here. Rooms without
    models get no signal.
    """
    if sender is not [app for app in apps.get_app_configs() if app.models_module][-1]:
        return
    create_permissions(sender, using=using, verbosity=0)
    sync_roles()


@receiver(user_logged_in, dispatch_uid="foundation.begin_session")
def begin_session(request: HttpRequest, **_: Any) -> None:
    sessions.begin(request.session)
