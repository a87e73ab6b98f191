"""Imports that are killed, stopped or disturbed go on without loss and without repeating a row."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.conf import settings
from django.db import OperationalError, connection, transaction
from psycopg2.errors import DeadlockDetected

from foundation.errors import Unavailable
from intake.imports import importing, share
from intake.imports.errors import CannotImport, Overtaken
from intake.imports.team import Workers, _results
from intake.models import ImportReject, ImportRun
from intake.tests.import_cast import handbook_rows, rejects_beside, run_import, write_csv
from scoring.models import Decision
from transactions.models import Label, Transaction

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("bank")]
ROWS = 900
BAD = {7, 300, 800}


@pytest.fixture
def long_file(tmp_path):
    rows = handbook_rows(ROWS, customers=40)
    return write_csv(
        tmp_path / "f.csv",
        [{**row, "cents": "x"} if i in BAD else row for i, row in enumerate(rows, start=1)],
    )


def begin(path: Path, *options: str) -> subprocess.Popen[bytes]:
    """The command in a process of its own, on the test's database."""
    parts = urlsplit(os.environ["DATABASE_URL"])
    database = urlunsplit(parts._replace(path=f"/{connection.settings_dict['NAME']}"))
    return subprocess.Popen(
        [
            *(sys.executable, "manage.py", "import_transactions", str(path), "--format=handbook"),
            *("--institution=bank", f"--rejects={path.parent / 'rejects.csv'}", *options),
        ],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DATABASE_URL": database},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@contextmanager
def under_way(path: Path, *options: str):
    """A started import, some but not all of whose rows are stored."""
    process = begin(path, *options)
    try:
        deadline = time.monotonic() + 60
        while not ImportRun.objects.filter(imported__gt=0).exists():
            assert process.poll() is None, "ended before anything was stored"
            assert time.monotonic() < deadline
            time.sleep(0.01)
        yield process
    finally:
        process.kill()
        process.wait()


def check_complete(path: Path) -> None:
    """Every row once, whatever happened on the way."""
    run = ImportRun.objects.get()
    assert run.state == "finished"
    assert (run.imported, run.repeated, run.rejected) == (ROWS - len(BAD), 0, len(BAD))
    stored = Counter(Transaction.objects.values_list("external_id", flat=True))
    assert stored == Counter(f"handbook-{i}" for i in range(1, ROWS + 1) if i not in BAD)
    assert Decision.objects.count() == Label.objects.count() == ROWS - len(BAD)
    assert [int(reject["row"]) for reject in rejects_beside(path)] == sorted(BAD)
    assert not ImportReject.objects.exists()


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_killed_import_goes_on_where_it_was(long_file, workers):
    before = sessions()
    with under_way(long_file, "--workers", workers) as process:
        process.kill()
        process.wait()
        run = ImportRun.objects.get()
        assert run.state == "running"
        assert 0 < Transaction.objects.count() < ROWS - len(BAD)
    await_end_of_others(before)
    run_import(long_file, "handbook", "--workers", workers)
    check_complete(long_file)


def sessions() -> set[int]:
    """The other sessions on the test's database, by their process in PostgreSQL."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return {pid for (pid,) in cursor.fetchall()}


def await_end_of_others(before: set[int]) -> None:
    """Until the killed process's sessions have ended, and its worker processes with them."""
    for _ in range(300):
        if sessions() <= before:
            return
        time.sleep(0.05)
    raise AssertionError("a killed import left a session behind")


def test_a_terminated_import_says_that_it_stopped_and_shows_its_rejects(long_file):
    with under_way(long_file) as process:
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 130
    assert ImportRun.objects.get().state == "paused"
    assert rejects_beside(long_file)[0]["row"] == "7"
    run_import(long_file, "handbook")
    check_complete(long_file)


def test_a_second_process_is_refused_while_the_first_is_at_work(long_file):
    with under_way(long_file) as process:
        os.kill(process.pid, signal.SIGSTOP)
        assert begin(long_file).wait(60) == 1
        os.kill(process.pid, signal.SIGCONT)
        assert process.wait(60) == 0
    check_complete(long_file)


def test_another_number_of_workers_is_taken_where_the_marks_allow_it(tmp_path):
    path = write_csv(tmp_path / "f.csv", handbook_rows(30))
    run_import(path, "handbook", "--limit", "20")
    run_import(path, "handbook", "--workers", "3", "--limit", "20")
    assert ImportRun.objects.get().progress == [20, 20, 20]
    ImportRun.objects.update(progress=[20, 21, 20])  # as after a kill between two commits
    assert "With 3 workers, as it was begun" in run_import(path, "handbook", "--limit", "20")


def test_a_dead_worker_ends_the_import_in_a_sentence():
    with Workers(1, connection.settings_dict["NAME"]) as team:
        future = team._pools[0].submit(os._exit, 1)
        with pytest.raises(CannotImport, match="A worker process died"):
            _results([future])


# --- What the database may do -----------------------------------------------------------------


def test_a_row_that_the_database_refuses_is_the_only_one_rejected(long_file, monkeypatch):
    """The whole share fails with it at first; a second pass finds out which row it was."""
    real = share.score_transaction

    def fail_on_one(**what):
        if what["request"].transaction_id == "handbook-20":
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SELECT 1 / 0")
        return real(**what)

    monkeypatch.setattr(share, "score_transaction", fail_on_one)
    run_import(long_file, "handbook", "--limit", "60")
    run = ImportRun.objects.get()
    assert (run.imported, run.rejected) == (58, 2)
    assert rejects_beside(long_file)[1]["reason"] == "holds a value that the database cannot store"
    assert not connection.in_atomic_block
    assert connection.get_autocommit()


def test_the_victim_of_a_deadlock_tries_again(long_file, monkeypatch):
    victims = iter([True, True, False])
    real = share.score_transaction

    def deadlocked(**what):
        if next(victims, False):
            cause = OperationalError("deadlock detected")
            cause.__cause__ = DeadlockDetected()
            raise Unavailable("The database does not answer.") from cause
        return real(**what)

    monkeypatch.setattr(share, "score_transaction", deadlocked)
    run_import(long_file, "handbook", "--limit", "60")
    assert ImportRun.objects.get().imported == 59


def test_a_database_that_is_gone_ends_the_import_in_a_sentence(long_file, monkeypatch):
    monkeypatch.setattr(importing, "SHARE", 100)
    real = share.score_transaction

    def gone(**what):
        if what["request"].transaction_id == "handbook-250":
            raise Unavailable("The database does not answer.")
        return real(**what)

    monkeypatch.setattr(share, "score_transaction", gone)
    with pytest.raises(Exception, match="the same command goes on after them"):
        run_import(long_file, "handbook")
    assert Transaction.objects.count() == 199
    monkeypatch.undo()
    run_import(long_file, "handbook")
    check_complete(long_file)


def test_a_share_that_somebody_else_has_done_is_not_stored_twice(long_file, monkeypatch):
    real = share.score_transaction

    def overtake(**what):
        ImportRun.objects.update(progress=[250])
        return real(**what)

    monkeypatch.setattr(share, "score_transaction", overtake)
    with pytest.raises(Exception, match="Another process has gone on") as caught:
        run_import(long_file, "handbook", "--limit", "60")
    assert isinstance(caught.value.__context__, Overtaken)
    assert Transaction.objects.count() == 0
