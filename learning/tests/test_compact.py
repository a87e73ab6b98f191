"""Many small files become few, and nothing is lost or doubled on the way."""

import doctest

import polars as pl
import pytest

from foundation.tests.threads import at_once
from learning.archive import compacting, journal, read
from learning.archive.compacting import FAN_IN, FULL, compact, merges
from learning.archive.exporting import export
from learning.errors import ArchiveMoved, WrongRowCountError
from learning.models import ArchiveFile
from learning.tests.conftest import decide
from learning.tests.test_export import Crash, archived, crash, stored

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def small_files(bank, stranger, any_archive):
    """Three files of one day, each with decisions of two institutions."""
    for _ in range(3):
        decide(stranger)
        decide(bank)
        export()


def test_the_examples_hold():
    assert doctest.testmod(compacting).failed == 0


def test_small_files_become_one(small_files):
    assert compact(everything=True) == (3, 1)
    assert ArchiveFile.objects.count() == 1
    assert archived() == stored()
    assert compact(everything=True) == (0, 0)


def test_a_merged_file_is_sorted_so_that_institutions_can_be_skipped(small_files):
    compact(everything=True)
    rows = read.scan(columns=["institution", "serial"]).collect()
    assert rows["institution"].is_sorted()
    assert rows.height == rows["serial"].n_unique() == 12


def test_old_files_are_removed(small_files, settings):
    compact(everything=True)
    (path,) = read.files()
    assert path.rpartition("/")[2] == ArchiveFile.objects.get().path.rpartition("/")[2]
    assert ArchiveFile.objects.get().rows == 12


def test_days_and_catalogue_versions_are_not_mixed(small_files):
    ArchiveFile.objects.filter(pk=ArchiveFile.objects.first().pk).update(catalogue_version=99)
    assert compact(everything=True) == (2, 1)


def test_a_day_that_still_grows_waits_for_more_files(small_files):
    assert compact() == (0, 0)


def test_a_quiet_day_is_merged(small_files):
    ArchiveFile.objects.update(written_at="2026-10-05T00:00Z")
    assert compact() == (3, 1)


STEPS = {
    "before the merged file is announced": (journal, "announce"),
    "before it is written": (compacting, "merge"),
    "before it counts": (journal, "replace"),
    "while it is made to count": (journal, "_make_live"),
    "before the old ones are removed": (journal, "_remove"),
}


@pytest.mark.parametrize("step", STEPS)
def test_a_crash_between_any_two_steps_neither_loses_nor_doubles(small_files, monkeypatch, step):
    with monkeypatch.context() as patched:
        patched.setattr(*STEPS[step], crash)
        with pytest.raises(Crash):
            compact(everything=True)
    assert archived() == stored()
    compact(everything=True)
    assert archived() == stored()
    assert len(read.files()) == 1 == ArchiveFile.objects.count()


def test_a_merge_that_lost_rows_does_not_count(small_files, monkeypatch):
    ArchiveFile.objects.filter(pk=ArchiveFile.objects.first().pk).update(rows=5)
    with pytest.raises(WrongRowCountError):
        compact(everything=True)
    assert archived() == stored()


def test_while_somebody_reads_no_file_is_removed(small_files):
    before = read.files()
    with read.reading():
        assert at_once(lambda: compact(everything=True)) == [(0, 0)]
        assert read.files() == before
    assert compact(everything=True).into == 1


def test_what_was_replaced_cannot_be_replaced_again(small_files):
    old = list(ArchiveFile.objects.all())
    compact(everything=True)
    with pytest.raises(ArchiveMoved):
        journal.replace(old=old, new=[])


def file_of(rows: int, serial: int) -> ArchiveFile:
    return ArchiveFile(rows=rows, first_serial=serial)


@pytest.mark.parametrize(
    ("rows", "at_least", "by_size", "groups"),
    [
        ([], 2, False, []),
        ([10], 2, False, []),
        ([10, 20_000], 2, False, [[10, 20_000]]),
        ([10] * (FAN_IN - 1) + [100], FAN_IN, True, []),
        ([10] * FAN_IN + [100], FAN_IN, True, [[10] * FAN_IN]),
        ([FULL - 1, 1, 1], 2, False, [[FULL - 1, 1]]),
    ],
)
def test_which_files_are_merged(rows, at_least, by_size, groups):
    files = [file_of(count, serial) for serial, count in enumerate(rows)]
    found = merges(files, at_least=at_least, by_size=by_size)
    assert [[file.rows for file in group] for group in found] == groups


def test_over_a_day_each_row_is_rewritten_a_few_times_only():
    """A file a minute, merged as the task does it: the cost that FAN_IN is chosen for."""
    files: list[ArchiveFile] = []
    rewritten = most = 0
    for minute in range(1_440):
        files.append(file_of(100, minute))
        for group in merges(files, at_least=FAN_IN, by_size=True):
            files = [file for file in files if file not in group]
            rows = sum(file.rows for file in group)
            files.append(file_of(rows, group[0].first_serial))
            rewritten += rows
        most = max(most, len(files))
    assert rewritten / 144_000 < 4
    assert most < 32


def test_row_groups_hold_statistics(small_files, settings):
    assert read.scan().filter(pl.col("institution") == "bank").collect().height == 6
