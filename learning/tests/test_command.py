"""The command, the task and the figures, as operators meet them."""

import datetime as dt
import subprocess
import sys

import pytest
from django.core.checks import run_checks
from django.core.management import CommandError, call_command
from django.test import Client
from prometheus_client import REGISTRY

from foundation.tests.threads import at_once
from learning import tasks
from learning.archive import journal
from learning.archive.status import archive_lag, archive_status
from learning.archive.store import archive_store
from learning.models import ArchiveFile, ArchiveState
from learning.tests.conftest import DAY, decide
from scoring.models import Decision

pytestmark = pytest.mark.django_db(transaction=True)


def run(capsys, *arguments: str) -> str:
    call_command("archive", *arguments)
    return capsys.readouterr().out


def test_export_and_status_tell_what_there_is(bank, archive, capsys):
    decide(bank, DAY, DAY + dt.timedelta(days=1))
    status = run(capsys, "status")
    assert "4 decisions, last serial 4" in status
    assert "Waiting         4 decisions" in status
    assert "Last export     never" in status
    assert "4 decisions exported into 2 files" in run(capsys, "export")
    status = run(capsys, "status")
    for words in (
        "Archived        4 decisions, through serial 4",
        "Waiting         0 decisions, the oldest for 0 s",
        "Days            2, 2026-10-05 to 2026-10-06",
        str(archive.parent),
    ):
        assert words in status


def test_export_stops_at_a_serial(bank, archive, capsys):
    decide(bank, DAY, DAY)
    assert "3 decisions exported" in run(capsys, "export", "--until", "3")
    assert archive_status().waiting.decisions == 1


def test_verify_ends_with_an_error_when_something_differs(bank, archive, capsys):
    decide(bank)
    run(capsys, "export")
    assert "2 decisions compared with 1 files: 0 days differ" in run(capsys, "verify")
    archive_store().remove(ArchiveFile.objects.get().path)
    with pytest.raises(CommandError, match="2 differences"):
        call_command("archive", "verify")
    told = capsys.readouterr().err
    assert "is missing" in told
    assert str(Decision.objects.first().pk) in told
    assert "1 days written again with 2 decisions" in run(capsys, "repair")
    assert "0 days differ" in run(capsys, "verify", "--since", str(DAY))


def test_compact_and_files(bank, archive, capsys):
    for _ in range(2):
        decide(bank)
        run(capsys, "export")
    assert "2 files merged into 1" in run(capsys, "compact")
    (path,) = archive.glob("*/*")
    assert run(capsys, "files") == f"{path}\n"
    assert run(capsys, "files", "--since", "2026-10-06") == ""


def test_a_day_must_be_one(archive):
    with pytest.raises(CommandError, match="5 October is no day"):
        call_command("archive", "verify", "--since", "5 October")


def test_a_second_export_is_told_that_one_is_running(archive):
    def other():
        with pytest.raises(CommandError, match="Another process"):
            call_command("archive", "export")

    with journal.writing():
        assert at_once(other) == [None]


# -- the task -------------------------------------------------------------------------------------


def figure(name: str) -> float:
    return REGISTRY.get_sample_value(name) or 0.0


def test_the_task_exports(bank, archive):
    decide(bank)
    before = figure("archive_rows_exported_total")
    tasks.export_archive()
    assert figure("archive_rows_exported_total") - before == 2
    assert ArchiveState.objects.get().exported_at is not None


def test_the_task_survives_a_dead_store_and_counts_it(bank, archive, settings, tmp_path):
    (tmp_path / "file").write_text("in the way")
    settings.ARCHIVE_URL = str(tmp_path / "file")
    decide(bank)
    before = figure("archive_runs_failed_total")
    tasks.export_archive()
    assert figure("archive_runs_failed_total") - before == 1
    assert ArchiveState.objects.get().is_failing


def test_the_task_leaves_a_running_export_alone(bank, archive):
    before = figure("archive_runs_failed_total")
    with journal.writing():
        assert at_once(tasks.export_archive) == [None]
    assert figure("archive_runs_failed_total") == before


def test_the_task_is_scheduled(settings):
    scheduled = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert tasks.export_archive.name in scheduled


def test_a_worker_loads_polars_only_after_it_has_forked():
    """Threads do not survive a fork."""
    code = (
        "import django, sys; django.setup(); import learning.tasks, learning.admin;"
        "from fraudshield.celery import app; app.loader.import_default_modules();"
        "print('polars' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


# -- figures and settings -------------------------------------------------------------------------


def test_the_lag_is_the_age_of_the_oldest_decision_that_waits(bank, archive, capsys):
    assert archive_lag() == 0.0
    decide(bank)
    lag = archive_lag()
    assert 0.0 < lag < 60.0
    assert b"archive_lag_seconds 0.0\n" not in Client().get("/metrics").content
    run(capsys, "export")
    assert archive_lag() == 0.0
    assert b"archive_lag_seconds 0.0\n" in Client().get("/metrics").content


@pytest.mark.parametrize("url", ["nonsense://bucket", "s3://bucket/archive"])
def test_an_address_without_a_driver_is_refused_at_the_start(settings, url):
    settings.ARCHIVE_URL = url
    errors = [error for error in run_checks() if error.id == "learning.E001"]
    assert [url in error.msg for error in errors] == [True]


def test_passwords_in_the_address_are_not_shown(settings, capsys):
    settings.ARCHIVE_URL = "ftp://ada:secret@files.example.org/archive"
    status = run(capsys, "status")
    assert "ftp://files.example.org/archive" in status
    assert "secret" not in status
