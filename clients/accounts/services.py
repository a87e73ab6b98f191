"""What an account does itself: register, sign in, refresh, sign out, change its password.

Passwords are hashed outside of any database transaction: that takes a third of a second, and no
lock is held meanwhile.
"""

import secrets
import string
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone as clock

from clients.accounts import lockout, passwords
from clients.accounts.checking import (
    Registration,
    check_login,
    check_new_password,
    normal_email,
)
from clients.accounts.errors import LoginRefused, RegistrationClosed
from clients.accounts.lockout import Admission, Kind
from clients.accounts.models import ClientAccount, as_recorded, email_context
from clients.accounts.queries import stored_passwords
from clients.accounts.sessions import Opened, open_session, revoke_all
from clients.accounts.tiers import subscription_tier
from clients.accounts.trail import record_own
from clients.services import create_institution
from foundation.crypto import hash_versions, keyed_hash, seal
from foundation.errors import BadRequest, Conflict, FieldError, Problem

_ALPHABET: Final = string.ascii_lowercase + string.digits
_CREDENTIALS: Final = "clients_account_credentials"


@dataclass(frozen=True, slots=True)
class _Proof:
    """A password that was compared: with which account's, as it was stored then."""

    account: int
    encoded: str
    password: str
    admission: Admission


def register(*, wanted: Registration, address: str) -> Opened:
    """A new account with an institution of its own, signed in. `address` is the caller's IP.

    Asked for again with the same e-mail and password, it is the account that is there: a repeat
    makes no second one. With another password it is another account, so that nobody learns whether
    the address is taken. Raises RegistrationClosed, TooManyAttempts; Conflict for the credentials
    of an account that was closed.
    """
    if not settings.ACCOUNT_REGISTRATION:
        raise RegistrationClosed
    email = normal_email(wanted.email)
    admission = lockout.admit(Kind.REGISTER, email=email, address=address)
    stored = stored_passwords(email)
    found, encoded = passwords.try_password(wanted.password, email, stored)
    if found is None:
        try:
            with transaction.atomic():
                return _create(wanted, encoded, admission)
        except IntegrityError as error:
            if _CREDENTIALS not in str(error):
                raise
        # The same registration came twice at once, and the other one was first.
        stored = stored_passwords(email)
        found = next(account for account, known in stored.items() if known == encoded)
    taken = Conflict("This cannot be registered. Choose another password.", type="not-registered")
    return _sign_in(_Proof(found, stored[found], wanted.password, admission), taken)


def login(*, email: str, password: str, address: str) -> Opened:
    """A new session. `address` is the caller's IP.

    Raises BadRequest, TooManyAttempts, LoginRefused; none of them, nor the work done until then,
    depends on whether there is such an account.
    """
    check_login(email=email, password=password)
    normal = normal_email(email)
    admission = lockout.admit(Kind.LOGIN, email=normal, address=address)
    stored = stored_passwords(normal)
    found, _ = passwords.try_password(password, normal, stored)
    if found is None:
        raise LoginRefused
    return _sign_in(_Proof(found, stored[found], password, admission), LoginRefused())


def change_password(*, account: ClientAccount, old: str, new: str, address: str) -> Opened:
    """Sets another password and ends all sessions; the answer is a new one.

    Counts as an attempt, since it asks for the old password. Raises BadRequest, TooManyAttempts,
    LoginRefused.
    """
    shown = account.email
    email = normal_email(shown)
    check_login(email=shown, password=old)
    check_new_password(new, name=account.name, email=shown)
    admission = lockout.admit(Kind.LOGIN, email=email, address=address)
    stored = stored_passwords(email)
    found, _ = passwords.try_password(old, email, {account.pk: account.password})
    taken, encoded = passwords.try_password(new, email, stored)
    if found is None:
        raise LoginRefused
    if taken is not None:
        raise _same_password()
    try:
        with transaction.atomic():
            locked = _locked(_Proof(found, account.password, old, admission), LoginRefused())
            _set_password(locked, encoded)
            lockout.succeeded(admission, locked)
            return open_session(locked)
    except IntegrityError as error:
        if _CREDENTIALS not in str(error):
            raise
        raise _same_password() from error


def _same_password() -> Problem:
    error = FieldError("new_password", "choose another one", "password")
    return BadRequest("new_password: choose another one.", type="invalid-fields", errors=[error])


def _set_password(account: ClientAccount, encoded: str) -> None:
    account.password = encoded
    account.save(update_fields=["password"])
    record_own(account, "account.password", ended=revoke_all(account))


def _create(wanted: Registration, encoded: str, admission: Admission) -> Opened:
    institution = create_institution(
        name=wanted.name, slug=_new_client_id(), base_currency=wanted.currency, by="registration"
    )
    account = ClientAccount.objects.create(
        institution=institution,
        name=wanted.name,
        email_hash=keyed_hash(normal_email(wanted.email), purpose="account"),
        email_sealed=seal(wanted.email.encode(), context=email_context(institution.pk)),
        hash_version=hash_versions()[0],
        password=encoded,
        tier=subscription_tier(wanted.tier),
        last_login_at=clock.now(),
    )
    lockout.succeeded(admission, account)
    record_own(account, "account.register", **as_recorded(account))
    return open_session(account)


def _new_client_id() -> str:
    """Random, 62 bits: it tells nothing of whoever registered, nor how many did."""
    return "client-" + "".join(secrets.choice(_ALPHABET) for _ in range(12))


def _sign_in(proof: _Proof, refusal: Problem) -> Opened:
    """Opens a session for whoever proved to know the password; raises the refusal otherwise."""
    encoded = passwords.renewed(proof.password, proof.encoded)
    with transaction.atomic():
        account = _locked(proof, refusal)
        account.last_login_at = clock.now()
        account.password = encoded
        account.save(update_fields=["last_login_at", "password"])
        lockout.succeeded(proof.admission, account)
        return open_session(account)


def _locked(proof: _Proof, refusal: Problem) -> ClientAccount:
    """The account, locked and seen to be still what was compared."""
    rows = ClientAccount.objects.select_related("institution", "tier")
    account = rows.select_for_update(of=("self",)).get(pk=proof.account)
    only = proof.admission.only
    if (
        account.password != proof.encoded
        or not account.is_active
        or not account.institution.is_active
        or (only is not None and account.pk not in only)
    ):
        raise refusal
    return account
