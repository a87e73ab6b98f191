"""Every decision comes into the archive exactly once."""

import datetime as dt
import json
import threading

import polars as pl
import pytest
from django.db import connection, transaction

from features.vector import by_name
from foundation.tests.threads import at_once
from learning.archive import exporting, journal, read
from learning.archive.exporting import export
from learning.archive.schema import DECISION
from learning.archive.settled import settled_serial
from learning.errors import ArchiveBusy, ArchiveMoved
from learning.models import ArchiveFile, ArchiveState
from learning.tests.conftest import DAY, decide
from scoring.models import Decision
from scoring.services import score_transaction
from scoring.tests.making import make_request

pytestmark = pytest.mark.django_db(transaction=True)
NEXT_DAY = DAY + dt.timedelta(days=1)


def archived() -> list[str]:
    return read.scan(columns=["transaction_id"]).collect()["transaction_id"].sort().to_list()


def stored() -> list[str]:
    return sorted(str(pk) for pk in Decision.objects.values_list("pk", flat=True))


def test_what_was_decided_is_archived_once_however_often_it_runs(bank, any_archive):
    decide(bank, DAY, NEXT_DAY)
    first, second = export(), export()
    assert (first.rows, first.complete, second.rows) == (4, True, 0)
    decide(bank, DAY)
    assert export().rows == 2
    assert archived() == stored()


def test_files_lie_in_a_directory_a_day(bank, archive):
    decide(bank, DAY, NEXT_DAY)
    export()
    assert sorted(path.name for path in archive.iterdir()) == ["day=2026-10-05", "day=2026-10-06"]
    assert all(path.suffix == ".parquet" for path in archive.glob("*/*"))


def test_a_transaction_that_commits_after_later_ones_is_not_missed(bank, archive):
    """Its serial is taken first, and it is committed when later serials were asked for already."""
    decide(bank)
    written, commit = threading.Event(), threading.Event()

    def late():
        with transaction.atomic():
            score_transaction(client=bank, request=make_request(), source="late")
            written.set()
            assert commit.wait(20)

    def others():
        assert written.wait(20)
        decide(bank)
        early = export(patience=0.2)
        commit.set()
        return early

    _, early = at_once(late, others)
    assert (early.rows, early.settled, early.through) == (0, False, 0)
    assert export().rows == 5
    assert archived() == stored()
    assert export().rows == 0


def test_an_export_waits_for_an_open_transaction_and_takes_it_along(bank, archive):
    decide(bank)
    written, asked = threading.Event(), threading.Event()

    def late():
        with transaction.atomic():
            score_transaction(client=bank, request=make_request(), source="late")
            written.set()
            assert asked.wait(20)

    def others():
        assert written.wait(20)
        threading.Timer(0.2, asked.set).start()
        return export(patience=10)

    _, done = at_once(late, others)
    assert (done.rows, done.settled) == (3, True)
    assert archived() == stored()


def test_a_transaction_that_wrote_no_decision_is_not_waited_for(bank, archive):
    decide(bank)
    written, exported = threading.Event(), threading.Event()

    def busy_elsewhere():
        with transaction.atomic():
            ArchiveState.objects.create(id=1)
            list(Decision.objects.all())
            written.set()
            assert exported.wait(20)
            transaction.set_rollback(True)

    def others():
        assert written.wait(20)
        serial = settled_serial(patience=0.2)
        exported.set()
        return serial

    assert at_once(busy_elsewhere, others)[1] == 2


def test_serials_of_what_was_rolled_back_leave_harmless_gaps(bank, archive):
    decide(bank)
    with transaction.atomic():
        decide(bank)
        transaction.set_rollback(True)
    decide(bank)
    assert export().rows == 4
    assert archived() == stored()


def test_slices_cover_everything(bank, archive, monkeypatch):
    monkeypatch.setattr(exporting, "SLICE", 3)
    decide(bank, *[DAY] * 5)
    told = []
    assert export(advance=told.append).rows == 10
    assert (sum(told), max(told)) == (ArchiveState.objects.get().through, 3)
    assert archived() == stored()


def test_a_run_that_has_no_time_left_goes_on_next_time(bank, archive, monkeypatch):
    monkeypatch.setattr(exporting, "SLICE", 3)
    decide(bank, *[DAY] * 3)
    assert not export(seconds=0).complete
    assert len(archived()) == 3
    export()
    assert archived() == stored()


def test_a_run_stops_where_it_is_told(bank, archive):
    decide(bank, DAY, DAY)
    through = export(until=3).through
    assert (through, len(archived())) == (3, 3)


class Crash(BaseException):
    """The process ends here: nothing behind it runs, not even error handling."""


def crash(*args, **kwargs):
    raise Crash


STEPS = {
    "before anything is announced": (exporting, "read_slice"),
    "before a file is announced": (journal, "announce"),
    "before a file is written": (exporting, "write_frame"),
    "before the files count": (journal, "advance"),
    "while they are made to count": (journal, "_make_live"),
    "after the files count": (exporting.ROWS_EXPORTED, "inc"),
}


@pytest.mark.parametrize("step", STEPS)
def test_a_crash_between_any_two_steps_neither_loses_nor_doubles(
    bank, any_archive, monkeypatch, step
):
    decide(bank, DAY, NEXT_DAY)
    export()
    decide(bank, DAY, NEXT_DAY)
    with monkeypatch.context() as patched:
        patched.setattr(*STEPS[step], crash)
        with pytest.raises(Crash):
            export()
    counted = archived()
    assert len(counted) in {4, 8}
    assert len(counted) == len(set(counted))
    export()
    assert archived() == stored()
    assert not ArchiveFile.objects.exclude(state="live")


def test_what_a_crash_left_is_removed_from_the_store(bank, archive, monkeypatch):
    decide(bank)
    with monkeypatch.context() as patched:
        patched.setattr(journal, "advance", crash)
        with pytest.raises(Crash):
            export()
    (left,) = archive.glob("*/*.parquet")
    export()
    assert not left.exists()
    assert len(list(archive.glob("*/*"))) == 1


def test_a_file_is_never_visible_half_written(bank, archive, monkeypatch):
    seen = []

    def half(frame, path):
        path.write_bytes(b"PAR1")
        seen.extend(archive.glob("*/*.parquet"))
        raise OSError("disk full")

    decide(bank)
    monkeypatch.setattr(exporting, "write_frame", half)
    with pytest.raises(OSError, match="disk full"):
        export()
    assert seen == []
    assert list(archive.glob("*/*")) == []


def test_only_one_process_exports_at_a_time(bank, archive):
    decide(bank)

    def other():
        with pytest.raises(ArchiveBusy):
            export()
        return True

    with journal.writing():
        assert at_once(other) == [True]
    assert export().rows == 2


def test_exporters_at_once_write_everything_once(bank, archive):
    decide(bank, *[DAY] * 5)
    results = at_once(*[export] * 4)
    assert sum(result.rows for result in results if not isinstance(result, ArchiveBusy)) == 10
    assert archived() == stored()


def test_one_who_lost_the_lock_unnoticed_can_make_nothing_count(bank, archive):
    decide(bank)
    export()
    with pytest.raises(ArchiveMoved):
        journal.advance(after=0, through=2, written=[])


def test_a_dead_store_is_noted_and_overcome(bank, archive, settings):
    decide(bank)
    archive.parent.parent.joinpath("in-the-way").write_text("a file")
    settings.ARCHIVE_URL = str(archive.parent.parent / "in-the-way")
    with pytest.raises(OSError, match="in-the-way"):
        export()
    state = ArchiveState.objects.get()
    assert (state.is_failing, state.through) == (True, 0)
    settings.ARCHIVE_URL = str(archive.parent)
    export()
    assert not ArchiveState.objects.get().is_failing
    assert archived() == stored()


def test_rows_say_what_the_database_says(bank, archive):
    decide(bank, identifiers={"email": "ada@example.com"})
    export()
    frame = read.scan().collect()
    assert frame.columns[1 : len(DECISION) + 1] == list(DECISION)
    for row in frame.to_dicts():
        decision = Decision.objects.select_related("transaction").get(pk=row["transaction_id"])
        for name in ("status", "risk_level", "fraud_score", "rule_score", "ml_score", "effect"):
            assert row[name] == getattr(decision, name)
        assert row["hits"] == [hit["code"] for hit in decision.hits]
        assert row["hit_scores"] == [hit["score"] for hit in decision.hits]
        assert json.loads(row["rates"]) == decision.inputs["rates"]
        assert json.loads(row["listed"]) == decision.inputs["listed"]
        assert row["shadow_hits"] == [hit["code"] for hit in decision.shadow_hits]
        assert (row["decided_at"], row["received_at"]) == (
            decision.decided_at,
            decision.transaction.received_at,
        )
        assert (row["day"], row["institution"], row["source"]) == (DAY, "bank", "test")
        known = by_name(decision.numbers, decision.texts, decision.catalogue_version)
        features = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in row.items()
            if name not in DECISION and name != "day" and value is not None
        }
        assert features == known


def test_nothing_personal_leaves_the_database(bank, archive):
    identifiers = {"email": "ada@example.com", "phone": "+2348012345678", "device_id": "device-9"}
    decide(bank, identifiers=identifiers, extras={"holder": "Ada Lovelace"})
    export()
    (path,) = archive.glob("*/*")
    content = pl.read_parquet(path).write_json() + path.read_bytes().decode("latin-1")
    for secret in (*identifiers.values(), "Lovelace", '"ada"'):
        assert secret not in content


def test_the_database_numbers_decisions_by_itself(bank):
    decide(bank, DAY, DAY)
    with connection.cursor() as cursor:
        cursor.execute("SELECT serial FROM scoring_decision ORDER BY transaction_id")
        serials = [serial for (serial,) in cursor.fetchall()]
    assert serials == sorted(set(serials))
