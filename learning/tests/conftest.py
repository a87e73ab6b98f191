"""An archive of the test's own, and decisions to put in."""

import datetime as dt
from pathlib import Path

import fsspec
import pytest
from django.core.management import call_command
from django.db import connection
from fsspec.implementations.memory import MemoryFileSystem

from rules.catalogue import built_in_rules
from rules.registry import registry
from scoring.services import score_transaction
from scoring.tests.conftest import bank, stranger  # noqa: F401
from scoring.tests.making import make_request, make_suspicious

RULES = {"new_account", "vpn_or_proxy", "high_amount"}
DAY = dt.date(2026, 10, 5)


def noon(day: dt.date) -> float:
    return dt.datetime.combine(day, dt.time(12), dt.UTC).timestamp()


def decide(client, *days: dt.date, **overrides):
    """One suspicious and one plain decision a day."""
    made = []
    for number, day in enumerate(days or (DAY,)):
        for make in (make_suspicious, make_request):
            request = make(occurred_at=noon(day) + number, **overrides)
            made.append(score_transaction(client=client, request=request, source="test"))
    return made


@pytest.fixture
def rule_book(transactional_db, monkeypatch):
    """Three rules: loading all of them for each test takes long."""
    few = [rule for rule in built_in_rules() if rule.code in RULES]
    monkeypatch.setattr("rules.sync.built_in_rules", lambda: few)
    registry.forget()
    call_command("load_rules", verbosity=0)
    call_command("import_rates", verbosity=0)
    yield
    registry.forget()


@pytest.fixture
def first_serial(transactional_db):
    """Serials begin anew, which emptying the tables between tests leaves out."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER SEQUENCE scoring_decision_serial RESTART")


@pytest.fixture
def archive(settings, tmp_path, first_serial):
    """A local one; its directory."""
    settings.ARCHIVE_URL = str(tmp_path / "archive")
    return tmp_path / "archive" / "decisions"


@pytest.fixture
def object_store(settings, first_serial):
    """An archive in something that is no file system and renames nothing."""
    memory = fsspec.filesystem("memory")
    memory.store.clear()
    settings.ARCHIVE_URL = "memory://archive"
    yield memory
    memory.store.clear()


class Refusing(MemoryFileSystem):
    """A server that takes our password at first; its driver has an exception of its own."""

    protocol = "refusing"
    cachable = False

    class NotLoggedInError(Exception):
        pass

    def _refuse(self, *_, **__):
        raise self.NotLoggedInError("no\nlogin for refusing://ada:secret@files.example.org/archive")

    info = find = put_file = get_file = rm_file = makedirs = _refuse


@pytest.fixture
def refusing_store(settings, first_serial):
    fsspec.register_implementation("refusing", Refusing, clobber=True)
    settings.ARCHIVE_URL = "refusing://ada:secret@files.example.org/archive"


@pytest.fixture
def blocked_store(settings, tmp_path, first_serial):
    """A file stands where the archive's directory should be."""
    (tmp_path / "file").write_text("in the way")
    settings.ARCHIVE_URL = str(tmp_path / "file")


@pytest.fixture
def full_store(archive, monkeypatch):
    """A disk that is full."""

    def write(frame, path):
        with Path("/dev/full").open("wb") as file:
            file.write(b"rows")

    monkeypatch.setattr("learning.archive.exporting.write_frame", write)


@pytest.fixture(params=["archive", "object_store"])
def any_archive(request):
    return request.getfixturevalue(request.param)
