"""The report reads stored decisions: which ones, with which labels, in how many queries."""

import json
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from rules.registry import registry
from scoring.models import Decision
from scoring.services import score_transaction
from scoring.tests.making import make_request
from transactions.models import Label, Transaction

pytestmark = pytest.mark.django_db

NOW = datetime.now(UTC)
TOR = {"supplied": {"ip_is_tor": True, "card_is_expired": True}}


@pytest.fixture
def history(bank, stranger):
    """Ours: a fraud and a genuine payment of today, one of long ago; and one of theirs."""
    decide(bank, "fraud", 2000.0, **TOR)
    decide(bank, "genuine", vertical="crypto")
    decide(bank, "old", occurred_at=(NOW - timedelta(days=30)).timestamp())
    decide(stranger, "theirs", **TOR)
    label("fraud", True, "takeover", days=1)
    label("genuine", False)
    return bank


def decide(client, name, amount=1000.0, **overrides):
    fields = {"transaction_id": name, "user_id": name, "amount": amount, **overrides}
    score_transaction(client=client, request=make_request(**fields), source="test")


def label(name, fraud, typology="", *, days=0):
    row = Transaction.objects.get(external_id=name)
    Label.objects.create(
        transaction=row,
        institution_id=row.institution_id,
        is_fraud=fraud,
        source=Label.Source.CLIENT,
        typology=typology,
        known_at=NOW + timedelta(days=days),
    )


def run(*arguments, **options):
    out = StringIO()
    call_command("rule_report", *arguments, institution="bank", stdout=out, **options)
    return out.getvalue()


def figures(*arguments, **options):
    return json.loads(run(*arguments, format="json", **options))


def test_it_reads_the_institutions_own_decisions_alone(history):
    told = figures()
    assert told["institution"] == "bank"
    assert (told["decisions"], told["together"]["fraud"], told["unlabelled"]) == (3, 1, 1)
    assert told["together"]["scales"]["with_model"]["fraud_caught"]["part"] == 1
    assert [group["name"] for group in told["typologies"]] == ["takeover"]


def test_it_says_what_stands_in_the_ruleset_in_force_or_in_the_files(history):
    assert figures()["ruleset"] == "Ruleset 1"
    candidate = figures("--candidate")
    assert candidate["ruleset"] == "The catalogue's files"
    assert candidate["rules"] == figures()["rules"]


@pytest.mark.parametrize(
    ("options", "decisions"),
    [
        ({"vertical": "crypto"}, 1),
        ({"vertical": "fintech"}, 2),
        ({"since": (NOW - timedelta(days=7)).date().isoformat()}, 2),
        ({"until": (NOW - timedelta(days=7)).date().isoformat()}, 1),
        ({"labelled_only": True}, 2),
    ],
)
def test_a_part_can_be_chosen(history, options, decisions):
    assert figures(**options)["decisions"] == decisions


def test_a_label_counts_from_when_it_was_known(history):
    before = figures(known_by=NOW.isoformat().replace("+00:00", "Z"))
    assert (before["together"]["fraud"], before["unlabelled"]) == (0, 2)
    after = figures(known_by=(NOW + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M:%SZ"))
    assert (after["together"]["fraud"], after["unlabelled"]) == (1, 1)


def test_of_several_labels_the_last_one_counts(history):
    label("fraud", False, days=3)
    assert figures()["together"]["fraud"] == 0
    label("fraud", True, "mule", days=4)
    assert [group["name"] for group in figures()["typologies"]] == ["mule"]


def test_a_synthetic_world_may_be_judged_by_its_own_truth(history, tmp_path):
    world = tmp_path / "world.jsonl"
    rows = [
        {"transaction_id": "old", "true_fraud": True, "true_typology": "mule_fan_in", "amount": 1},
        {"transaction_id": "fraud", "true_fraud": False},
    ]
    world.write_text("\n".join(json.dumps(row) for row in rows))
    told = figures(truth=world)
    assert (told["decisions"], told["together"]["fraud"], told["unlabelled"]) == (3, 1, 1)
    assert [group["name"] for group in told["typologies"]] == ["mule_fan_in"]
    assert "By the world's own truth." in run(truth=world)


@pytest.mark.parametrize("labelled_only", [True, False])
@pytest.mark.parametrize(
    ("rows", "options"),
    [
        ([], {}),
        ([{"transaction_id": "of another world", "true_fraud": True}], {}),
        ([{"transaction_id": "theirs", "true_fraud": True}], {}),
        ([{"transaction_id": "old", "true_fraud": False}], {"vertical": "crypto"}),
    ],
)
def test_a_truth_about_other_transactions_is_refused(
    history, tmp_path, rows, options, labelled_only
):
    world = tmp_path / "world.jsonl"
    world.write_text("\n".join(json.dumps(row) for row in rows))
    with pytest.raises(CommandError, match=r"names none of the \d transactions"):
        run(truth=world, labelled_only=labelled_only, **options)


@pytest.mark.parametrize("content", ["{}", "not JSON", '{"transaction_id": "\udcff"}', None])
def test_a_file_without_truth_is_refused(history, tmp_path, content):
    world = tmp_path / "world.jsonl"
    if content is not None:
        world.write_text(content, errors="surrogateescape")
    with pytest.raises(CommandError, match="--truth"):
        run(truth=world)


def test_amounts_are_summed_in_the_institutions_currency(history):
    decide(history, "dollars", 10.0, currency="USD", **TOR)
    label("dollars", True)
    amount = figures()["together"]["fraud_amount"]
    assert amount > 2_000 + 10 * 100  # a dollar is worth some hundreds of naira, never one
    assert figures()["notes"] == []


def test_it_says_what_was_decided_when_nothing_has_changed(history):
    told = figures("--labelled-only")
    stored = Decision.objects.get(transaction__external_id="fraud")
    assert stored.status == "declined"
    assert told["together"]["scales"]["rules_alone"]["fraud_declined"]["part"] == 1
    by_code = {rule["code"]: rule["hits"] for rule in told["rules"]}
    assert {hit["code"] for hit in stored.hits} == {code for code, hits in by_code.items() if hits}


def test_the_number_of_queries_does_not_grow_with_the_decisions(history):
    with CaptureQueriesContext(connection) as few:
        figures()
    for number in range(20):
        decide(history, f"more-{number}")
    with CaptureQueriesContext(connection) as many:
        figures()
    # Rule book and rates are asked for anew every few seconds, so one or two more may be theirs.
    assert len(many) <= len(few) + 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"since": "2001-01-01", "until": "2001-01-02"}, "No decision"),
        ({"since": "soon"}, "--since is no date"),
        ({"known_by": "soon"}, "--known-by is no date"),
    ],
)
def test_what_cannot_be_done_is_said(history, options, message):
    with pytest.raises(CommandError, match=message):
        run(**options)


def test_an_unknown_institution_is_said(rule_book):
    with pytest.raises(CommandError, match="no institution nobody"):
        call_command("rule_report", institution="nobody")


def test_without_a_ruleset_it_asks_for_one(db):
    registry.forget()
    with pytest.raises(CommandError, match="run load_rules, or take --candidate"):
        call_command("rule_report", institution="nobody")


def test_it_writes_into_a_page(history, tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# Page\n<!-- rule_report begin -->\n<!-- rule_report end -->\n")
    assert run(format="markdown", into=page) == ""
    assert "| tor_exit | live |" in page.read_text()
    assert list(tmp_path.iterdir()) == [page]
    page.write_text("# Page\n")
    with pytest.raises(CommandError, match="the page has no"):
        run(format="markdown", into=page)


def test_a_page_that_cannot_be_written_stays_as_it_was(history, tmp_path):
    page = tmp_path / "page.md"
    page.write_text("<!-- rule_report begin -->\n<!-- rule_report end -->\n")
    before = page.read_text()
    (tmp_path / "page.md.partial").mkdir()
    with pytest.raises(CommandError, match=r"page\.md cannot be written: Is a directory"):
        run(format="markdown", into=page)
    assert page.read_text() == before


def test_a_page_that_is_no_text_is_refused_before_anything_is_counted(rule_book, bank, tmp_path):
    page = tmp_path / "page.md"
    page.write_bytes(b"\xff")
    with pytest.raises(CommandError, match=r"page\.md: .* can't decode"):
        run(into=page)
