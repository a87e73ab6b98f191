"""What several callers do at once, on connections of their own."""

from collections import Counter
from functools import partial

import pytest

from clients.accounts import lockout
from clients.accounts.errors import LoginRefused, TooManyAttempts
from clients.accounts.models import AccountSession, ClientAccount
from clients.accounts.sessions import Opened, refresh
from clients.accounts.tests.conftest import EMAIL, OTHER_PASSWORD, PASSWORD, login, register
from clients.accounts.tokens import client_of
from clients.models import Institution
from foundation.errors import Unauthorized
from foundation.tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def kinds(results) -> Counter:
    return Counter(type(result) for result in results)


def test_of_two_refreshes_with_one_token_one_gets_tokens_and_the_session_ends(ada):
    """Which of the two is the thief cannot be known."""
    results = at_once(*[partial(refresh, token=ada.tokens.refresh)] * 2)
    assert kinds(results)[Opened] == 1
    winner = next(result for result in results if isinstance(result, Opened))
    with pytest.raises(Unauthorized):
        client_of(winner.tokens.access)
    assert AccountSession.objects.get().ended_at is not None


def test_of_two_equal_registrations_at_once_one_account_comes(db):
    results = at_once(*[partial(register, EMAIL, PASSWORD)] * 2)
    assert kinds(results) == {Opened: 2}
    assert ClientAccount.objects.count() == Institution.objects.count() == 1
    assert {client_of(r.tokens.access).institution_slug for r in results} == {
        Institution.objects.get().slug
    }


def test_two_registrations_of_one_address_at_once_are_two_accounts_of_one_salt(db):
    results = at_once(partial(register, EMAIL, PASSWORD), partial(register, EMAIL, OTHER_PASSWORD))
    assert kinds(results) == {Opened: 2}
    salts = {account.password.split("$")[2] for account in ClientAccount.objects.all()}
    assert ClientAccount.objects.count() == 2
    assert len(salts) == 1


def test_no_number_of_guesses_at_once_gets_in_more_than_allowed(ada, monkeypatch):
    monkeypatch.setattr(lockout, "PER_EMAIL_AND_NETWORK", 3)
    results = at_once(*[partial(login, EMAIL, f"guess {number}") for number in range(10)])
    assert kinds(results) == {LoginRefused: 3, TooManyAttempts: 7}


def test_log_ins_at_once_all_succeed(ada):
    assert kinds(at_once(*[login] * 4)) == {Opened: 4}
    assert AccountSession.objects.count() == 5
