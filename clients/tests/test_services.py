from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone as clock

from clients import checks, services
from clients.models import ApiKey, Institution, StaffScope, Tier
from clients.queries import user_institutions, visible_institution_ids
from clients.tests.conftest import make_user
from foundation.errors import Conflict, Forbidden
from foundation.models import AuditEntry
from foundation.tests.threads import at_once

pytestmark = pytest.mark.django_db


def actions() -> list[str]:
    entries = AuditEntry.objects.exclude(action="user.roles").order_by("pk")
    return list(entries.values_list("action", flat=True))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("slug", "has space"),
        ("slug", ""),
        ("base_currency", "XXX"),
        ("base_currency", "ngn"),
        ("base_currency", "NAIRA"),
    ],
)
def test_a_wrong_institution_is_refused_with_the_field_named(field, value):
    values = {"name": "Bank", "slug": "bank", "base_currency": "NGN", field: value}
    with pytest.raises(ValidationError) as caught:
        services.create_institution(**values, by="tests")
    assert field in caught.value.message_dict
    assert not Institution.objects.exists()


def test_two_institutions_never_share_a_slug(bank):
    with pytest.raises(ValidationError, match="already exists"):
        services.create_institution(name="Other", slug="bank", by="tests")


def test_changes_of_an_institution_are_audited_with_both_values(bank, boss):
    services.change_institution(institution=bank, name="Bank plc", by=boss, reason="renamed")
    entry = AuditEntry.objects.get(action="institution.change")
    assert (entry.before, entry.after) == ({"name": "Bank"}, {"name": "Bank plc"})
    assert (entry.actor, entry.reason, entry.institution_id) == (boss, "renamed", bank.pk)


def test_a_change_of_nothing_leaves_no_entry(bank):
    services.change_institution(institution=bank, name="Bank", by="tests")
    assert "institution.change" not in actions()


def test_only_names_currency_and_activity_change(bank):
    with pytest.raises(ValueError, match="slug"):
        services.change_institution(institution=bank, slug="other", by="tests")


def test_a_key_is_stored_as_a_hash_and_shown_once(bank, boss):
    key, text = services.issue_api_key(institution=bank, name="core", by=boss)
    stored = ApiKey.objects.values().get(pk=key.pk)
    secret = text.split("_", 2)[2]
    assert text.startswith(f"fs_{key.prefix}_")
    assert len(bytes(stored["secret_hash"])) == 32
    assert secret not in repr({**stored, "secret_hash": bytes(stored["secret_hash"])})
    entry = AuditEntry.objects.get(action="apikey.issue")
    assert entry.after["prefix"] == key.prefix
    assert secret not in repr((entry.after, entry.subject, entry.reason))
    assert (key.created_by, key.tier.name) == (boss, "standard")


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": ""}, "name"),
        ({"scopes": ["fly"]}, "scopes"),
        ({"scopes": []}, "scopes"),
        ({"expires_at": clock.now() - timedelta(days=1)}, "expires_at"),
    ],
)
def test_a_wrong_key_is_refused_with_the_field_named(bank, values, field):
    with pytest.raises(ValidationError) as caught:
        services.issue_api_key(**{"institution": bank, "name": "x", "by": "tests", **values})
    assert field in caught.value.message_dict


def test_a_key_is_revoked_once_and_with_a_reason(issued):
    with pytest.raises(ValidationError, match="Say why"):
        services.revoke_api_key(key=issued.key, by="tests", reason=" ")
    services.revoke_api_key(key=issued.key, by="tests", reason="leaked")
    with pytest.raises(Conflict, match="already"):
        services.revoke_api_key(key=issued.key, by="tests", reason="again")
    assert actions()[-1] == "apikey.revoke"


@pytest.mark.parametrize("role", ["analyst", "supervisor", "risk_manager", "auditor"])
def test_only_administrators_manage_clients(bank, issued, role):
    user = make_user("somebody", role)
    tier = Tier(name="fast", requests_per_minute=1)
    refused = [
        lambda: services.create_institution(name="x", slug="x", by=user),
        lambda: services.change_institution(institution=bank, name="x", by=user),
        lambda: services.issue_api_key(institution=bank, name="x", by=user),
        lambda: services.revoke_api_key(key=issued.key, by=user, reason="x"),
        lambda: services.save_tier(tier=tier, by=user),
        lambda: services.grant_scope(user=user, institution=bank, by=user),
    ]
    for service in refused:
        with pytest.raises(Forbidden):
            service()


def test_tiers_are_positive_and_audited(boss):
    tier = services.save_tier(tier=Tier(name="fast", requests_per_minute=100), by=boss)
    tier.requests_per_minute = 200
    services.save_tier(tier=tier, by=boss)
    assert actions() == ["tier.create", "tier.change"]
    with pytest.raises(ValidationError):
        services.save_tier(tier=Tier(name="none", requests_per_minute=0), by=boss)
    with pytest.raises(IntegrityError), transaction.atomic():
        Tier.objects.create(name="none", requests_per_minute=0)


def test_staff_see_the_institutions_that_they_work_for(bank, neighbour, analyst, boss):
    assert list(user_institutions(analyst)) == [bank]
    assert visible_institution_ids(analyst) == [bank.pk]
    assert set(user_institutions(boss)) == {bank, neighbour}
    assert visible_institution_ids(boss) is None
    assert visible_institution_ids(make_user("auditor", "auditor")) is None
    assert visible_institution_ids(make_user("new", "analyst")) == []


def test_scopes_are_granted_and_withdrawn_with_an_entry(bank, analyst, boss):
    services.grant_scope(user=analyst, institution=bank, by=boss)  # again: no second row or entry
    services.withdraw_scope(scope=StaffScope.objects.get(user=analyst), by=boss)
    assert list(user_institutions(analyst)) == []
    assert [a for a in actions() if a.startswith("staff")] == ["staff.grant", "staff.withdraw"]


def test_institutions_of_the_demo_are_refused_outside_of_it(settings):
    services.create_institution(name="Demo", slug="demo", is_demo=True, by="tests")
    settings.DEMO = False
    (error,) = checks.check_no_demo_institutions(databases=["default"])
    assert (error.id, "demo" in error.msg) == ("fraudshield.E008", True)
    settings.DEMO = True
    assert checks.check_no_demo_institutions(databases=["default"]) == []


@pytest.mark.django_db(transaction=True)
def test_two_people_revoking_at_once_leave_one_entry(issued):
    results = at_once(
        *[lambda: services.revoke_api_key(key=issued.key, by="tests", reason="leaked")] * 3
    )
    assert sum(isinstance(result, Conflict) for result in results) == 2
    assert actions().count("apikey.revoke") == 1
