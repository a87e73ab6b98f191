"""Accounts in the admin, for people who may and people who may not."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from clients.accounts.models import AccountSession, ClientAccount
from clients.accounts.tests.conftest import EMAIL, login, register
from clients.accounts.tiers import subscription_tier
from clients.services import grant_scope
from clients.tests.conftest import make_user
from foundation.models import AuditEntry, User

pytestmark = pytest.mark.django_db

LIST = "/admin/clients/clientaccount/"
ACTIONS = ("change-tier", "revoke-tokens", "close", "reopen")


def page(account: ClientAccount) -> str:
    return reverse("admin:clients_clientaccount_change", args=[account.pk])


def button(account: ClientAccount, name: str) -> str:
    return f"/admin/clients/clientaccount/{account.pk}/{name}/"


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def boss(db) -> Client:
    return signed_in(make_user("boss", "administrator"))


def test_accounts_are_for_those_who_may(ada, boss):
    assert Client().get(LIST).status_code == 302
    assert signed_in(make_user("analyst", "analyst")).get(LIST).status_code == 403
    for client in (boss, signed_in(make_user("auditor", "auditor"))):
        assert client.get(LIST).status_code == 200
        assert client.get(page(ada.account)).status_code == 200


def test_nobody_sees_the_address_in_full(ada, boss):
    for address in (LIST, page(ada.account)):
        content = boss.get(address).content.decode()
        assert "a••••@example.com" in content
        assert EMAIL not in content


def test_a_person_with_a_scope_sees_that_account_only(ada):
    register("grace@example.com", name="Grace")
    user = make_user("scoped")
    user.user_permissions.add(Permission.objects.get(codename="view_clientaccount"))
    grant_scope(user=user, institution=ada.account.institution, by="tests")
    content = signed_in(user).get(LIST).content.decode()
    assert "Ada&#x27;s Wallet" in content
    assert "Grace" not in content


@pytest.mark.parametrize("term", ["Ada@Example.com", " ada@example.com "])
def test_an_account_is_found_by_its_exact_address(ada, boss, term):
    other = register("grace@example.com")
    content = boss.get(LIST, {"q": term}).content.decode()
    assert ada.account.client_id in content
    assert other.account.client_id not in content


@pytest.mark.parametrize("term", ["ada@", "example.com", "%", "\\"])
def test_no_part_of_an_address_finds_it(ada, boss, term):
    assert ada.account.client_id not in boss.get(LIST, {"q": term}).content.decode()


@pytest.mark.parametrize("count", [1, 15])
def test_the_list_takes_a_constant_number_of_queries(
    count, boss, settings, django_assert_max_num_queries
):
    settings.ACCOUNT_REGISTRATIONS_PER_HOUR = 100
    for number in range(count):
        register(f"user{number}@example.com")
    with django_assert_max_num_queries(8):
        assert boss.get(LIST).status_code == 200


def test_the_administrator_closes_and_reopens(ada, boss):
    answer = boss.post(button(ada.account, "close"), {"reason": "fraud"}, follow=True)
    assert "closed" in answer.content.decode()
    account = ClientAccount.objects.get()
    assert not account.is_active
    assert not AccountSession.objects.filter(ended_at=None).exists()
    boss.post(button(account, "reopen"), {"reason": "a mistake"})
    assert login().account.is_active
    actions = AuditEntry.objects.filter(actor_name="boss").values_list("action", "reason")
    assert set(actions) == {("account.close", "fraud"), ("account.reopen", "a mistake")}


def test_the_administrator_revokes_tokens(ada, boss):
    boss.post(button(ada.account, "revoke-tokens"), {"reason": "lost"})
    assert not AccountSession.objects.filter(ended_at=None).exists()
    assert ClientAccount.objects.get().generation == 2


def test_the_administrator_changes_the_tier(ada, boss):
    premium = subscription_tier("premium")
    boss.post(button(ada.account, "change-tier"), {"tier": premium.pk, "reason": "paid"})
    assert ClientAccount.objects.get().tier == premium
    entry = AuditEntry.objects.get(action="account.tier")
    assert (entry.before, entry.after) == ({"tier": "free"}, {"tier": "premium"})


@pytest.mark.parametrize("name", ACTIONS)
def test_a_reason_is_asked_for(ada, boss, name):
    if name == "reopen":
        boss.post(button(ada.account, "close"), {"reason": "first"})
    before = AuditEntry.objects.count()
    assert boss.get(button(ada.account, name)).status_code == 200
    assert boss.post(button(ada.account, name), {"reason": " "}).status_code == 200
    assert AuditEntry.objects.count() == before


@pytest.mark.parametrize("name", ACTIONS)
def test_others_may_not(ada, name):
    auditor = signed_in(make_user("auditor", "auditor"))
    assert auditor.post(button(ada.account, name), {"reason": "x"}).status_code == 403
    account = ClientAccount.objects.get()
    assert (account.is_active, account.generation, account.tier.name) == (True, 1, "free")


def test_an_account_out_of_scope_is_not_found(ada):
    user = make_user("scoped")
    wanted = ["view_clientaccount", "manage_account"]
    user.user_permissions.add(*Permission.objects.filter(codename__in=wanted))
    client = signed_in(user)
    assert client.post(button(ada.account, "revoke-tokens"), {"reason": "x"}).status_code == 404
    assert client.post(button(ada.account, "close"), {"reason": "x"}).status_code in {403, 404}
    assert ClientAccount.objects.get().generation == 1


def test_nothing_is_added_edited_or_deleted_by_hand(ada, boss):
    assert boss.get(reverse("admin:clients_clientaccount_add")).status_code == 403
    boss.post(page(ada.account), {"name": "other"})
    assert ClientAccount.objects.get().name == "Ada's Wallet"
    delete = reverse("admin:clients_clientaccount_delete", args=[ada.account.pk])
    assert boss.post(delete, {"post": "yes"}).status_code == 403
