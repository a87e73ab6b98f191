"""An account, its owner's network and another one, and passwords that are cheap to hash."""

import pytest
from django.contrib.auth import hashers

from clients import authentication
from clients.accounts import passwords, services
from clients.accounts.checking import check_registration
from clients.accounts.sessions import Opened

PASSWORD = "correct horse battery"
OTHER_PASSWORD = "staple of another kind"
EMAIL = "ada@example.com"
HOME, ELSEWHERE = "192.0.2.10", "198.51.100.20"


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch):
    monkeypatch.setattr(passwords.hasher, "iterations", 10)


@pytest.fixture(autouse=True)
def empty_cache():
    authentication.forget_cached_keys()
    yield
    authentication.forget_cached_keys()


@pytest.fixture(autouse=True)
def open_registration(settings):
    settings.ACCOUNT_REGISTRATION = True
    settings.ACCOUNT_TIERS = ["basic", "premium", "enterprise"]
    settings.ACCOUNT_REGISTRATIONS_PER_HOUR = 20


def register(
    email: str = EMAIL, password: str = PASSWORD, *, address: str = HOME, **fields: str
) -> Opened:
    wanted = check_registration(
        **{"name": "Ada's Wallet", "email": email, "password": password, **fields}
    )
    return services.register(wanted=wanted, address=address)


def login(email: str = EMAIL, password: str = PASSWORD, *, address: str = HOME) -> Opened:
    return services.login(email=email, password=password, address=address)


@pytest.fixture
def ada(db) -> Opened:
    return register()


def count_runs(monkeypatch) -> list[int]:
    """Iterations of each run of the hash from now on."""
    runs: list[int] = []
    original = hashers.pbkdf2

    def counted(password, salt, iterations, **more):
        runs.append(iterations)
        return original(password, salt, iterations, **more)

    monkeypatch.setattr(hashers, "pbkdf2", counted)
    return runs
