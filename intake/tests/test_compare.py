"""Recorded requests with another system's answers: what is shown, and what is left alone."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from clients.services import create_institution
from features.catalogue import CATALOGUE
from foundation.models import AuditEntry, OutboxEvent
from intake.comparing.answers import READERS, Said, UnreadableAnswer
from intake.comparing.figures import Names, ranks
from intake.tests.cast import SUSPICIOUS
from intake.tests.conftest import open_bank
from rules.catalogue import built_in_snapshot
from scoring.models import Decision
from transactions.models import Transaction

NATIVE_ANSWER = {"status": "approved", "fraud_score": 12, "flags": []}


class TestReading:
    @pytest.mark.parametrize(
        ("name", "answer", "said"),
        [
            ("native", NATIVE_ANSWER, [Said("approved", 12.0)]),
            (
                "native",
                {"status": "DECLINED", "fraud_score": 90, "flags": [{"rule": "a"}, {"x": 1}]},
                [Said("declined", 90.0, ("a",))],
            ),
            (
                "sentinel",
                {
                    "final_fraud_score": 55.5,
                    "is_fraudulent": True,
                    "rules_triggered": 1,
                    "rule_details": [
                        {"rule_id": "VPNRule", "passed": False},
                        {"rule_id": "TorRule", "passed": True},
                    ],
                },
                [Said("declined", 55.5, ("VPNRule",))],
            ),
            (
                "sentinel",
                {"is_fraudulent": False, "final_fraud_score": 3, "triggered_rules": ["VPNRule"]},
                [Said("approved", 3.0, ("VPNRule",))],
            ),
            (
                "sentinel",
                {"results": [{"is_fraudulent": False, "final_fraud_score": 3}] * 2, "total": 2},
                [Said("approved", 3.0)] * 2,
            ),
            (
                "gateway",
                {"results": [{"prediction": 1, "fraud_probability": 0.75}]},
                [Said("declined", 75.0)],
            ),
            ("sentra", {"recommendation": "flag", "risk_score": 78}, [Said("review", 78.0)]),
        ],
    )
    def test_each_formats_answers_are_read(self, name, answer, said):
        assert READERS[name].said(answer) == said

    @pytest.mark.parametrize("name", READERS)
    @pytest.mark.parametrize(
        "answer",
        [
            None,
            3,
            "approved",
            {},
            {"status": []},
            {"status": "approved", "fraud_score": True},
            {"results": [3]},
            {"results": [{}]},
            {"is_fraudulent": {}},
            {"recommendation": {}},
            {"prediction": 7},
        ],
    )
    def test_what_is_no_answer_is_said_to_be_none(self, name, answer):
        with pytest.raises(UnreadableAnswer, match="answer"):
            READERS[name].said(answer)


def test_ranks_share_places():
    assert ranks([]) == []
    assert ranks([5, 5, 5]) == [2.0, 2.0, 2.0]


def test_rules_are_known_by_code_class_and_flag_whatever_the_case():
    names = Names(built_in_snapshot(CATALOGUE.version))
    assert names.ours("SUSPICIOUSEMAILDOMAINRULE") == {"suspicious_email_domain"}
    assert names.ours("vpn_or_proxy") >= {"vpn_or_proxy"}
    assert names.ours("MadeUpRule") == set()
    assert Names(None).ours("vpn_or_proxy") == set()


@pytest.fixture
def shadow(rule_book):
    return create_institution(name="Shadow", slug="shadow", base_currency="NGN", by="test")


@pytest.fixture
def recorded(tmp_path):
    def write(*calls):
        path = tmp_path / "calls.ndjson"
        lines = [call if isinstance(call, str) else json.dumps(call) for call in calls]
        path.write_text("\n".join(lines) + "\n")
        return path

    return write


def run(path, format_name="native", **options):
    out = StringIO()
    call_command(
        "compare", path, **{"institution": "shadow", "format": format_name, **options}, stdout=out
    )
    return out.getvalue()


def told(path, format_name="native", **options):
    return json.loads(run(path, format_name, json=True, **options))


FRAUD = {
    "request": {**SUSPICIOUS, "transaction_id": "t-1"},
    "answer": {
        "status": "approved",
        "fraud_score": 20,
        "flags": [{"rule": "tor_exit"}, {"rule": "MadeUpRule"}],
    },
    "label": True,
}
PLAIN = {
    "request": {"transaction_id": "t-2", "user_id": "C-1", "amount": 1500},
    "answer": NATIVE_ANSWER,
    "label": False,
}


@pytest.mark.django_db
class TestCommand:
    def test_it_tells_where_and_why_both_differ(self, shadow, recorded):
        report = told(recorded(FRAUD, PLAIN))
        assert (report["transactions"], report["same_status"], report["agreement"]) == (2, 1, 0.5)
        assert report["matrix"]["approved"] == {"approved": 1, "review": 0, "declined": 1}
        first = report["differences"][0]
        assert (first["transaction_id"], first["old_status"], first["new_status"]) == (
            "t-1",
            "approved",
            "declined",
        )
        fired = {hit["rule"] for hit in first["our_hits"]}
        assert "vpn_or_proxy" in fired
        worths = [hit["worth"] for hit in first["our_hits"]]
        assert worths == sorted(worths, reverse=True)
        assert first["rules_not_known"] == ["MadeUpRule"]
        assert first["rules_not_fired"] == ["tor_exit"]
        assert report["rules_without_counterpart"] == {"MadeUpRule": 1}
        assert report["truth"]["frauds"] == report["truth"]["new_frauds_declined"] == 1
        assert report["truth"]["old_frauds_declined"] == 0
        assert report["pearson"] == pytest.approx(1)

    def test_nothing_is_sent_and_what_is_stored_is_marked_as_imported(self, shadow, recorded):
        run(recorded(FRAUD, PLAIN))
        events = OutboxEvent.objects.filter(type="scoring.decision_made.v1")
        assert [event.payload["imported"] for event in events] == [True, True]
        assert set(Transaction.objects.values_list("source", flat=True)) == {"compare:native"}
        assert AuditEntry.objects.get(action="intake.compare").after["transactions"] == 2

    def test_again_it_tells_the_same_and_decides_nothing_twice(self, shadow, recorded):
        without_id = {"request": {"user_id": "C-2", "amount": 7}, "answer": NATIVE_ANSWER}
        path = recorded(FRAUD, PLAIN, without_id)
        assert told(path) == told(path)
        assert Decision.objects.count() == 3

    def test_bad_lines_are_told_and_take_nothing_from_the_others(self, shadow, recorded):
        report = told(
            recorded(
                "{broken",
                "[]",
                '{"request": {"user_id": "u", "amount": NaN}, "answer": {}}',
                {"request": {"amount": 1}, "answer": NATIVE_ANSWER},
                {"request": {"user_id": "u", "amount": 1}, "answer": {"status": "maybe"}},
                {"request": [], "answer": NATIVE_ANSWER},
                {**PLAIN, "lable": True},
                PLAIN,
                {**PLAIN, "request": {**PLAIN["request"], "amount": 2}},
            )
        )
        assert (report["transactions"], report["bad_lines"]) == (1, 8)
        said = {bad["line"]: bad["message"] for bad in report["bad"]}
        assert said[4] == "request.user_id: is required"
        assert "answer.status" in said[5]
        assert "other fields" in said[9]

    def test_the_page_escapes_what_the_file_says(self, shadow, recorded, tmp_path):
        answer = {**FRAUD["answer"], "flags": [{"rule": "<script>alert(1)</script>"}]}
        page = tmp_path / "report.html"
        text = run(recorded({**FRAUD, "answer": answer}), html=page)
        assert "Furthest apart" in text
        assert "Of 1 known frauds 0 were declined there and 1 here" in text
        assert "<script>" not in page.read_text()
        assert "t-1" in page.read_text()

    def test_requests_without_a_time_are_named(self, shadow, recorded):
        timed = {**PLAIN["request"], "timestamp": "2026-01-01T00:00:00Z"}
        report = told(recorded({**PLAIN, "request": timed}))
        assert report["notes"] == []
        assert "name no time" in told(recorded(FRAUD))["notes"][0]

    def test_so_many_differences_are_shown(self, shadow, recorded):
        calls = [
            {**PLAIN, "request": {"transaction_id": f"d-{n}", "user_id": f"u-{n}", "amount": 5},
             "answer": {"status": "declined", "fraud_score": n}}
            for n in (30, 90, 60)
        ]  # fmt: skip
        report = told(recorded(*calls), show=2)
        assert [one["old_score"] for one in report["differences"]] == [90, 60]

    @pytest.mark.parametrize(
        ("format_name", "call", "statuses"),
        [
            (
                "sentinel",
                {
                    "request": {
                        "transaction_id": "s-1",
                        "user_id": 7,
                        "amount": 20,
                        "user_email": "x@mailinator.com",
                    },
                    "answer": {"is_fraudulent": False, "final_fraud_score": 10},
                },
                1,
            ),
            (
                "gateway",
                {
                    "request": {
                        "transactions": [
                            {
                                "transaction_id": f"g-{n}",
                                "step": n,
                                "type": "TRANSFER",
                                "amount": 100.0,
                                "nameOrig": "C1",
                                "oldbalanceOrg": 500,
                                "newbalanceOrig": 400,
                                "nameDest": "C2",
                                "oldbalanceDest": 0,
                                "newbalanceDest": 100,
                            }
                            for n in (1, 2)
                        ]
                    },
                    "answer": {"results": [{"prediction": 0, "fraud_probability": 0.1}] * 2},
                },
                2,
            ),
            (
                "sentra",
                {
                    "request": {
                        "transaction_id": "a-1",
                        "amount": 10,
                        "phone_number": "+2348012345678",
                        "device_id": "d",
                        "location": "Lagos",
                        "timestamp": "2026-01-01T00:00:00Z",
                    },
                    "answer": {"recommendation": "APPROVE", "risk_score": 5},
                },
                1,
            ),
        ],
    )
    def test_every_format_is_compared_in_its_own_terms(
        self, shadow, recorded, format_name, call, statuses
    ):
        report = told(recorded(call), format_name)
        assert (report["transactions"], report["bad"]) == (statuses, [])

    @pytest.mark.parametrize(
        ("label", "known"),
        [
            (None, None),
            (1, (2, 0)),
            ([True, 0], (1, 1)),
            ([None, False], (0, 1)),
            ([True], "2 transactions and 1 labels"),
            (2, "label"),
            (["yes", "no"], "label"),
        ],
    )
    def test_a_batch_has_a_label_for_each_transaction_or_one_for_all(
        self, shadow, recorded, label, known
    ):
        call = {
            "request": [{"transaction_id": f"b-{n}", "user_id": n, "amount": 5} for n in (1, 2)],
            "answer": [{"is_fraudulent": False, "final_fraud_score": 3}] * 2,
            "label": label,
        }
        plain = {**call, "request": call["request"][:1], "answer": call["answer"][:1]}
        report = told(recorded({**plain, "label": None}, call), "sentinel")
        if isinstance(known, str):
            assert known in report["bad"][0]["message"]
        else:
            truth = report["truth"] and (report["truth"]["frauds"], report["truth"]["genuine"])
            assert (truth, report["bad"]) == (known, [])

    def test_answers_and_transactions_must_be_as_many(self, shadow, recorded):
        call = {"request": [], "answer": {"is_fraudulent": False, "final_fraud_score": 1}}
        with pytest.raises(CommandError, match="0 transactions and 1 answers"):
            run(recorded(call), "sentinel")

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"institution": "nobody"}, "no institution nobody"),
            ({"show": -1}, "--show must be"),
        ],
    )
    def test_what_cannot_be_done_is_said(self, shadow, recorded, options, message):
        with pytest.raises(CommandError, match=message):
            run(recorded(PLAIN), **options)

    def test_a_file_that_is_not_there_is_said(self, shadow, tmp_path):
        with pytest.raises(CommandError, match="cannot be read"):
            run(tmp_path / "nothing")

    def test_an_institution_with_transactions_of_its_own_is_left_alone(self, rule_book, recorded):
        institution, bank = open_bank("bank")
        bank.check()
        with pytest.raises(CommandError, match="transactions of its own"):
            run(recorded(PLAIN), institution=institution.slug)
        assert "end alike" in run(recorded(PLAIN), institution=institution.slug, among_others=True)
