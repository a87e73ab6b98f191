"""Verify finds every way in which archive and database can differ; repair takes them away."""

import datetime as dt

import polars as pl
import pytest
from django.db import connection

from learning.archive.exporting import export
from learning.archive.repairing import remove_strangers, rewrite_days
from learning.archive.store import archive_store
from learning.archive.verifying import Period, Report, row_hashes, verify
from learning.models import ArchiveFile
from learning.tests.conftest import DAY, decide
from learning.tests.test_export import archived, stored
from scoring.models import Decision

pytestmark = pytest.mark.django_db(transaction=True)
DAYS = [DAY, DAY + dt.timedelta(days=1)]


@pytest.fixture
def history(bank, archive):
    decide(bank, *DAYS)
    export()
    decide(bank, *DAYS)
    export()


def change_file(change) -> str:
    """Rewrites the first file of the first day and keeps its noted size; its path."""
    file = ArchiveFile.objects.order_by("day", "first_serial")[0]
    store = archive_store()
    with store.local(file.path) as path:
        frame = change(pl.read_parquet(path, hive_partitioning=False))
    size = store.put(file.path, frame.write_parquet)
    ArchiveFile.objects.filter(pk=file.pk).update(size=size)
    return file.path


def put(path: str, content: bytes) -> str:
    archive_store().put(path, lambda local: local.write_bytes(content))
    return path


def first_path() -> str:
    return ArchiveFile.objects.order_by("day", "first_serial")[0].path


def delete_decision():
    pk = Decision.objects.order_by("pk")[0].pk
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE scoring_decision DISABLE TRIGGER USER")
        cursor.execute("DELETE FROM scoring_decision WHERE transaction_id = %s", [pk])
        cursor.execute("ALTER TABLE scoring_decision ENABLE TRIGGER USER")


def test_all_is_well_after_an_export(bank, any_archive):
    decide(bank, *DAYS)
    export()
    assert verify() == Report(4, 2, [], [], [])
    archive_store().remove(first_path())
    assert verify().days == [DAY]
    assert rewrite_days([DAY]) == 2
    assert verify() == Report(4, 2, [], [], [])


def test_what_waits_for_export_is_no_difference(history, bank):
    decide(bank)
    assert verify() == Report(8, 4, [], [], [])


def test_an_empty_archive_is_in_order(any_archive):
    assert verify() == Report(0, 0, [], [], [])


def cut_short():
    store, path = archive_store(), first_path()
    with store.local(path) as local:
        put(path, local.read_bytes()[:-100])


def flip_a_bit():
    """Inside of the file, whose length stays."""
    store, path = archive_store(), first_path()
    with store.local(path) as local:
        content = bytearray(local.read_bytes())
    content[-20] ^= 0xFF
    put(path, bytes(content))


def change(expression: pl.Expr):
    return lambda: change_file(lambda frame: frame.with_columns(expression))


SPOILERS = {
    "a missing file": (lambda: archive_store().remove(first_path()), "is missing"),
    "a file cut short": (cut_short, "bytes, "),
    "a file that cannot be read": (flip_a_bit, "cannot be read"),
    "a row less": (lambda: change_file(lambda frame: frame.head(1)), "holds 1 rows, 2 were"),
    "a row more": (
        lambda: change_file(lambda frame: pl.concat([frame, frame.head(1)])),
        "holds 3 rows, 2 were",
    ),
    "a row twice for another": (
        lambda: change_file(lambda frame: pl.concat([frame.head(1)] * 2)),
        "more than once",
    ),
    "a decision of nowhere": (
        change(pl.lit("00000000-0000-7000-8000-000000000000").alias("transaction_id")),
        "not in the database",
    ),
    "another amount": (change(pl.col("amount") + 0.01), "not as the database has them"),
    "a known value made unknown": (
        change(pl.lit(None, pl.String).alias("user_id")),
        "not as the database has them",
    ),
    "other hits": (change(pl.col("hits").list.head(0)), "not as the database has them"),
    "a deleted decision": (delete_decision, "not in the database"),
}


@pytest.mark.parametrize("spoiler", SPOILERS)
def test_a_difference_is_found_told_and_repaired(history, spoiler):
    spoil, words = SPOILERS[spoiler]
    spoil()
    report = verify()
    assert report.days == [DAY]
    assert any(words in problem for problem in report.problems), report.problems
    assert (
        rewrite_days(report.days)
        == Decision.objects.filter(transaction__occurred_at__date=DAY).count()
    )
    assert verify().problems == []
    assert archived() == stored()


def test_a_difference_outside_of_the_period_is_left_alone(history):
    archive_store().remove(first_path())
    assert verify(Period(since=DAYS[1])) == Report(4, 2, [], [], [])
    assert verify(Period(until=DAYS[1])).days == [DAY]


def test_a_file_of_nobody_is_found_and_removed(history):
    for path in ("decisions/day=2026-10-05/copy.parquet", "decisions/elsewhere.parquet"):
        put(path, b"PAR1")
    report = verify()
    assert (len(report.strangers), len(report.problems), report.days) == (2, 2, [])
    assert len(verify(Period(since=DAYS[1])).strangers) == 1
    remove_strangers([*report.strangers, first_path()])
    assert verify() == Report(8, 4, [], [], [])


def test_a_repair_leaves_to_the_export_what_was_not_exported(history, bank):
    decide(bank)
    rewrite_days([DAY])
    assert verify().problems == []
    assert export().rows == 2
    assert archived() == stored()


def test_hashes_tell_rows_apart_and_do_not_depend_on_their_order():
    frame = pl.DataFrame(
        {"a": ["x", "y", None], "b": [["p", "q"], ["p"], None], "c": [[1.0], [], [2.0, 3.0]]}
    )
    hashes = row_hashes(frame)
    assert hashes.n_unique() == 3
    assert row_hashes(frame.reverse()).sort().equals(hashes.sort())
    other = frame.with_columns(pl.Series("b", [["pq"], ["p"], None]))
    assert (row_hashes(other) == hashes).to_list() == [False, True, True]
    other = frame.with_columns(pl.Series("c", [[1.0], [], [2.0, 3.5]]))
    assert (row_hashes(other) == hashes).to_list() == [True, True, False]
