"""Whole imports: what is stored, repeated, rejected and remembered."""

import csv
import stat
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError
from django.db import connection

from clients.models import Institution
from features.catalogue import CATALOGUE
from features.vector import unpack
from foundation.models import AuditEntry
from foundation.rekey import sealed_models
from intake.imports import importing, share
from intake.imports.rejects import rekey_reject
from intake.imports.runs import facts_of, only_one
from intake.models import ImportReject, ImportRun
from intake.tests.conftest import open_bank
from intake.tests.import_cast import (
    HANDBOOK,
    NATIVE,
    PAYSIM,
    WRITERS,
    handbook_rows,
    rejects_beside,
    run_import,
    write_csv,
    write_jsonl,
    write_parquet,
)
from scoring.models import Decision
from transactions.models import Label, Transaction
from transactions.sealing import open_request

pytestmark = pytest.mark.usefixtures("bank")
FILES = {"handbook": HANDBOOK, "paysim": PAYSIM, "native": NATIVE}


def latest_run() -> ImportRun:
    return ImportRun.objects.order_by("-id")[0]


def counts(run: ImportRun) -> tuple[int, int, int]:
    return run.imported, run.repeated, run.rejected


def all_rows():
    """Everything that a repeat must leave as it is."""
    return (
        list(Transaction.objects.order_by("id").values_list("id", "external_id", "received_at")),
        list(Decision.objects.order_by("pk").values_list("pk", "decided_at", "fraud_score")),
        list(Label.objects.order_by("id").values_list("id", "known_at", "is_fraud")),
    )


@pytest.mark.parametrize("ending", WRITERS)
@pytest.mark.parametrize("name", FILES)
def test_a_file_of_every_format_and_kind_is_imported(tmp_path, name, ending):
    rows = FILES[name]
    summary = run_import(WRITERS[ending](tmp_path / f"f{ending}", rows), name)
    run = latest_run()
    assert counts(run) == (len(rows), 0, 0)
    assert (run.state, run.labels) == ("finished", len(rows))
    assert f"{len(rows)} of {len(rows)} rows done." in summary
    assert set(Transaction.objects.values_list("source", flat=True)) == {f"import:{name}"}
    assert Decision.objects.count() == len(rows)
    assert not (tmp_path / "rejects.csv").exists()


def test_imported_transactions_carry_the_files_time_and_amount(tmp_path):
    run_import(write_csv(tmp_path / "f.csv", HANDBOOK), "handbook", "--currency", "usd")
    stored = Transaction.objects.get(external_id="handbook-3")
    assert stored.occurred_at == datetime(2018, 4, 1, 0, 7, 56, tzinfo=UTC)
    assert (stored.amount, stored.currency) == (146, "USD")


def test_labels_are_known_when_the_delay_has_passed(tmp_path):
    path = write_csv(tmp_path / "f.csv", HANDBOOK)
    run_import(path, "handbook", "--label-delay-days", "3")
    label = Label.objects.get(is_fraud=True)
    assert label.known_at - label.transaction.occurred_at == timedelta(days=3)
    assert (label.source, label.typology) == ("import", "scenario_1")
    assert Label.objects.filter(is_fraud=False).count() == 3


def test_a_label_is_known_by_the_time_of_its_import_at_the_latest(tmp_path):
    now = datetime.now(UTC)
    row = {**NATIVE[0], "timestamp": (now - timedelta(hours=1)).isoformat()}
    run_import(write_jsonl(tmp_path / "f.jsonl", [row]), "native")
    assert now <= Label.objects.get().known_at <= datetime.now(UTC)


def test_the_label_side_is_in_no_vector_and_no_request(tmp_path):
    """The same rows, once called fraud and once genuine, differ in nothing but their labels."""
    open_bank("other")
    for slug, fraud in (("bank", 0), ("other", 1)):
        rows = [{**row, "fraud": fraud, "scenario": 3 * fraud} for row in HANDBOOK]
        run_import(write_csv(tmp_path / f"{slug}.csv", rows), "handbook", institution=slug)
    seen = {}
    for decision in Decision.objects.select_related("transaction"):
        values = unpack(decision.numbers, decision.texts, decision.catalogue_version)
        told = (values, open_request(decision.transaction), decision.hits, decision.fraud_score)
        seen.setdefault(decision.transaction.external_id, []).append(told)
    assert len(seen) == len(HANDBOOK)
    assert all(first == second for first, second in seen.values())
    labels = Label.objects.values_list("institution__slug", "is_fraud").distinct()
    assert set(labels) == {("bank", False), ("other", True)}
    assert not {"fraud", "is_fraud", "isFraud", "actual_fraud", "scenario"} & CATALOGUE.index.keys()


def test_a_second_start_of_a_finished_file_changes_nothing(tmp_path):
    path = write_parquet(tmp_path / "f.parquet", HANDBOOK)
    run_import(path, "handbook")
    before = all_rows()
    assert "was imported on" in run_import(path, "handbook")
    assert all_rows() == before
    assert ImportRun.objects.count() == 1


def test_going_through_a_file_again_repeats_every_row_and_changes_nothing(tmp_path):
    path = write_csv(tmp_path / "f.csv", HANDBOOK)
    run_import(path, "handbook")
    before = all_rows()
    run_import(path, "handbook", "--restart", "--label-delay-days", "30")
    assert counts(latest_run()) == (0, len(HANDBOOK), 0)
    assert all_rows() == before


def test_it_stops_at_the_limit_and_goes_on_from_there(tmp_path, monkeypatch):
    monkeypatch.setattr(importing, "SHARE", 2)
    path = write_csv(tmp_path / "f.csv", handbook_rows(11))
    assert "8 left for a later start" in run_import(path, "handbook", "--limit", "3")
    assert (latest_run().state, latest_run().progress) == ("paused", [3])
    assert "Going on after 3 of 11 rows." in run_import(path, "handbook")
    assert (latest_run().state, counts(latest_run())) == ("finished", (11, 0, 0))


def test_an_unsorted_file_is_imported_in_event_time_order(tmp_path):
    path = write_csv(tmp_path / "f.csv", list(reversed(handbook_rows(9))))
    assert "its rows are sorted first" in run_import(path, "handbook", "--limit", "4")
    run_import(path, "handbook")
    stored = Transaction.objects.order_by("id")
    assert [row.external_id for row in stored] == [f"handbook-{n}" for n in range(9, 0, -1)]
    times = [row.occurred_at for row in stored]
    assert times == sorted(times)


# --- Rejects ----------------------------------------------------------------------------------


def test_bad_rows_are_set_aside_with_their_reasons_and_the_rest_goes_on(tmp_path):
    path = tmp_path / "f.csv"
    path.write_text(
        "t,customer,terminal,cents,fraud\n"
        "10,1,2,500,0\n"
        "soon,1,2,500,0\n"
        "20,1,2,nan,0\n"
        "30,1,2\n"
        "40,1,2,600,1\n"
        "9999999999,1,2,600,1\n",
        encoding="utf-8",
    )
    summary = run_import(path, "handbook")
    assert counts(latest_run()) == (2, 0, 4)
    assert "rejected             4" in summary
    rejects = rejects_beside(path)
    assert [reject["row"] for reject in rejects] == ["2", "3", "4", "6"]
    assert rejects[0]["reason"] == "t: must be a whole number"
    assert '"t": "soon"' in rejects[0]["given"]
    assert rejects[1]["reason"] == "cents: must be a whole number"
    assert rejects[2] == {
        "row": "4",
        "reason": "has 3 cells where the header has 5",
        "given": "30,1,2",
    }
    assert Transaction.objects.count() == 2


def test_the_rejects_file_is_its_owners_alone(tmp_path):
    path = write_csv(tmp_path / "f.csv", [*HANDBOOK, {**HANDBOOK[0], "cents": "x"}])
    run_import(path, "handbook")
    target = tmp_path / "rejects.csv"
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert sorted(p.name for p in tmp_path.iterdir()) == ["f.csv", "rejects.csv"]


def test_an_event_in_the_future_is_rejected(tmp_path):
    later = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    rows = [NATIVE[0], {**NATIVE[1], "timestamp": later}]
    path = write_jsonl(tmp_path / "f.jsonl", rows)
    run_import(path, "native")
    (reject,) = rejects_beside(path)
    assert reject["row"] == "2"
    assert "ahead of the clock" in reject["reason"]


def test_an_id_that_comes_twice_with_other_content_is_rejected(tmp_path):
    rows = [NATIVE[0], {**NATIVE[0], "amount": 7}, NATIVE[0]]
    path = write_jsonl(tmp_path / "f.jsonl", rows)
    run_import(path, "native")
    assert counts(latest_run()) == (1, 1, 1)
    (reject,) = rejects_beside(path)
    assert (reject["row"], "there already" in reject["reason"]) == ("2", True)
    assert Transaction.objects.get().amount == 1500


def test_rejects_of_several_starts_are_all_in_the_file_and_once_each(tmp_path, monkeypatch):
    monkeypatch.setattr(importing, "SHARE", 3)
    rows = [{**row, "cents": "x" if i % 3 else 5} for i, row in enumerate(handbook_rows(12))]
    path = write_csv(tmp_path / "f.csv", rows)
    run_import(path, "handbook", "--limit", "5")
    assert [reject["row"] for reject in rejects_beside(path)] == ["2", "3", "5"]
    assert ImportReject.objects.count() == 3
    run_import(path, "handbook")
    assert [int(r["row"]) for r in rejects_beside(path)] == [2, 3, 5, 6, 8, 9, 11, 12]
    assert ImportReject.objects.count() == 0  # the file has them now


def test_rows_kept_for_the_rejects_file_are_sealed(tmp_path):
    rows = [*HANDBOOK, {**HANDBOOK[0], "cents": "very-private"}, *HANDBOOK]
    path = write_csv(tmp_path / "f.csv", rows)
    run_import(path, "handbook", "--limit", "5")
    kept = ImportReject.objects.get()
    assert b"private" not in bytes(kept.given_sealed)
    before = bytes(kept.given_sealed)
    assert ImportReject in [sealed.model for sealed in sealed_models()]
    assert list(rekey_reject(kept)) == ["given_sealed"]
    assert bytes(kept.given_sealed) != before
    kept.save()
    run_import(path, "handbook")
    assert "very-private" in (tmp_path / "rejects.csv").read_text()


def test_a_file_of_bad_rows_alone_is_a_failure(tmp_path):
    path = write_csv(tmp_path / "f.csv", [{**HANDBOOK[0], "cents": "x"}])
    with pytest.raises(CommandError, match="Not one row could be taken"):
        run_import(path, "handbook")
    assert len(rejects_beside(path)) == 1


def test_an_empty_file_with_a_header_is_no_failure(tmp_path):
    path = tmp_path / "f.csv"
    path.write_text("t,customer,terminal,cents\n", encoding="utf-8")
    assert "0 of 0 rows done." in run_import(path, "handbook")


def test_no_other_file_is_overwritten_by_rejects(tmp_path):
    path = write_csv(tmp_path / "f.csv", HANDBOOK)
    (tmp_path / "rejects.csv").write_text("precious\n")
    with pytest.raises(CommandError, match="would be lost"):
        run_import(path, "handbook")
    assert not ImportRun.objects.exists()


# --- Refusals ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "columns", "named"),
    [
        ("handbook", "t,cents", "customer, terminal"),
        ("paysim", "step,type,amount", "nameOrig, nameDest"),
        ("native", "amount,timestamp", r"user_id \(or customer_id\)"),
    ],
)
def test_a_file_without_the_needed_columns_is_refused_at_once(tmp_path, name, columns, named):
    path = tmp_path / "f.csv"
    path.write_text(f"{columns}\n1,2\n", encoding="utf-8")
    with pytest.raises(CommandError, match=f"lacks columns of the format {name}: {named}"):
        run_import(path, name)
    assert not ImportRun.objects.exists()


def test_columns_that_are_not_used_are_named(tmp_path):
    path = write_csv(tmp_path / "f.csv", [{**row, "colour": "red"} for row in HANDBOOK])
    assert "Columns that are not used: colour." in run_import(path, "handbook")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--institution=nobody"], "There is no institution nobody; there are: bank"),
        (["--currency=XXX"], "--currency must be"),
        (["--epoch=soon"], "--epoch must be"),
        (["--workers=0"], "--workers must be"),
        (["--limit=0"], "--limit must be"),
        (["--label-delay-days=-1"], "--label-delay-days must be"),
        (["--label-delay-days=nan"], "--label-delay-days must be"),
        (["--rejects=/nowhere/at/all.csv"], "cannot be written"),
    ],
)
def test_options_that_make_no_sense_are_refused(tmp_path, options, sentence):
    path = write_csv(tmp_path / "f.csv", HANDBOOK)
    with pytest.raises(CommandError, match=sentence):
        run_import(path, "handbook", *options)


def test_an_epoch_is_refused_where_times_are_whole(tmp_path):
    path = write_jsonl(tmp_path / "f.jsonl", NATIVE)
    with pytest.raises(CommandError, match="--epoch means nothing for native"):
        run_import(path, "native", "--epoch", "2020-01-01")


def test_an_inactive_institution_takes_no_imports(tmp_path):
    Institution.objects.filter(slug="bank").update(is_active=False)
    with pytest.raises(CommandError, match="is not active"):
        run_import(write_csv(tmp_path / "f.csv", HANDBOOK), "handbook")


def test_it_does_not_go_on_with_other_options(tmp_path):
    path = write_csv(tmp_path / "f.csv", HANDBOOK)
    run_import(path, "handbook", "--limit", "2")
    with pytest.raises(CommandError, match=r"began with other options .currency EUR"):
        run_import(path, "handbook", "--currency", "USD")


def test_a_file_that_changed_before_its_import_ended_is_noticed(tmp_path):
    path = write_csv(tmp_path / "f.csv", HANDBOOK)
    run_import(path, "handbook", "--limit", "2")
    write_csv(path, [*HANDBOOK, HANDBOOK[0]])
    with pytest.raises(CommandError, match=r"f.csv has changed .* \(2 of 4 rows are done\)"):
        run_import(path, "handbook")
    run_import(path, "handbook", "--restart")
    assert list(ImportRun.objects.order_by("id").values_list("state", flat=True)) == [
        "abandoned",
        "finished",
    ]
    assert counts(latest_run()) == (3, 2, 0)


def test_new_content_under_the_name_of_a_finished_file_is_said_and_imported(tmp_path):
    path = write_csv(tmp_path / "f.csv", HANDBOOK[:2])
    run_import(path, "handbook")
    write_csv(path, HANDBOOK)
    assert "Another content came under the name f.csv before" in run_import(path, "handbook")
    assert counts(latest_run()) == (2, 2, 0)


def test_a_file_that_changes_while_it_is_read_ends_in_a_sentence(tmp_path, monkeypatch):
    path = write_csv(tmp_path / "f.csv", HANDBOOK)
    work = share.score_share

    def touch_and_work(given):
        with path.open("a", encoding="utf-8") as handle:
            handle.write("\n")
        return work(given)

    monkeypatch.setattr(share, "score_share", touch_and_work)
    with pytest.raises(CommandError, match="was changed while it was read"):
        run_import(path, "handbook")
    assert latest_run().state == "paused"


def test_without_a_published_ruleset_nothing_is_imported(tmp_path, monkeypatch):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM rules_publication")
    with pytest.raises(CommandError, match="No ruleset is published yet"):
        run_import(write_csv(tmp_path / "f.csv", HANDBOOK), "handbook")
    assert (latest_run().progress, Transaction.objects.count()) == ([0], 0)


# --- Trail ------------------------------------------------------------------------------------


def test_beginning_pausing_going_on_and_ending_are_audited(tmp_path):
    path = write_csv(tmp_path / "f.csv", HANDBOOK)
    run_import(path, "handbook", "--limit", "1")
    run_import(path, "handbook")
    trail = AuditEntry.objects.filter(subject=f"intake.importrun:{latest_run().pk}").order_by("id")
    assert [entry.action for entry in trail] == [
        "intake.import_started",
        "intake.import_paused",
        "intake.import_resumed",
        "intake.import_finished",
    ]
    assert trail[3].after["imported"] == 4
    assert set(trail.values_list("institution_id", flat=True)) == {latest_run().institution_id}


def test_one_process_at_a_time_imports_a_file(tmp_path, django_db_blocker):
    path = write_csv(tmp_path / "f.csv", HANDBOOK)
    institution = Institution.objects.get(slug="bank")
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            name = f"intake.import:{institution.pk}:{facts_of(path).fingerprint}"
            cursor.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [name])
            with pytest.raises(CommandError, match="is being imported for bank by another process"):
                run_import(path, "handbook")
    finally:
        other.close()
    run_import(path, "handbook")
    with only_one(institution, facts_of(path)):
        pass


def test_rejects_open_in_a_spreadsheet_as_three_columns(tmp_path):
    rows = [{**HANDBOOK[0], "customer": 'a,"b"\nc' + "x" * 200}]
    path = write_parquet(tmp_path / "f.parquet", rows)
    with pytest.raises(CommandError):
        run_import(path, "handbook")
    with (tmp_path / "rejects.csv").open(newline="", encoding="utf-8") as handle:
        table = list(csv.reader(handle))
    assert table[0] == ["row", "reason", "given"]
    assert [len(line) for line in table] == [3, 3]
