"""The Clients section, seen by people who may and people who may not."""

import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone as clock

from clients.authentication import authenticate
from clients.models import ApiKey, Institution, StaffScope, Tier
from clients.services import issue_api_key
from clients.tests.conftest import make_user
from foundation.models import AuditEntry, User

pytestmark = pytest.mark.django_db

MODELS = ("institution", "apikey", "tier", "staffscope")


def address(model: str, page: str = "changelist", *args: object) -> str:
    return reverse(f"admin:clients_{model}_{page}", args=args)


ISSUE = "/admin/clients/apikey/issue/"


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.parametrize("model", MODELS)
def test_lists_are_for_those_who_may(model, analyst, issued, boss):
    assert Client().get(address(model)).status_code == 302
    assert signed_in(analyst).get(address(model)).status_code == 403
    assert signed_in(make_user("auditor", "auditor")).get(address(model)).status_code == 200
    assert signed_in(boss).get(address(model)).status_code == 200


@pytest.mark.parametrize("count", [1, 20])
def test_lists_take_a_constant_number_of_queries(count, bank, boss, django_assert_max_num_queries):
    for number in range(count):
        issue_api_key(institution=bank, name=f"key {number}", by=boss)
        StaffScope.objects.create(user=make_user(f"user{number}"), institution=bank)
    client = signed_in(make_user("auditor", "auditor"))
    for model in MODELS:
        with django_assert_max_num_queries(9):
            assert client.get(address(model)).status_code == 200


# -- keys -----------------------------------------------------------------------------------------


def issue(client: Client, bank: Institution, **fields: object):
    data = {"institution": bank.pk, "name": "core", "scopes": ["score"], **fields}
    return client.post(ISSUE, data)


def test_a_key_is_shown_once_on_the_answer_and_nowhere_else(bank, boss):
    client = signed_in(boss)
    assert "shown once" in client.get(ISSUE).content.decode()
    response = issue(client, bank)
    text = re.search(r"data-api-key>(fs_[^<]+)<", response.content.decode())[1]
    assert "no-store" in response["Cache-Control"]
    assert authenticate(text).institution_slug == "bank"
    key = ApiKey.objects.get()
    assert (key.scopes, key.created_by, key.tier.name) == (["score"], boss, "standard")
    secret = text.split("_", 2)[2]
    assert secret not in repr(dict(client.session))
    assert secret not in str(client.cookies)
    for page in (address("apikey"), address("apikey", "change", key.pk), ISSUE):
        assert secret not in client.get(page).content.decode()


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"name": ""}, "This field is required"),
        ({"scopes": ["fly"]}, "Select a valid choice"),
        ({"scopes": []}, "This field is required"),
        ({"institution": 10**9}, "Select a valid choice"),
        ({"expires_at": "2020-01-01"}, "lies in the past"),
        ({"expires_at": "soon"}, "Enter a valid date"),
        ({"name": "x" * 81}, "at most 80 characters"),
        ({"name": "nul\0"}, "Null characters are not allowed"),
    ],
)
def test_a_wrong_form_is_shown_again_with_its_error(bank, boss, fields, sentence):
    response = issue(signed_in(boss), bank, **fields)
    assert (response.status_code, sentence in response.content.decode()) == (200, True)
    assert not ApiKey.objects.exists()


def test_no_key_is_issued_for_an_inactive_institution(bank, boss):
    bank.is_active = False
    bank.save()
    assert "Select a valid choice" in issue(signed_in(boss), bank).content.decode()


@pytest.mark.parametrize("role", ["analyst", "risk_manager", "auditor"])
def test_only_administrators_issue_and_revoke(bank, issued, role):
    client = signed_in(make_user("somebody", role))
    assert client.get(ISSUE).status_code == 403
    assert issue(client, bank).status_code == 403
    url = address("apikey", "revoke", issued.key.pk)
    assert client.post(url, {"reason": "x"}).status_code == 403
    assert ApiKey.objects.filter(revoked_at=None).count() == 1


def test_a_key_is_revoked_after_a_confirmation_with_a_reason(issued, boss):
    client = signed_in(boss)
    url = address("apikey", "revoke", issued.key.pk)
    assert "cannot be undone" in client.get(url).content.decode()
    assert client.post(url, {"reason": ""}).status_code == 200
    assert ApiKey.objects.get().revoked_at is None
    assert client.post(url, {"reason": "leaked"}).status_code == 302
    assert ApiKey.objects.get().revoked_at is not None
    assert AuditEntry.objects.get(action="apikey.revoke").reason == "leaked"
    assert client.get(url).status_code == 403  # no second time
    text = client.get(address("apikey", "change", issued.key.pk)).content.decode()
    assert "revoked" in text
    assert f"{issued.key.pk}/revoke/" not in text


def test_keys_are_never_edited_or_deleted(issued):
    client = signed_in(User.objects.create_superuser("root"))
    assert client.get(address("apikey", "add")).status_code == 403
    assert client.post(address("apikey", "delete", issued.key.pk)).status_code == 403
    client.post(address("apikey", "change", issued.key.pk), {"name": "other"})
    assert ApiKey.objects.get().name == "core banking"


def test_a_key_shows_its_state(issued, boss):
    ApiKey.objects.update(expires_at=clock.now())
    assert "expired" in signed_in(boss).get(address("apikey")).content.decode()


# -- institutions, tiers, staff -------------------------------------------------------------------


def test_an_institution_is_added_and_changed_through_the_services(boss):
    client = signed_in(boss)
    data = {"name": "Bank", "slug": "bank", "base_currency": "NGN"}
    assert client.post(address("institution", "add"), data).status_code == 302
    bank = Institution.objects.get()
    assert bank.is_active
    data = {"name": "Bank plc", "base_currency": "USD", "slug": "other"}
    assert client.post(address("institution", "change", bank.pk), data).status_code == 302
    bank.refresh_from_db()
    assert (bank.name, bank.slug, bank.is_active) == ("Bank plc", "bank", False)
    entry = AuditEntry.objects.get(action="institution.change")
    assert entry.after == {"name": "Bank plc", "base_currency": "USD", "is_active": False}


def test_a_wrong_currency_is_named_in_the_form(boss):
    data = {"name": "Bank", "slug": "bank", "base_currency": "XXX"}
    response = signed_in(boss).post(address("institution", "add"), data)
    assert "is no currency code" in response.content.decode()
    assert not Institution.objects.exists()


def test_institutions_are_not_deleted(bank):
    root = signed_in(User.objects.create_superuser("root"))
    assert root.post(address("institution", "delete", bank.pk), {"post": "yes"}).status_code == 403


def test_scoped_staff_see_their_own_institution_only(bank, neighbour, analyst):
    from foundation.tests.conftest import allow

    allow(analyst, "clients.view_institution", "clients.view_apikey")
    issue_api_key(institution=neighbour, name="the neighbour's", by="tests")
    client = signed_in(analyst)
    text = client.get(address("institution")).content.decode()
    assert "bank" in text
    assert "Neighbour" not in text
    assert "Neighbour" not in client.get(address("apikey")).content.decode()
    other = ApiKey.objects.get(institution=neighbour)
    assert client.get(address("apikey", "change", other.pk)).status_code == 302  # as if absent
    assert client.get(address("apikey"), {"institution": neighbour.pk}).status_code == 200


def test_tiers_and_scopes_are_kept_through_the_services(bank, analyst, neighbour, boss):
    client = signed_in(boss)
    data = {"name": "fast", "requests_per_minute": 100}
    assert client.post(address("tier", "add"), data).status_code == 302
    assert Tier.objects.filter(name="fast").exists()
    data = {"name": "none", "requests_per_minute": 0}
    assert client.post(address("tier", "add"), data).status_code == 200
    data = {"user": analyst.pk, "institution": neighbour.pk}
    assert client.post(address("staffscope", "add"), data).status_code == 302
    scope = StaffScope.objects.get(institution=neighbour)
    assert (
        client.post(address("staffscope", "delete", scope.pk), {"post": "yes"}).status_code == 302
    )
    ids = {"action": "delete_selected", "post": "yes"}
    left = StaffScope.objects.get()
    client.post(address("staffscope"), {**ids, "_selected_action": [left.pk]})
    assert not StaffScope.objects.exists()
    actions = AuditEntry.objects.filter(actor=boss).order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["tier.create", "staff.grant", "staff.withdraw", "staff.withdraw"]


def test_the_same_scope_twice_is_refused_by_the_form(bank, analyst, boss):
    data = {"user": analyst.pk, "institution": bank.pk}
    response = signed_in(boss).post(address("staffscope", "add"), data)
    assert (response.status_code, StaffScope.objects.count()) == (200, 1)
