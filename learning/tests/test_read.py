"""Reading: filters reach the files, types are stable, labels are joined as they were known."""

import datetime as dt

import duckdb
import polars as pl
import pytest
from django.utils import timezone as clock

from features import layouts
from features.catalogue import CATALOGUE
from features.layouts import Layout, layout
from features.types import Type
from learning.archive import read, schema
from learning.archive.exporting import export
from learning.archive.schema import DAY as DAY_COLUMN
from learning.archive.schema import DECISION, LABEL, default_columns, full_schema
from learning.errors import UnknownColumnError
from learning.models import ArchiveFile
from learning.tests.conftest import DAY, decide
from scoring.models import Decision
from transactions.models import Label

pytestmark = pytest.mark.django_db(transaction=True)
DAYS = [DAY + dt.timedelta(days=number) for number in range(3)]


@pytest.fixture
def history(bank, stranger, any_archive):
    """Three days of two institutions, two decisions each."""
    for client in (bank, stranger):
        decide(client, *DAYS)
    export()


CHOICES = [
    ({}, 12),
    ({"institution": "bank"}, 6),
    ({"institution": "nobody"}, 0),
    ({"since": DAYS[1]}, 8),
    ({"until": DAYS[1]}, 4),
    ({"since": DAYS[1], "until": DAYS[2], "institution": "other"}, 2),
    ({"since": dt.datetime.combine(DAYS[2], dt.time(13), dt.UTC)}, 0),
    ({"until": dt.datetime.combine(DAYS[0], dt.time(13), dt.UTC)}, 4),
    ({"until": dt.datetime.combine(DAYS[0], dt.time(12), dt.UTC)}, 0),
    ({"since": dt.date(2031, 1, 1)}, 0),
]


def test_rows_are_chosen_by_time_and_institution(history):
    for asked, rows in CHOICES:
        frame = read.scan(**asked, columns=["transaction_id", "amount"]).collect()
        assert (frame.height, frame.columns) == (rows, ["transaction_id", "amount"]), asked


@pytest.mark.parametrize("most", [1, 2, 3, 5, 1_000])
def test_portions_hold_every_row_once_and_no_more_than_asked_for(history, most):
    asked = {"institutions": ["bank"], "since": DAYS[0], "until": DAYS[2]}
    found = read.portions(**asked, columns=["transaction_id", "day"], rows=most)
    frames = [portion.frame.collect() for portion in found]
    assert all(portion.rows <= most for portion in found)
    assert sum(portion.rows for portion in found) == 8  # of both institutions
    together = pl.concat(frames)
    assert together["day"].is_sorted()
    expected = read.scan(institution="bank", until=DAYS[2], columns=["transaction_id", "day"])
    assert together.sort("transaction_id").equals(expected.collect().sort("transaction_id"))
    assert {version for portion in found for version in portion.versions} == {CATALOGUE.version}


def test_columns_have_their_types_whether_or_not_there_are_rows(history):
    expected = {name: full_schema()[name] for name in default_columns()}
    for asked in ({}, {"since": dt.date(2031, 1, 1)}):
        assert dict(read.scan(**asked).collect().schema) == expected
    assert expected["amount"] == pl.Float64
    assert expected["ip_is_vpn"] == pl.Boolean
    assert expected["email"] == pl.String
    assert expected["usual_merchant_categories"] == pl.List(pl.String)


def test_filters_and_columns_that_come_later_reach_the_files(history, settings):
    rows = read.scan().filter(pl.col("amount") > 10_000).select("day", "amount")
    assert rows.collect().height == 6
    if not settings.ARCHIVE_URL.startswith("memory"):
        plan = rows.explain()
        assert "PROJECT 2/" in plan
        assert 'SELECTION: col("amount") > 10000.0' in plan


def test_head_stops_early(history):
    assert read.scan(columns=["amount"]).head(3).collect().height == 3


def test_only_files_of_the_days_asked_for_are_opened(history):
    assert len(read.files()) == 3
    (path,) = read.files(since=DAYS[1], until=DAYS[2])
    assert f"day={DAYS[1]}" in path
    assert len(read.files(until=dt.datetime.combine(DAYS[1], dt.time(1), dt.UTC))) == 2


def test_an_unknown_column_is_named_with_the_one_that_was_meant(history):
    with pytest.raises(UnknownColumnError, match="no column amout; did you mean amount"):
        read.scan(columns=["amout"])


def test_a_time_without_a_zone_is_refused(history):
    with pytest.raises(ValueError, match="zone"):
        read.scan(since=dt.datetime(2026, 1, 1))  # noqa: DTZ001


def test_no_column_of_a_decision_has_the_name_of_a_feature():
    names = set(CATALOGUE.index)
    assert not names & {*DECISION, *DAY_COLUMN, *LABEL}


# -- catalogue versions ---------------------------------------------------------------------------


@pytest.fixture
def newer_catalogue(monkeypatch):
    """A version in which `amount` is text, `phone` is gone and `mood` is new."""
    old = layout(CATALOGUE.version)
    names = tuple("mood" if name == "phone" else name for name in old.names)
    types = tuple(
        Type.STRING if name in {"amount", "mood"} else kind
        for name, kind in zip(names, old.types, strict=True)
    )
    version = CATALOGUE.version + 1
    new = Layout(version, names, types, old.numbers, old.texts)
    monkeypatch.setattr(
        schema, "layout", lambda number: new if number == version else layout(number)
    )
    monkeypatch.setattr(CATALOGUE, "version", version)
    schema.full_schema.cache_clear()
    schema.feature_schema.cache_clear()
    yield
    monkeypatch.undo()
    schema.full_schema.cache_clear()
    schema.feature_schema.cache_clear()


def test_a_feature_that_a_version_did_not_know_is_null(history, newer_catalogue):
    frame = read.scan(columns=["mood", "amount", "phone"]).collect()
    assert dict(frame.schema) == {"mood": pl.String, "amount": pl.String, "phone": pl.String}
    assert frame["mood"].null_count() == 12
    assert frame["amount"].cast(pl.Float64).sum() == 6 * 501_500


def test_a_retired_feature_is_read_when_asked_for(history, newer_catalogue):
    assert "phone" not in read.scan().collect_schema()
    assert "phone" in read.scan(columns=["phone"]).collect_schema()


def test_files_of_two_versions_are_read_together(history, newer_catalogue, monkeypatch, settings):
    first = ArchiveFile.objects.order_by("day").first()
    ArchiveFile.objects.filter(pk=first.pk).update(catalogue_version=CATALOGUE.version)
    if not settings.ARCHIVE_URL.startswith("memory"):
        path = read.files()[0]
        frame = pl.read_parquet(path, hive_partitioning=False).rename({"phone": "mood"})
        frame.with_columns(
            pl.lit("calm").alias("mood"), pl.col("amount").cast(pl.String)
        ).write_parquet(path)
        rows = read.scan(columns=["day", "mood", "amount"]).collect()
        assert rows.filter(pl.col("mood") == "calm")["day"].to_list() == [DAYS[0]] * 4
        assert rows.height == 12


def test_layouts_on_file_are_all_readable():
    for path in layouts.FOLDER.glob("*.json"):
        assert schema.file_schema(int(path.stem))


# -- labels ---------------------------------------------------------------------------------------

LATER = [dt.datetime(2026, 11, day, tzinfo=dt.UTC) for day in range(1, 6)]


def label(decision: Decision, is_fraud: bool, known_at: dt.datetime, source="analyst"):
    return Label.objects.create(
        transaction_id=decision.pk,
        institution_id=decision.institution_id,
        is_fraud=is_fraud,
        known_at=known_at,
        source=source,
        typology="account_takeover" if is_fraud else "",
        recorded_at=clock.now(),
    )


def test_the_latest_label_known_by_then_is_joined(history):
    decision = Decision.objects.first()
    label(decision, True, LATER[1])
    label(decision, False, LATER[3])
    for known_by, fraud in zip(LATER, (None, True, True, False, False), strict=True):
        rows = read.scan(columns=["transaction_id", "status"], known_by=known_by).collect()
        assert rows.columns == ["transaction_id", "status", *LABEL]
        assert rows.height == 12
        known = dict(zip(rows["transaction_id"], rows["label_is_fraud"], strict=True))
        assert known.pop(str(decision.pk)) is fraud
        assert set(known.values()) == {None}


def test_of_two_labels_known_at_once_the_one_recorded_last_counts(history):
    decision = Decision.objects.first()
    label(decision, True, LATER[0], source="customer")
    label(decision, False, LATER[0], source="analyst")
    (row,) = read.known_labels(known_by=LATER[0]).to_dicts()
    assert (row["label_is_fraud"], row["label_source"]) == (False, "analyst")
    assert row["label_known_at"] == LATER[0]


def test_labels_can_be_asked_for_by_institution_and_time(history):
    for decision in Decision.objects.all():
        label(decision, True, LATER[0])
    assert read.known_labels(known_by=LATER[0]).height == 12
    assert read.known_labels(known_by=LATER[0], institution="bank").height == 6
    since = dt.datetime.combine(DAYS[1], dt.time(), dt.UTC)
    assert read.known_labels(known_by=LATER[0], since=since).height == 8
    assert read.known_labels(known_by=LATER[0], until=since).height == 4
    joined = read.scan(columns=["amount"], known_by=LATER[0], until=DAYS[1])
    assert joined.collect()["label_typology"].to_list() == ["account_takeover"] * 4


# -- other tools ----------------------------------------------------------------------------------


@pytest.fixture
def local_history(bank, stranger, archive):
    for client in (bank, stranger):
        decide(client, *DAYS)
    export()
    return archive


def test_duckdb_reads_the_directory_and_skips_other_days(local_history):
    query = (
        "SELECT institution, count(*), sum(amount) "
        "FROM read_parquet($path, hive_partitioning = true) "
        "WHERE day = $day GROUP BY ALL ORDER BY ALL"
    )
    values = {"path": f"{local_history}/*/*.parquet", "day": DAYS[1]}
    found = duckdb.execute(query, values).fetchall()
    assert found == [("bank", 2, 501_500), ("other", 2, 501_500)]
    plan = duckdb.execute(f"EXPLAIN ANALYZE {query}", values).fetchall()[0][1]
    assert "Scanning Files: 1/3" in plan


def test_duckdb_reads_the_files_by_name(local_history):
    found = duckdb.execute(
        "SELECT count(*), typeof(any_value(day)), typeof(any_value(hits)) "
        "FROM read_parquet($files, hive_partitioning = true, union_by_name = true)",
        {"files": read.files(since=DAYS[1])},
    ).fetchone()
    assert found == (8, "DATE", "VARCHAR[]")


def test_polars_reads_the_directory_by_itself(local_history):
    rows = pl.scan_parquet(local_history, hive_partitioning=True)
    chosen = rows.filter(pl.col("day") == DAYS[0], pl.col("institution") == "bank")
    assert chosen.select("amount").collect()["amount"].sum() == 501_500
