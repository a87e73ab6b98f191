"""The cast of this room's tests, and registries that last one test."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from foundation import approvals
from foundation.models import User
from foundation.outbox import events
from foundation.roles import assign_roles


def make_user(username: str, *roles: str, **fields: object) -> User:
    user = User.objects.create_user(username, is_staff=True, **fields)
    return assign_roles(user=user, roles=roles, by="tests")


def allow(user: User, *names: str) -> User:
    """Gives permissions by "app.codename"; the fresh object has no cached permissions."""
    for name in names:
        label, codename = name.split(".")
        user.user_permissions.add(
            Permission.objects.get(content_type__app_label=label, codename=codename)
        )
    return User.objects.get(pk=user.pk)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def ada(db: None) -> User:
    """Proposes things; may not vote."""
    return make_user("ada")


@pytest.fixture
def bola(db: None) -> User:
    """May vote on requests that concern anything voted on with foundation.view_user."""
    return allow(
        make_user("bola"),
        "foundation.view_approvalrequest",
        "foundation.vote_approvalrequest",
        "foundation.view_user",
    )


@pytest.fixture
def chidi(db: None) -> User:
    """As bola."""
    return allow(
        make_user("chidi"),
        "foundation.view_approvalrequest",
        "foundation.vote_approvalrequest",
        "foundation.view_user",
    )


@pytest.fixture
def own_events(monkeypatch: pytest.MonkeyPatch) -> events.Registry:
    """An empty registry of event types and subscribers, in place of the application's."""
    registry = events.Registry()
    for module in ("events", "drain", "upkeep"):
        monkeypatch.setattr(f"foundation.outbox.{module}.registry", registry)
    return registry


@pytest.fixture
def own_kinds(monkeypatch: pytest.MonkeyPatch) -> dict[str, approvals.Kind]:
    kinds: dict[str, approvals.Kind] = {}
    monkeypatch.setattr(approvals, "_kinds", kinds)
    return kinds
