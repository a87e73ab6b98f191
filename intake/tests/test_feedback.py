"""Feedback at the door: one piece, bulks in every form, and what hostile clients send."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client as HttpClient

from foundation.models import AuditEntry, OutboxEvent
from foundation.tests.threads import at_once
from intake.feedback import MOST_ITEMS
from intake.tests.cast import SUSPICIOUS, wrong_fields
from intake.tests.conftest import open_bank, publish_rules
from transactions.models import Label, Transaction
from transactions.services import record_label

pytestmark = pytest.mark.django_db
ONE, BULK = "/api/v1/feedback", "/api/v1/feedback/bulk"


def post(caller, path, body, content_type="application/json"):
    if not isinstance(body, bytes | str):
        body = json.dumps(body)
    # Django's client leaves the type of an empty body away unless it stands among the headers.
    headers = {"Content-Type": content_type, **({"X-API-Key": caller.key} if caller.key else {})}
    http = HttpClient(raise_request_exception=False)
    return http.post(path, body, content_type=content_type, headers=headers)


@pytest.fixture
def paid(bank):
    """One declined payment, t-1, and one approved, t-2."""
    assert bank.send({**SUSPICIOUS, "transaction_id": "t-1"}).json()["status"] == "declined"
    assert bank.check(transaction_id="t-2").json()["status"] == "approved"
    return bank


class TestOne:
    def test_it_tells_what_had_been_predicted(self, paid):
        response = post(paid, ONE, {"transaction_id": "t-1", "actual_fraud": False})
        assert response.status_code == 201, response.content
        told = response.json()
        assert (told["predicted_fraud"], told["actual_fraud"]) == (True, False)
        assert told["correct"] is False
        assert told["fraud_score"] >= 60
        assert told["current"]["source"] == "client"
        assert Label.objects.get().transaction.external_id == "t-1"
        assert AuditEntry.objects.get(action="transactions.label").actor_name == "client:bank"

    def test_the_same_again_is_known_already(self, paid):
        said = {"transaction_id": "t-1", "actual_fraud": True, "typology": "mule"}
        first = post(paid, ONE, said)
        again = post(paid, ONE, said)
        assert (first.status_code, again.status_code) == (201, 200)
        assert again.json()["status"] == "unchanged"
        assert again.json()["known_at"] == first.json()["known_at"]
        events = OutboxEvent.objects.filter(type="transactions.label_recorded.v1")
        assert (Label.objects.count(), events.count()) == (1, 1)

    def test_a_higher_source_stands(self, paid):
        row = Transaction.objects.get(external_id="t-2")
        record_label(transaction_row=row, is_fraud=False, source="analyst", by="test")
        told = post(paid, ONE, {"transaction_id": "t-2", "actual_fraud": True}).json()
        assert (told["actual_fraud"], told["current"]["actual_fraud"]) == (True, False)
        assert told["current"]["source"] == "analyst"
        assert told["correct"] is True

    def test_what_older_clients_send_along_is_passed_by(self, paid):
        said = {"transaction_id": "t-1", "actual_fraud": True, "predicted": 1, "fraud_score": 80}
        assert post(paid, ONE, said).status_code == 201

    def test_older_clients_call_the_truth_actual(self, paid):
        said = {"transaction_id": "t-1", "predicted": True, "actual": False, "score": 80}
        told = post(paid, ONE, said).json()
        assert (told["predicted_fraud"], told["actual_fraud"]) == (True, False)

    def test_an_unknown_transaction_is_not_found(self, paid):
        response = post(paid, ONE, {"transaction_id": "none", "actual_fraud": True})
        assert response.status_code == 404
        assert response.json()["type"] == "/problems/unknown-transaction"

    def test_anothers_transaction_is_not_found(self, paid, stranger):
        response = post(stranger, ONE, {"transaction_id": "t-1", "actual_fraud": True})
        assert response.status_code == 404
        assert not Label.objects.exists()

    @pytest.mark.parametrize(
        ("body", "fields"),
        [
            ({}, {"transaction_id", "actual_fraud"}),
            ({"transaction_id": "t-1"}, {"actual_fraud"}),
            ({"transaction_id": [], "actual_fraud": {}}, {"transaction_id", "actual_fraud"}),
            ({"transaction_id": "t-1", "actual_fraud": True, "typolgy": "x"}, {"typolgy"}),
            ({"transaction_id": "t-1", "actual": "maybe"}, {"actual"}),
            ({"transaction_id": "t-1", "actual_fraud": True, "actual": False}, {"actual"}),
            ({"transaction_id": "t-1", "actual_fraud": 1, "source": "analyst"}, {"source"}),
            ('{"transaction_id": "t-1", "actual_fraud": NaN}', {"actual_fraud"}),
            ('{"transaction_id": "t-1", "actual_fraud": true, "known_at": 1e999}', {"known_at"}),
            ('{"transaction_id": "t-1", "actual_fraud": true, "known_at": NaN}', {"known_at"}),
            ('{"transaction_id": "\\ud800", "actual_fraud": true}', {"transaction_id"}),
            ('{"transaction_id": "t\\u0000", "actual_fraud": true}', {"transaction_id"}),
            ('{"transaction_id": "t-1", "actual_fraud": true, "\\ud800": 1}', {"?"}),
        ],
    )
    def test_every_wrong_field_is_named(self, paid, body, fields):
        assert set(wrong_fields(post(paid, ONE, body))) == fields
        assert not Label.objects.exists()

    @pytest.mark.parametrize("days", [1, -3_650])
    def test_a_time_in_the_future_or_before_the_transaction_is_refused(self, paid, days):
        at = (datetime.now(UTC) + timedelta(days=days)).isoformat()
        said = {"transaction_id": "t-1", "actual_fraud": True, "known_at": at}
        assert "known_at" in wrong_fields(post(paid, ONE, said))

    @pytest.mark.parametrize("body", ["", "[]", "null", "3", "{", b"\xff", "[" * 100_000])
    def test_what_is_no_object_is_refused(self, paid, body):
        assert post(paid, ONE, body).status_code == 400

    def test_it_needs_a_key_of_the_scope(self, paid):
        _, reader = open_bank("reader", scopes=["read", "score"])
        assert post(reader, ONE, {}).status_code == 403
        reader.key = None
        assert post(reader, BULK, []).status_code == 401

    def test_it_takes_no_reading(self, paid):
        assert paid.get(ONE).status_code == 405

    @pytest.mark.django_db(transaction=True)
    def test_the_same_at_once_is_one_label(self):
        publish_rules()
        _, bank = open_bank("bank")
        bank.check(transaction_id="t-1")
        said = {"transaction_id": "t-1", "actual_fraud": True}
        answers = at_once(*[lambda: post(bank, ONE, said)] * 4)
        assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 201]
        assert Label.objects.count() == 1


ITEMS = [
    {"transaction_id": "t-1", "actual_fraud": True},
    {"transaction_id": "none", "actual_fraud": True},
    {"transaction_id": "t-1", "actual_fraud": True},
    {"transaction_id": "t-2", "actual_fraud": "perhaps"},
    "t-2",
    {"transaction_id": "t-2", "actual_fraud": False, "source": "customer"},
]
STATUSES = ["recorded", "unknown_transaction", "unchanged", "invalid", "invalid", "recorded"]


def statuses(response):
    assert response.status_code == 200, response.content
    return [result["status"] for result in response.json()["results"]]


class TestBulk:
    def test_each_item_has_its_result_and_a_wrong_one_takes_nothing_from_others(self, paid):
        response = post(paid, BULK, ITEMS)
        assert statuses(response) == STATUSES
        told = response.json()
        assert [result["index"] for result in told["results"]] == list(range(6))
        assert (told["total"], told["recorded"], told["invalid"]) == (6, 2, 2)
        assert told["results"][3]["errors"][0]["field"] == "actual_fraud"
        assert told["results"][1]["transaction_id"] == "none"
        assert Label.objects.count() == 2

    @pytest.mark.parametrize("media", ["application/x-ndjson", "application/jsonl"])
    def test_json_lines(self, paid, media):
        lines = "\n".join(map(json.dumps, ITEMS)) + "\n\n{broken\n"
        assert statuses(post(paid, BULK, lines, media)) == [*STATUSES, "invalid"]

    def test_csv(self, paid):
        text = "order_id;is_fraud;date\nt-1;yes;\nnone;1;\nt-2;0;31.12.2025\n;1;\n"
        response = post(paid, BULK, text, "text/csv")
        assert statuses(response) == ["recorded", "unknown_transaction", "invalid", "invalid"]
        assert "Line 4: date must be a time" in response.json()["results"][2]["detail"]

    def test_chargebacks_that_are_not_about_fraud_are_passed_over(self, paid):
        text = "order_id,reason_code,source\nt-1,10.4,chargeback\nt-2,13.1,chargeback\n"
        response = post(paid, BULK, text, "text/csv; charset=utf-8")
        assert statuses(response) == ["recorded", "passed_over"]
        assert Label.objects.get().source == "chargeback"

    def test_ten_thousand_items_are_taken_and_one_more_is_not(self, paid):
        item = {"transaction_id": "t-1", "actual_fraud": True}
        told = post(paid, BULK, [item] * MOST_ITEMS).json()
        assert (told["total"], told["recorded"], told["unchanged"]) == (10_000, 1, 9_999)
        assert post(paid, BULK, [item] * (MOST_ITEMS + 1)).status_code == 413

    @pytest.mark.parametrize(
        ("body", "media", "status"),
        [
            ("{}", "application/json", 400),
            ("", "application/json", 400),
            ("[", "application/json", 400),
            ("[]", "application/json", 200),
            ("", "application/x-ndjson", 200),
            ("", "text/csv", 400),
            ("amount\n1\n", "text/csv", 400),
            (b"transaction_id\n\xff\n", "text/csv", 400),
            ('transaction_id\n"t-1\n', "text/csv", 400),
            ("transaction_id\n" + "x" * 200_000, "text/csv", 400),
            ("[1]", "text/plain", 415),
            ("[1]", "text/csv; charset=utf-16", 415),
            ("[" + " " * 1_048_576 + "]", "application/json", 413),
            (b"\x00\n\xff\n[[[[\n", "application/x-ndjson", 200),
            ("[[], {}, null, NaN, 1e999, true]", "application/json", 200),
        ],
    )
    def test_hostile_bodies_get_an_answer(self, paid, body, media, status):
        response = post(paid, BULK, body, media)
        assert response.status_code == status, response.content
        assert not Label.objects.exists()
