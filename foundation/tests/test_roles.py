import io

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import CommandError, call_command

from foundation.errors import Forbidden
from foundation.models import AuditEntry, User
from foundation.roles import ROLES, assign_roles, is_administrator, role_drift, roles_of, sync_roles
from foundation.services import save_user
from foundation.tests.conftest import allow, make_user

pytestmark = pytest.mark.django_db

CHANGING = ("add_", "change_", "delete_", "publish_", "approve_", "manage_", "vote_", "redrive_")


def test_the_five_roles_are_there_after_migrate():
    assert set(Group.objects.values_list("name", flat=True)) >= set(ROLES)
    assert role_drift() == {}


def test_an_auditor_reads_and_changes_nothing():
    codenames = [name.split(".")[1] for name in ROLES["auditor"]]
    assert not [name for name in codenames if name.startswith((*CHANGING, "reveal_"))]
    assert {"view_auditentry", "view_apikey", "view_decision", "view_rule"} <= set(codenames)


def test_an_administrator_manages_people_and_keys_but_publishes_no_rules():
    names = set(ROLES["administrator"])
    assert {"clients.manage_apikey", "foundation.change_user"} <= names
    assert not names & {"rules.publish_ruleset", "rules.approve_ruleset", "rules.change_rule"}


@pytest.mark.parametrize("role", ["analyst", "supervisor", "auditor", "administrator"])
def test_only_risk_managers_change_rules(role):
    changing = ("rules.add_", "rules.change_", "rules.publish_", "studio.publish_")
    assert not {name for name in ROLES[role] if name.startswith(changing)}


def test_a_supervisor_approves_what_risk_managers_propose():
    assert {"rules.approve_ruleset", "rules.approve_switch"} <= set(ROLES["supervisor"])
    for role in ("analyst", "auditor", "administrator"):
        assert not {name for name in ROLES[role] if ".approve_" in name or ".throw_" in name}


def test_permissions_of_absent_rooms_are_left_out_and_listed(monkeypatch):
    monkeypatch.setitem(ROLES, "analyst", ["moon.fly_rocket", "foundation.view_user"])
    sync_roles()
    group = Group.objects.get(name="analyst")
    assert list(group.permissions.values_list("codename", flat=True)) == ["view_user"]
    out = io.StringIO()
    call_command("sync_roles", "--check", stdout=out)
    assert "not there (yet): moon.fly_rocket" in out.getvalue()


def test_the_check_finds_what_somebody_changed_by_hand():
    auditor = Group.objects.get(name="auditor")
    auditor.permissions.add(Permission.objects.get(codename="add_user"))
    with pytest.raises(CommandError, match="differ"):
        call_command("sync_roles", "--check", stderr=io.StringIO(), stdout=io.StringIO())
    call_command("sync_roles", stdout=io.StringIO())
    assert role_drift() == {}


def test_giving_roles_is_audited_and_leaves_other_groups_alone():
    user = make_user("dayo")
    user.groups.add(Group.objects.create(name="choir"))
    assign_roles(user=user, roles=["analyst", "auditor"], by="tests", reason="joined")
    assign_roles(user=user, roles=["analyst", "auditor"], by="tests")
    assert roles_of(user) == ["analyst", "auditor"]
    assert user.groups.filter(name="choir").exists()
    entry = AuditEntry.objects.get(action="user.roles")
    assert (entry.before, entry.after) == (
        {"roles": []},
        {"roles": ["analyst", "auditor"]},
    )


def test_nobody_makes_themselves_anything():
    boss = make_user("boss", "administrator")
    with pytest.raises(Forbidden, match="their own roles"):
        assign_roles(user=boss, roles=["administrator", "risk_manager"], by=boss)
    with pytest.raises(Forbidden, match="change_user"):
        assign_roles(user=boss, roles=[], by=make_user("analyst", "analyst"))
    with pytest.raises(ValueError, match="Unknown roles"):
        assign_roles(user=boss, roles=["king"], by="tests")


def test_administrators_are_known():
    assert is_administrator(make_user("boss", "administrator"))
    assert is_administrator(User.objects.create_superuser("root"))
    assert not is_administrator(make_user("dayo", "auditor"))


def test_a_person_is_saved_with_roles_and_an_entry_without_personal_data():
    boss = make_user("boss", "administrator")
    user = save_user(user=User(username="eno", email="eno@example.com"), roles=["analyst"], by=boss)
    assert user.is_staff
    user.email, user.timezone = "eno2@example.com", "Africa/Lagos"
    save_user(user=user, roles=["analyst"], by=boss)
    entry = AuditEntry.objects.get(action="user.change")
    assert entry.before == {"timezone": "UTC"}
    assert entry.after == {"timezone": "Africa/Lagos", "changed": ["email"]}


def test_only_superusers_manage_superusers():
    boss, root = make_user("boss", "administrator"), User.objects.create_superuser("root")
    with pytest.raises(Forbidden, match="superusers"):
        save_user(user=root, roles=[], by=boss)
    user = make_user("dayo")
    user.is_superuser = True
    with pytest.raises(Forbidden, match="superusers"):
        save_user(user=user, roles=[], by=boss)
    with pytest.raises(Forbidden):
        save_user(user=User(username="x"), roles=[], by=allow(user, "foundation.change_user"))
