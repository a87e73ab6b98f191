"""pytest plugin: private servers for the run, before Django's settings are read.

The process that starts pytest owns the servers; the workers of pytest-xdist inherit their
addresses and take a Redis database each (pytest-django gives them a PostgreSQL database each).
"""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

import pytest

from fraudshield.launcher.chromium import find_chromium
from fraudshield.launcher.errors import LauncherError
from fraudshield.launcher.postgres import PostgresServer
from fraudshield.launcher.servers import Servers
from fraudshield.launcher.state import new_secrets
from fraudshield.launcher.valkey import ValkeyServer

Server = TypeVar("Server", PostgresServer, ValkeyServer)


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Iterator[None]:
    """Runs around, hence before, pytest-django's hook, which reads the settings."""
    if worker := os.environ.get("PYTEST_XDIST_WORKER"):
        number = int(worker.removeprefix("gw"))
        os.environ["REDIS_URL"] = _with_database(os.environ["REDIS_URL"], number + 1)
    else:
        _start_servers(early_config.add_cleanup)
    yield


def _start_servers(at_the_end: Callable[[Callable[[], None]], None]) -> None:
    directory = Path(tempfile.mkdtemp(prefix="fraudshield-test-"))
    at_the_end(lambda: shutil.rmtree(directory, ignore_errors=True))
    servers = Servers(directory, durable=False)
    at_the_end(servers.stop)
    try:
        servers.start_database()
        servers.start_redis()
    except LauncherError as error:
        raise pytest.UsageError(f"FraudShield: {error}") from None
    os.environ.update(servers.environment())
    os.environ["STATE_DIR"] = str(directory)
    made = new_secrets()
    os.environ.setdefault("SECRET_KEY", made.secret_key)
    os.environ.setdefault("FRAUDSHIELD_KEYS", made.fraudshield_keys)
    os.environ.setdefault("DEMO", "1")
    os.environ.setdefault("LOG_LEVEL", "WARNING")


def _with_database(url: str, offset: int) -> str:
    """The same Redis with another database number, counted from the one in the address."""
    parts = urlsplit(url)
    number = int(parts.path.strip("/") or 0) + offset
    return urlunsplit(parts._replace(path=f"/{number}"))


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """Where Chromium is; without one the test is skipped."""
    found = find_chromium()
    if found is None:
        pytest.skip("no Chromium found; `make test` installs one on Debian as root")
    return found


@pytest.fixture(scope="module")
def browser(chromium_path: str) -> Iterator[Any]:
    """One Chromium for the tests of a module; each of them opens contexts of its own."""
    from playwright.sync_api import sync_playwright

    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # Playwright runs an event loop
        arguments = ["--no-sandbox", "--disable-dev-shm-usage"]
        browser = playwright.chromium.launch(executable_path=chromium_path, args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A page in a window of its own, signed in nowhere, with nothing kept."""
    with browser.new_context(viewport={"width": 1280, "height": 800}) as context:
        yield context.new_page()


@contextlib.contextmanager
def _running(server: Server) -> Iterator[Server]:
    try:
        server.start()
        yield server
    finally:
        server.stop()


def _private_postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """A PostgreSQL of the test's own, to be stopped, started and killed at will.

    Durable, as the real one is: what it acknowledged must survive being killed.
    """
    with _running(PostgresServer(tmp_path_factory.mktemp("own"), durable=True)) as server:
        yield server


def _private_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyServer]:
    """A Valkey of the test's own, to be stopped, started and killed at will.

    It keeps its data over a stop, as the real one does.
    """
    with _running(ValkeyServer(tmp_path_factory.mktemp("own"), durable=True)) as server:
        yield server


private_postgres = pytest.fixture(_private_postgres, name="private_postgres")
private_redis = pytest.fixture(_private_redis, name="private_redis")
module_postgres = pytest.fixture(_private_postgres, name="module_postgres", scope="module")
module_redis = pytest.fixture(_private_redis, name="module_redis", scope="module")


@pytest.fixture(scope="session", autouse=True)
def _no_counters_of_earlier_runs() -> None:
    """Institutions get the same numbers in each run; a server that was named keeps its counters."""
    import redis  # not before the servers are known

    server = redis.Redis.from_url(os.environ["REDIS_URL"])
    for key in server.scan_iter("fs:*", count=10_000):
        server.delete(key)


def pytest_configure() -> None:
    """Hypothesis tries the same examples each time, and fails none for the time that it takes."""
    import hypothesis  # only where tests run

    hypothesis.settings.register_profile("fraudshield", deadline=None, derandomize=True)
    hypothesis.settings.load_profile("fraudshield")


@pytest.fixture(scope="session", autouse=True)
def _cheap_passwords() -> None:
    """To hash one with all iterations takes a third of a second, which each person would cost."""
    from django.contrib.auth.hashers import PBKDF2PasswordHasher

    PBKDF2PasswordHasher.iterations = 1_000


@pytest.fixture(scope="session", autouse=True)
def _quick_flushes() -> Iterator[None]:
    """See fraudshield/launcher/pytest_flush.py."""
    from django.core.management.sql import emit_post_migrate_signal

    from fraudshield.launcher.pytest_flush import Keeper

    with pytest.MonkeyPatch.context() as patch:
        signal = "django.core.management.commands.flush.emit_post_migrate_signal"
        patch.setattr(signal, Keeper(emit_post_migrate_signal))
        yield
