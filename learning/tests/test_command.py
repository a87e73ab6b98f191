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


@pytest.mark.parametrize(
    ("store", "why"),
    [
        ("refusing_store", "NotLoggedInError: no login"),
        ("blocked_store", "(NotADirectory|FileExists)Error"),
        ("full_store", "No space left on device"),
    ],
)
def test_an_export_to_where_nothing_can_be_written_says_so(request, bank, store, why):
    request.getfixturevalue(store)
    decide(bank)
    with pytest.raises(CommandError, match=f"^The archive at .* cannot be used .*{why}") as caught:
        call_command("archive", "export")
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)
    assert archive_status()[:4] == (0, 2, 0, 0)


def test_what_a_full_disk_left_is_gone_when_there_is_room(bank, archive, full_store, monkeypatch):
    decide(bank)
    with pytest.raises(CommandError):
        call_command("archive", "export")
    assert not list(archive.glob("*/*"))
    monkeypatch.undo()
    call_command("archive", "export")
    assert len(list(archive.glob("*/*"))) == ArchiveFile.objects.count() == 1


@pytest.mark.parametrize("what", ["export", "compact", "verify", "repair"])
@pytest.mark.parametrize("url", ["nonsense://bucket", "refusing://ada:secret@files/archive"])
def test_each_command_says_when_the_store_cannot_be_used(
    bank, archive, refusing_store, settings, what, url
):
    settings.ARCHIVE_URL = str(archive.parent)
    for _ in range(2):
        decide(bank)
        call_command("archive", "export")
    settings.ARCHIVE_URL = url
    decide(bank)
    with pytest.raises(CommandError, match="cannot be used"):
        call_command("archive", what)


def test_a_merge_of_a_file_that_is_gone_says_so(bank, any_archive):
    for _ in range(2):
        decide(bank)
        call_command("archive", "export")
    archive_store().remove(ArchiveFile.objects.first().path)
    with pytest.raises(CommandError, match=r"cannot be used .*FileNotFoundError"):
        call_command("archive", "compact")
    assert set(ArchiveFile.objects.values_list("state", "rows")) >= {("live", 2)}


@pytest.mark.parametrize("what", ["verify", "repair", "files"])
@pytest.mark.parametrize(
    ("since", "until"), [("2026-10-06", "2026-10-06"), ("2026-10-06", "0001-01-01")]
)
def test_a_period_without_days_is_refused(archive, what, since, until):
    with pytest.raises(CommandError, match=f"No day lies between {since} and {until}"):
        call_command("archive", what, "--since", since, "--until", until)


@pytest.mark.parametrize("what", ["verify", "files"])
@pytest.mark.parametrize("bound", ["--since", "--until"])
@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_the_first_and_the_last_of_days_are_days(bank, archive, what, bound, day):
    decide(bank)
    call_command("archive", "export")
    call_command("archive", what, bound, day)


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
    errors = [error for error in run_checks() if error.id == "fraudshield.E010"]
    assert [url in error.msg for error in errors] == [True]


def test_a_server_that_is_down_keeps_nothing_from_starting(settings):
    settings.ARCHIVE_URL = "ftp://127.0.0.1:1/archive"
    assert [error for error in run_checks() if error.id == "fraudshield.E010"] == []


def test_passwords_in_the_address_are_not_shown(settings, capsys):
    settings.ARCHIVE_URL = "ftp://ada:secret@files.example.org/archive"
    status = run(capsys, "status")
    assert "ftp://files.example.org/archive" in status
    assert "secret" not in status
