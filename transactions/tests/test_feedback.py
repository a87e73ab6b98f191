"""Feedback by the client's own transaction IDs, and files of it."""

from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from clients.services import create_institution
from foundation.errors import Forbidden
from foundation.models import AuditEntry, OutboxEvent, User
from transactions.labels.files import LabelFileError, import_labels
from transactions.labels.reading import Feedback, WrongFeedback, read_feedback
from transactions.labels.telling import tell
from transactions.models import Label
from transactions.services import record_label
from transactions.tests.conftest import make_customer, make_known

GOOD = {"transaction_id": "t-1", "actual_fraud": True}


class TestReading:
    @pytest.mark.parametrize(
        ("given", "read"),
        [
            ({}, Feedback(transaction_id="t-1", actual_fraud=True)),
            ({"transaction_id": 17}, Feedback(transaction_id="17", actual_fraud=True)),
            ({"actual_fraud": "Genuine"}, Feedback(transaction_id="t-1", actual_fraud=False)),
            ({"actual_fraud": 0}, Feedback(transaction_id="t-1", actual_fraud=False)),
            (
                {"source": "CHARGEBACK", "typology": " mule ", "known_at": "2026-01-31T10:00:00Z"},
                Feedback(
                    transaction_id="t-1",
                    actual_fraud=True,
                    source="chargeback",
                    typology="mule",
                    known_at=datetime(2026, 1, 31, 10, tzinfo=UTC),
                ),
            ),
            ({"source": "", "known_at": None}, Feedback(transaction_id="t-1", actual_fraud=True)),
        ],
    )
    def test_it_reads(self, given, read):
        assert read_feedback({**GOOD, **given}) == read

    @pytest.mark.parametrize(
        ("given", "fields"),
        [
            ({"transaction_id": None}, ["transaction_id"]),
            ({"transaction_id": "  "}, ["transaction_id"]),
            ({"transaction_id": True}, ["transaction_id"]),
            ({"transaction_id": ["t-1"]}, ["transaction_id"]),
            ({"transaction_id": "x" * 129}, ["transaction_id"]),
            ({"transaction_id": "t\0"}, ["transaction_id"]),
            ({"transaction_id": "t\ud800"}, ["transaction_id"]),
            ({"actual_fraud": 2}, ["actual_fraud"]),
            ({"actual_fraud": 1.0}, ["actual_fraud"]),
            ({"actual_fraud": float("nan")}, ["actual_fraud"]),
            ({"actual_fraud": {}}, ["actual_fraud"]),
            ({"source": "analyst"}, ["source"]),
            ({"source": "import"}, ["source"]),
            ({"source": 1}, ["source"]),
            ({"typology": "x" * 65}, ["typology"]),
            ({"typology": ["mule"]}, ["typology"]),
            ({"known_at": "yesterday"}, ["known_at"]),
            ({"known_at": "31/01/2026"}, ["known_at"]),
            ({"known_at": float("nan")}, ["known_at"]),
            ({"known_at": float("inf")}, ["known_at"]),
            ({"known_at": 10**30}, ["known_at"]),
            ({"known_at": 10**400}, ["known_at"]),
            ({"known_at": -1}, ["known_at"]),
            ({"known_at": True}, ["known_at"]),
            ({"transaction_id": None, "actual_fraud": "?", "source": "?"}, None),
        ],
    )
    def test_it_names_every_wrong_field_and_repeats_no_value(self, given, fields):
        with pytest.raises(WrongFeedback) as wrong:
            read_feedback({**GOOD, **given})
        named = [error.field for error in wrong.value.errors]
        assert named == (fields or ["transaction_id", "actual_fraud", "source"])
        assert "yesterday" not in str(wrong.value)

    def test_a_day_means_its_end_and_never_later_than_now(self):
        assert read_feedback({**GOOD, "known_at": "2026-01-31"}).known_at == datetime(
            2026, 2, 1, tzinfo=UTC
        )
        today = datetime.now(UTC).date().isoformat()
        assert read_feedback({**GOOD, "known_at": today}).known_at <= datetime.now(UTC)


@pytest.fixture
def customer(institution):
    return make_customer(institution)


@pytest.fixture
def payment(customer):
    return make_known(customer, "t-1")


def say(institution, *given):
    items = [read_feedback({**GOOD, **one}) for one in given]
    return list(tell(institution_id=institution.pk, feedback=items, by="test"))


def test_each_gets_its_own_outcome(institution, payment):
    first, unknown, again, early = say(
        institution,
        {},
        {"transaction_id": "nobody"},
        {},
        {"known_at": "2020-01-01"},
    )
    assert (first.created, again.created) == (True, False)
    assert unknown.problem.type == "unknown-transaction"
    assert early.problem.errors[0].field == "known_at"
    assert Label.objects.get() == first.label


def test_anothers_transaction_is_as_unknown_as_none(institution, payment):
    other = create_institution(name="Other", slug="other", base_currency="NGN", by="test")
    [theirs], [none] = say(other, {}), say(other, {"transaction_id": "none"})
    assert theirs.problem.detail == none.problem.detail
    assert not Label.objects.exists()


def test_the_outcome_tells_which_label_counts(institution, payment):
    record_label(transaction_row=payment, is_fraud=False, source="analyst", by="test")
    [outcome] = say(institution, {})
    assert outcome.created
    assert (outcome.current.source, outcome.current.is_fraud) == ("analyst", False)


def test_ten_thousand_take_the_same_queries_for_each_portion(
    institution, payment, django_assert_num_queries
):
    with django_assert_num_queries(20 * 3):  # the keys, and begin and end
        outcomes = say(institution, *[{"transaction_id": f"no-{n}"} for n in range(10_000)])
    assert len(outcomes) == 10_000
    with django_assert_num_queries(11):
        say(institution, *[{}] * 500)


CHARGEBACKS = """\
Order ID,Chargeback-Date,Reason Code,Amount
t-1,2026-01-20,10.4,100
t-2,2026-01-21,13.1,100
t-3,2026-01-22,4837,100

nobody,2026-01-22,4837,100
t-1,20/01/2026,10.4,100
t-1,2025-12-01,10.4,100
t-1
"""


def put_in(institution, text, **options):
    defaults = {"institution": institution, "name": "cb.csv", "by": "test"}
    return import_labels(**{**defaults, "file": StringIO(text, newline=""), **options})


@pytest.fixture
def payments(customer):
    return [make_known(customer, f"t-{n}") for n in (1, 2, 3)]


def test_a_chargeback_file_is_recorded_and_its_bad_lines_told(institution, payments):
    tally = put_in(institution, CHARGEBACKS)
    assert dict(tally.counts) == {"recorded": 2, "passed_over": 1, "bad": 4}
    assert [bad.line for bad in tally.bad] == [6, 7, 8, 9]
    assert "no transaction" in tally.bad[0].message
    assert tally.bad[1].message.startswith("chargeback_date must be a time")
    assert "between the transaction and now" in tally.bad[2].message
    assert tally.bad[3].message == "has 1 cells where the header has 4"
    labels = Label.objects.order_by("known_at")
    assert [(one.transaction.external_id, one.source, one.is_fraud) for one in labels] == [
        ("t-1", "chargeback", True),
        ("t-3", "chargeback", True),
    ]


def test_a_file_again_changes_nothing(institution, payments):
    put_in(institution, CHARGEBACKS)
    again = put_in(institution, CHARGEBACKS)
    assert (again.counts["recorded"], again.counts["unchanged"]) == (0, 2)
    assert Label.objects.count() == 2
    entries = AuditEntry.objects.filter(action="transactions.import_labels").order_by("pk")
    assert [entry.after.get("recorded", 0) for entry in entries] == [2, 0]
    assert entries[0].after["sha256"] == entries[1].after["sha256"]


def test_a_dry_run_tells_the_same_and_stores_nothing(institution, payments):
    dry = put_in(institution, CHARGEBACKS, dry_run=True)
    assert not Label.objects.exists()
    assert not OutboxEvent.objects.exists()
    assert not AuditEntry.objects.filter(action__startswith="transactions.").exists()
    assert dry == put_in(institution, CHARGEBACKS)


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("transaction_id;is_fraud\nt-1;1\nt-2;0\n", [("t-1", True), ("t-2", False)]),
        ("\ufefftransaction_id\tfraud\nt-1\tfraud\n", [("t-1", True)]),
        ("tx_id,label,reason_code\nt-1,no,10.4\n", [("t-1", False)]),
        ("reference\nt-3\n", [("t-3", True)]),
        ('transaction_id,typology\n"t-1","card, stolen"\n', [("t-1", True)]),
    ],
)
def test_columns_go_by_their_usual_names(institution, payments, text, labels):
    put_in(institution, text)
    found = Label.objects.values_list("transaction__external_id", "is_fraud")
    assert sorted(found) == labels


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no column names the transaction"),
        ("amount,date\n1,2\n", "no column names the transaction"),
        ("order_id,transaction_id\nt-1,t-1\n", "two columns mean transaction_id"),
        ('transaction_id\n"t-1\n', "it is no CSV"),
        ("transaction_id\n" + "x" * 100_001, "longer than"),
    ],
)
def test_a_file_that_cannot_be_read_as_a_whole_records_nothing(institution, payments, text, reason):
    with pytest.raises(LabelFileError, match=reason):
        put_in(institution, text)
    assert not Label.objects.exists()


def test_a_person_needs_the_permission(institution, payments):
    with pytest.raises(Forbidden):
        put_in(institution, CHARGEBACKS, by=User.objects.create_user("nobody"))


def run(path, **options):
    out, err = StringIO(), StringIO()
    call_command(
        "import_labels", path, **{"institution": "bank", **options}, stdout=out, stderr=err
    )
    return out.getvalue() + err.getvalue()


def test_the_command_tells_what_it_did(payments, tmp_path):
    path = tmp_path / "cb.csv"
    path.write_text(CHARGEBACKS)
    assert "2 labels recorded" in (dry := run(path, dry_run=True))
    assert "nothing was stored" in dry
    told = run(path)
    assert "7 lines: 2 labels recorded, 0 there already, 1 passed over" in told
    assert "line 6: There is no transaction of this ID" in told
    assert "0 labels recorded, 2 there already" in run(path)


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        (None, {}, "Nothing was recorded"),
        (b"\xff\xfe", {}, "not UTF-8"),
        (b"transaction_id\nnobody\n", {}, "Not one line"),
        (b"", {"institution": "nobody"}, "no institution nobody"),
    ],
)
def test_the_command_says_what_cannot_be_done(institution, tmp_path, content, options, message):
    path = tmp_path / "cb.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CommandError, match=message):
        run(path, **options)


def test_many_bad_lines_are_counted_and_the_first_told(institution, payments):
    tally = put_in(institution, "transaction_id\n" + "nobody\n" * 120)
    assert (tally.counts["bad"], len(tally.bad)) == (120, 50)
    assert tally.bad[0].line == 2


def test_a_label_of_a_day_after_its_transaction_on_that_day(institution, customer):
    late = datetime(2026, 1, 20, 18, tzinfo=UTC)
    make_known(customer, "evening", occurred_at=late)
    put_in(institution, "transaction_id,date\nevening,2026-01-20\n")
    assert Label.objects.get().known_at == late.replace(hour=0) + timedelta(days=1)
