"""Signing in: what opens an account, and how little a refusal tells."""

from datetime import timedelta

import pytest

from clients.accounts import lockout, passwords, services
from clients.accounts.checking import check_login
from clients.accounts.errors import LoginRefused, TooManyAttempts
from clients.accounts.lockout import Kind, prune_attempts
from clients.accounts.managing import close_account
from clients.accounts.models import AccountAttempt, AccountSession, ClientAccount
from clients.accounts.sessions import MOST_SESSIONS, refresh
from clients.accounts.tests.conftest import (
    ELSEWHERE,
    EMAIL,
    HOME,
    OTHER_PASSWORD,
    PASSWORD,
    count_runs,
    login,
    register,
)
from clients.accounts.tokens import client_of
from clients.services import change_institution
from foundation.addresses import network_of
from foundation.errors import BadRequest, Unauthorized
from foundation.models import AuditEntry

pytestmark = pytest.mark.django_db
WRONG = "not this one"


def fail(times: int, *, email: str = EMAIL, address: str = HOME) -> None:
    for _ in range(times):
        with pytest.raises(LoginRefused):
            login(email, WRONG, address=address)


def rewind(seconds: float) -> None:
    """As if all attempts had been made so long ago."""
    for attempt in AccountAttempt.objects.all():
        attempt.at -= timedelta(seconds=seconds)
        attempt.save()


def test_the_password_opens_the_account(ada):
    opened = login()
    assert opened.account == ada.account
    assert client_of(opened.tokens.access).institution_id == ada.account.institution_id
    assert AuditEntry.objects.filter(action="account.login").count() == 2


def close(account):
    close_account(account=account, by="tests", reason="test")


def close_institution(account):
    change_institution(institution=account.institution, by="tests", is_active=False)


@pytest.mark.parametrize("prepare", [close, close_institution])
def test_a_closed_account_is_refused_as_a_wrong_password_is(ada, prepare):
    with pytest.raises(LoginRefused) as wrong:
        login(password=WRONG)
    prepare(ada.account)
    with pytest.raises(LoginRefused) as closed:
        login()
    assert (closed.value.detail, closed.value.type) == (wrong.value.detail, wrong.value.type)


def test_unknown_address_and_wrong_password_get_the_same_answer_for_the_same_work(ada, monkeypatch):
    runs = count_runs(monkeypatch)
    answers = []
    for email in (EMAIL, "unknown@example.com"):
        with pytest.raises(LoginRefused) as caught:
            login(email, WRONG)
        answers.append((caught.value.status, caught.value.type, caught.value.detail))
    assert answers[0] == answers[1]
    assert runs == [10, 10]


def test_an_older_hash_takes_the_same_work_and_is_renewed(ada, monkeypatch):
    monkeypatch.setattr(passwords.hasher, "iterations", 25)
    runs = count_runs(monkeypatch)
    fail(1)
    assert runs == [10, 15]
    assert login().account == ada.account
    runs.clear()
    assert login().account == ada.account
    assert runs == [25]


def test_accounts_whose_hashes_are_of_two_ages_are_both_opened(ada, monkeypatch):
    other = register(EMAIL, OTHER_PASSWORD)
    monkeypatch.setattr(passwords.hasher, "iterations", 25)
    login()
    assert login().account == ada.account
    assert login(password=OTHER_PASSWORD).account == other.account


@pytest.mark.parametrize(
    ("email", "password"),
    [("", PASSWORD), (EMAIL, ""), ("x" * 255, PASSWORD), (EMAIL, "x" * 129), ("\ud800", "\udfff")],
)
def test_what_can_be_nobodys_costs_no_hash(email, password, monkeypatch):
    runs = count_runs(monkeypatch)
    with pytest.raises(BadRequest):
        check_login(email=email, password=password)
    with pytest.raises(BadRequest):
        login(email, password)
    assert runs == []


# -- lockout --------------------------------------------------------------------------------------


@pytest.mark.parametrize("email", [EMAIL, "unknown@example.com"])
def test_a_network_gets_only_so_many_tries_at_an_address(ada, email):
    fail(lockout.PER_EMAIL_AND_NETWORK, email=email)
    with pytest.raises(TooManyAttempts) as caught:
        login(email, PASSWORD)
    assert 890 <= int(caught.value.headers["Retry-After"]) <= 900


def test_the_owner_gets_in_elsewhere_meanwhile(ada):
    fail(lockout.PER_EMAIL_AND_NETWORK, address=ELSEWHERE)
    assert login(address=HOME).account == ada.account


def test_a_refused_try_does_not_prolong_the_lock(ada):
    fail(lockout.PER_EMAIL_AND_NETWORK)
    rewind(600)
    for _ in range(20):
        with pytest.raises(TooManyAttempts):
            login()
    rewind(301)
    assert login().account == ada.account


def test_tokens_stay_good_while_signing_in_is_locked(ada):
    fail(lockout.PER_EMAIL_AND_NETWORK)
    assert client_of(refresh(token=ada.tokens.refresh).tokens.access)


def test_signing_in_does_not_clear_the_count(ada):
    """Else the owner of another account of the same address could guess for ever."""
    register(EMAIL, OTHER_PASSWORD, address=ELSEWHERE)
    fail(lockout.PER_EMAIL_AND_NETWORK - 1, address=ELSEWHERE)
    login(EMAIL, OTHER_PASSWORD, address=ELSEWHERE)
    fail(1, address=ELSEWHERE)
    with pytest.raises(TooManyAttempts):
        login(EMAIL, OTHER_PASSWORD, address=ELSEWHERE)


def test_signing_in_often_is_no_attack(ada):
    for _ in range(lockout.PER_EMAIL_AND_NETWORK + 5):
        login()


def test_a_network_gets_only_so_many_tries_in_all(ada, monkeypatch):
    monkeypatch.setattr(lockout, "PER_NETWORK", 7)
    for number in range(7):
        fail(1, email=f"user{number}@example.com")
    with pytest.raises(TooManyAttempts):
        login("another@example.com")
    assert login(address=ELSEWHERE).account == ada.account


def attack_from_everywhere(*, counted: int = 1) -> None:
    """One try from each of so many networks as is allowed; registering counted, too."""
    for number in range(lockout.PER_EMAIL - counted):
        fail(1, address=f"203.0.113.{number}")


def test_under_attack_from_everywhere_only_known_networks_get_in(ada, monkeypatch):
    monkeypatch.setattr(lockout, "PER_EMAIL", 12)
    attack_from_everywhere()
    assert login(address=HOME).account == ada.account
    with pytest.raises(TooManyAttempts):
        login(address=ELSEWHERE)


def test_under_attack_a_network_opens_only_accounts_that_know_it(ada, monkeypatch):
    """The attacker owns an account of the same address, and knows the network he registered from;
    a right guess at the other account's password helps him nothing."""
    monkeypatch.setattr(lockout, "PER_EMAIL", 12)
    his = register(EMAIL, OTHER_PASSWORD, address=ELSEWHERE)
    attack_from_everywhere(counted=2)
    assert login(EMAIL, OTHER_PASSWORD, address=ELSEWHERE).account == his.account
    with pytest.raises(LoginRefused):
        login(EMAIL, PASSWORD, address=ELSEWHERE)
    assert login(EMAIL, PASSWORD, address=HOME).account == ada.account


def test_under_attack_nobody_registers_the_address(ada, monkeypatch):
    """A right guess would open the account there, a wrong one make another: who knows a network
    of the address's could tell them apart."""
    monkeypatch.setattr(lockout, "PER_EMAIL", 12)
    attack_from_everywhere()
    for password in (PASSWORD, OTHER_PASSWORD):
        with pytest.raises(TooManyAttempts):
            register(EMAIL, password, address=HOME)


def test_the_attack_is_over_an_hour_after_it_ends(ada, monkeypatch):
    monkeypatch.setattr(lockout, "PER_EMAIL", 12)
    attack_from_everywhere()
    rewind(3_601)
    assert login(address=ELSEWHERE).account == ada.account


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("", "not an address", True),
    ],
)
def test_a_network_is_an_address_or_a_household(one, other, same):
    assert (network_of(one) == network_of(other)) is same


def test_attempts_are_kept_no_longer_than_they_count(ada):
    fail(2)
    assert prune_attempts() == 0
    rewind(3_601)
    assert prune_attempts() == 3  # the failures and the registration
    assert AccountAttempt.objects.get().kind == Kind.SUCCESS
    rewind(30 * 86_400)
    assert prune_attempts() == 1


def test_an_attempt_holds_no_address(ada):
    fail(1)
    rows = str([(bytes(a.email_key), bytes(a.network_key)) for a in AccountAttempt.objects.all()])
    assert "ada" not in rows
    assert HOME not in rows


# -- sessions and passwords ------------------------------------------------------------------------


def test_a_log_in_too_many_ends_the_oldest_session(ada):
    for _ in range(MOST_SESSIONS):
        login()
    assert AccountSession.objects.filter(ended_at=None).count() == MOST_SESSIONS
    with pytest.raises(Unauthorized):
        client_of(ada.tokens.access)


def change(account: ClientAccount, old: str = PASSWORD, new: str = OTHER_PASSWORD):
    return services.change_password(account=account, old=old, new=new, address=HOME)


def test_changing_the_password_ends_all_sessions(ada):
    second = login()
    opened = change(ada.account)
    for tokens in (ada.tokens, second.tokens):
        with pytest.raises(Unauthorized):
            client_of(tokens.access)
        with pytest.raises(Unauthorized):
            refresh(token=tokens.refresh)
    assert client_of(opened.tokens.access)
    assert login(password=OTHER_PASSWORD).account == ada.account
    with pytest.raises(LoginRefused):
        login(password=PASSWORD)
    entry = AuditEntry.objects.get(action="account.password")
    assert entry.actor_name == ada.account.actor


def test_the_old_password_is_asked_for_and_counted(ada):
    for _ in range(lockout.PER_EMAIL_AND_NETWORK):
        with pytest.raises(LoginRefused):
            change(ada.account, old=WRONG)
    with pytest.raises(TooManyAttempts):
        change(ada.account)


@pytest.mark.parametrize("new", [PASSWORD, "the neighbour's own", "short", "password123", EMAIL])
def test_a_new_password_must_be_new_and_good(ada, new):
    register(EMAIL, "the neighbour's own")
    with pytest.raises(BadRequest) as caught:
        change(ada.account, new=new)
    assert {error.field for error in caught.value.errors} == {"new_password"}
    assert login().account == ada.account
