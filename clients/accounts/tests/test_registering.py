"""Registering: what becomes of it, and what it does not tell."""

import base64

import pytest

from clients.accounts import services
from clients.accounts.checking import check_registration
from clients.accounts.checks import check_tiers_are_known
from clients.accounts.errors import RegistrationClosed, TierNotOpen, TooManyAttempts
from clients.accounts.managing import close_account
from clients.accounts.models import AccountAttempt, ClientAccount
from clients.accounts.tests.conftest import (
    ELSEWHERE,
    EMAIL,
    OTHER_PASSWORD,
    PASSWORD,
    count_runs,
    login,
    register,
)
from clients.accounts.tokens import client_of
from clients.models import Institution
from foundation.errors import BadRequest, Conflict
from foundation.models import AuditEntry
from foundation.rekey import sealed_models

pytestmark = pytest.mark.django_db


def test_an_account_gets_an_institution_of_its_own(ada):
    other = register("grace@example.com")
    institution = ada.account.institution
    assert (institution.name, institution.slug) == ("Ada's Wallet", ada.account.client_id)
    assert institution != other.account.institution
    assert ada.account.client_id.startswith("client-")


def test_the_address_is_stored_sealed_and_hashed_only(ada):
    row = ClientAccount.objects.filter(pk=ada.account.pk).values().get()
    stored = b" ".join(
        bytes(value) if isinstance(value, memoryview) else str(value).encode()
        for value in row.values()
    )
    assert b"ada@" not in stored
    assert b"example.com" not in stored
    assert ada.account.email == EMAIL
    assert ada.account.masked_email == "a••••@example.com"


def test_the_password_is_stored_by_djangos_hasher(ada):
    assert ada.account.password.startswith("pbkdf2_sha256$10$")
    assert PASSWORD not in ada.account.password


def test_registering_is_on_the_audit_trail_without_personal_data(ada):
    entries = AuditEntry.objects.filter(institution_id=ada.account.institution_id)
    actions = list(entries.order_by("pk").values_list("action", flat=True))
    assert actions == ["institution.create", "account.register", "account.login"]
    assert "ada@" not in str(list(entries.values()))


def test_a_taken_address_is_told_by_nothing(ada):
    """The answer is a real account, as for an address that is new here."""
    taken = register(EMAIL, OTHER_PASSWORD, address=ELSEWHERE)
    new = register("new@example.com", OTHER_PASSWORD, address=ELSEWHERE)
    assert taken.account.client_id != ada.account.client_id
    for opened in (taken, new):
        client = client_of(opened.tokens.access)
        assert client.institution_slug == opened.account.client_id
        assert login(opened.account.email, OTHER_PASSWORD).account == opened.account


def test_accounts_of_one_address_are_told_apart_by_their_passwords(ada):
    other = register(EMAIL, OTHER_PASSWORD)
    assert login(EMAIL, PASSWORD).account == ada.account
    assert login(EMAIL, OTHER_PASSWORD).account == other.account


@pytest.mark.parametrize("email", [EMAIL, "ADA@Example.com", "  ada@example.com "])
def test_registering_again_with_the_same_password_is_the_same_account(ada, email):
    again = register(email, name="Another name", tier="premium")
    assert again.account == ada.account
    assert again.account.tier.name == "free"
    assert Institution.objects.count() == 1


def test_a_closed_account_is_not_reopened_by_registering(ada):
    close_account(account=ada.account, by="tests", reason="test")
    with pytest.raises(Conflict):
        register()


def test_one_run_of_the_hash_tells_of_any_number_of_accounts(ada, monkeypatch):
    """Not the time, which no test can hold, but the work: the hasher runs once in every case."""
    for number in range(5):
        register(EMAIL, f"a further password {number}")
    runs = count_runs(monkeypatch)
    register(EMAIL, "yet another password")
    register("unknown@example.com", "yet another password")
    assert runs == [10, 10]


def test_registering_may_be_switched_off(settings, db):
    settings.ACCOUNT_REGISTRATION = False
    with pytest.raises(RegistrationClosed):
        register()
    assert not AccountAttempt.objects.exists()


def test_a_network_registers_only_so_many_an_hour(settings, db):
    settings.ACCOUNT_REGISTRATIONS_PER_HOUR = 3
    for number in range(3):
        register(f"user{number}@example.com")
    with pytest.raises(TooManyAttempts) as caught:
        register("user3@example.com")
    assert 3_590 <= int(caught.value.headers["Retry-After"]) <= 3_600
    register("user3@example.com", address=ELSEWHERE)


@pytest.mark.parametrize(
    ("given", "stored", "rate"),
    [
        ("", "free", 100),
        ("free", "free", 100),
        ("BASIC", "basic", 600),
        ("Premium", "premium", 3_000),
        (" enterprise ", "enterprise", 12_000),
    ],
)
def test_tiers_are_taken_in_any_capitals(db, given, stored, rate):
    account = register(tier=given).account
    assert (account.tier.name, account.tier.requests_per_minute) == (stored, rate)
    assert client_of(login().tokens.access).tier.requests == rate


def test_a_tier_that_is_not_open_is_the_operators_to_give(settings, db):
    settings.ACCOUNT_TIERS = ["basic"]
    register(tier="basic")
    with pytest.raises(TierNotOpen):
        register("other@example.com", tier="enterprise")


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"name": ""}, "name"),
        ({"name": "  "}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"name": "\ud800"}, "name"),
        ({"email": "nobody"}, "email"),
        ({"email": "a@b"}, "email"),
        ({"email": "x" * 250 + "@example.com"}, "email"),
        ({"email": "\ud800@example.com"}, "email"),
        ({"password": "short"}, "password"),
        ({"password": "password123"}, "password"),
        ({"password": "8274619305"}, "password"),
        ({"password": "ada@example.com"}, "password"),
        ({"password": "Ada's Wallet"}, "password"),
        ({"password": "x" * 129}, "password"),
        ({"password": "long enough \ud800"}, "password"),
        ({"tier": "gold"}, "subscription_tier"),
        ({"currency": "XXQ"}, "currency"),
    ],
)
def test_what_is_wrong_is_named(fields, named, db):
    given = {"name": "Ada's Wallet", "email": EMAIL, "password": PASSWORD, **fields}
    with pytest.raises(BadRequest) as caught:
        check_registration(**given)
    assert [error.field for error in caught.value.errors] == [named]


def test_all_that_is_wrong_is_named_at_once(db):
    with pytest.raises(BadRequest) as caught:
        check_registration(name="", email="x", password="1")
    assert {error.field for error in caught.value.errors} == {"name", "email", "password"}


def test_a_password_shows_in_no_representation():
    assert PASSWORD not in repr(check_registration(name="A", email=EMAIL, password=PASSWORD))


def test_the_address_moves_to_a_new_key(ada, settings):
    new = base64.b64encode(b"n" * 32).decode()
    settings.FRAUDSHIELD_KEYS = f"9:{new},{settings.FRAUDSHIELD_KEYS}"
    assert login().account == ada.account  # found under the old key
    sealed = next(s for s in sealed_models() if s.model is ClientAccount)
    row = ClientAccount.objects.get()
    row.save(update_fields=sorted(sealed.rekey_row(row)))
    settings.FRAUDSHIELD_KEYS = f"9:{new}"
    fresh = ClientAccount.objects.get()
    assert (fresh.email, fresh.hash_version) == (EMAIL, 9)
    assert login().account == ada.account


def test_the_currency_is_the_institutions(db):
    opened = register(currency="kes")
    assert client_of(opened.tokens.access).base_currency == "KES"


def test_nothing_is_left_of_a_registration_that_failed(monkeypatch, db):
    monkeypatch.setattr(services, "open_session", lambda account: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        register()
    assert not Institution.objects.exists()
    assert not ClientAccount.objects.exists()
    assert AccountAttempt.objects.count() == 1  # it was made, after all


def test_a_tier_that_there_is_not_is_noticed_at_the_start(settings):
    assert check_tiers_are_known() == []
    settings.ACCOUNT_TIERS = ["basic", "gold", "Premium"]
    (found,) = check_tiers_are_known()
    assert (found.id, "gold" in found.msg, "Premium" in found.msg) == (
        "fraudshield.E015",
        True,
        True,
    )
