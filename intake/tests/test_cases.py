"""Cases over the API: the same rules as in the browser, for a key instead of a person."""

import json

import pytest
from django.db import connection
from django.test import Client as HttpClient
from django.test.utils import CaptureQueriesContext

from cases.alerts.opening import open_alerts
from cases.models import Case, CaseCall, CaseEntry, ReviewOutcome
from cases.queries import colleagues
from cases.reports.filing import draft_report
from cases.services import working
from clients.models import Scope
from clients.services import grant_scope, issue_api_key
from clients.webhooks.models import WebhookDelivery
from clients.webhooks.services import add_endpoint
from foundation.audit_chain import seal_audit_chain, verify_audit_chain
from foundation.models import AuditEntry, User
from foundation.outbox import drain_outbox
from foundation.roles import assign_roles
from intake.tests.cast import SUSPICIOUS
from intake.tests.conftest import open_bank
from scoring.models import Decision
from transactions.models import Label

pytestmark = pytest.mark.django_db
BASE = "/api/v1/cases"
NOTE = "<script>alert(1)</script> Ọlá said no"


@pytest.fixture
def desk(rule_book):
    """A bank whose key may work on cases."""
    return open_bank("desk", scopes=Scope.values)[1]


def call(caller, method: str, path: str = "", fields: object = None, **headers: str):
    data = (
        {} if fields is None else {"data": json.dumps(fields), "content_type": "application/json"}
    )
    return HttpClient(raise_request_exception=False).generic(
        method, f"{BASE}{path}", headers={"X-API-Key": caller.key, **headers}, **data
    )


def opened(caller, transaction_id: str, **more) -> Case:
    fields = {**SUSPICIOUS, "transaction_id": transaction_id, **more}
    assert caller.check(**fields).json()["status"] != "approved"
    pk = Decision.objects.get(transaction__external_id=transaction_id).pk
    return open_alerts([pk])[0].case


@pytest.fixture
def case(desk) -> Case:
    return opened(desk, "t-1", user_id="customer-1")


def analyst_of(case: Case) -> User:
    user = User.objects.create_user("ana", is_staff=True)
    assign_roles(user=user, roles=["analyst"], by="tests")
    grant_scope(user=user, institution=case.institution, by="tests")
    return user


def problem(response, status: int) -> str:
    assert response.status_code == status, response.content
    assert response.headers["Content-Type"] == "application/problem+json"
    return response.json()["type"].removeprefix("/problems/")


# -- reading ----------------------------------------------------------------------------------


def test_a_case_is_read_with_alerts_and_timeline_and_its_customer_masked(desk, case):
    told = call(desk, "GET", f"/{case.pk}").json()
    assert (told["id"], told["status"], told["version"]) == (case.pk, "open", case.version)
    assert told["user_id"] != "customer-1"
    assert "customer-1" not in json.dumps(told)
    assert [alert["transaction_id"] for alert in told["alerts"]] == ["t-1"]
    assert told["alerts"][0]["rules"]
    assert [event["kind"] for event in told["timeline"]] == ["alerted", "opened"]
    assert (told["alert_count"], told["event_count"]) == (1, 2)


def test_a_case_is_read_in_a_constant_number_of_queries(desk, case):
    def queries() -> int:
        with CaptureQueriesContext(connection) as taken:
            assert call(desk, "GET", f"/{case.pk}").status_code == 200
        return len(taken)

    queries()  # the key is in memory from then on
    few = queries()
    analyst = analyst_of(case)
    for n in range(12):
        opened(desk, f"more-{n}", user_id="customer-1")
        working.note(case_id=case.pk, by=analyst, text=f"note {n}")
    assert call(desk, "GET", f"/{case.pk}").json()["alert_count"] == 13
    assert queries() == few <= 12


def test_pages_follow_each_other_without_gaps_while_cases_arrive(desk):
    made = [opened(desk, f"t-{n}", user_id=f"customer-{n}").pk for n in range(5)]
    first = call(desk, "GET", "?limit=2").json()
    opened(desk, "t-late", user_id="customer-late")
    second = call(desk, "GET", f"?limit=3&cursor={first['next_cursor']}").json()
    assert [row["id"] for row in first["results"] + second["results"]] == made[::-1]
    assert second["next_cursor"] is None


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", True),
        ("?status=open", True),
        ("?status=closed", False),
        ("?industry=fintech", True),
        ("?industry=crypto", False),
        ("?claimed=false", True),
        ("?claimed=true", False),
        ("?user_id=customer-1", True),
        ("?user_id=customer-2", False),
        ("?transaction_id=t-1", True),
        ("?transaction_id=t-2", False),
        ("?opened_from=2020-01-01", True),
        ("?opened_to=2020-01-01", False),
        ("?disposition=genuine", False),
        ("?typology=sim_swap", False),
    ],
)
def test_lists_are_narrowed(desk, case, query, found):
    rows = call(desk, "GET", query).json()["results"]
    assert [row["id"] for row in rows] == ([case.pk] if found else [])


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("?state=open", "state"),
        ("?status=lost", "status"),
        ("?claimed=maybe", "claimed"),
        ("?cursor=AAAA", "cursor"),
        ("?cursor=_____________________w", "cursor"),
        ("?limit=201", "limit"),
        ("?typology=", "typology"),
        ("?opened_from=yesterday", "opened_from"),
    ],
)
def test_wrong_filters_are_named(desk, query, field):
    response = call(desk, "GET", query)
    assert problem(response, 400) == "invalid-fields"
    assert [error["field"] for error in response.json()["errors"]] == [field]


# -- who may ----------------------------------------------------------------------------------

ACTS = ("claim", "release", "notes", "decision")


@pytest.mark.parametrize("path", ["", "/{}", *(f"/{{}}/{act}" for act in ACTS)])
def test_a_key_without_the_scope_is_refused(case, path):
    usual = open_bank("usual")[1]
    method = "GET" if path in ("", "/{}") else "POST"
    assert problem(call(usual, method, path.format(case.pk)), 403) == "scope-missing"


def test_a_key_that_may_only_read_does_nothing(desk, case):
    reader = open_bank("reader", scopes=["cases:read"])[1]
    assert call(reader, "GET").status_code == 200
    assert problem(call(reader, "POST", f"/{case.pk}/claim"), 403) == "scope-missing"


@pytest.mark.parametrize("path", ["/{}", *(f"/{{}}/{act}" for act in ACTS)])
def test_another_institutions_case_is_not_there(case, path):
    other = open_bank("other", scopes=Scope.values)[1]
    fields = {"notes": {"text": "x"}, "decision": {"disposition": "genuine", "reason": "x"}}
    method = "GET" if path == "/{}" else "POST"
    body = fields.get(path.rpartition("/")[2])
    assert problem(call(other, method, path.format(case.pk), body), 404) == "not-found"
    assert CaseEntry.objects.filter(by__isnull=False).count() == 0


@pytest.mark.parametrize("number", ["0", "999999", str(2**64)])
def test_a_number_that_is_no_case_is_not_found(desk, number):
    assert problem(call(desk, "GET", f"/{number}"), 404) == "not-found"
    assert problem(call(desk, "POST", f"/{number}/claim"), 404) == "not-found"


# -- working ----------------------------------------------------------------------------------


def test_a_system_claims_notes_and_decides_a_case(desk, case):
    claimed = call(desk, "POST", f"/{case.pk}/claim", {"version": case.version}).json()
    assert claimed["status"] == "in_progress"
    assert claimed["claimed_by"].startswith("api:")
    assert call(desk, "POST", f"/{case.pk}/notes", {"text": NOTE}).status_code == 200
    decided = call(
        desk,
        "POST",
        f"/{case.pk}/decision",
        {"disposition": "confirmed_fraud", "typology": "sim_swap", "reason": "it was"},
    ).json()
    assert (decided["status"], decided["disposition"]) == ("closed", "confirmed_fraud")
    assert Label.objects.get().typology == "sim_swap"
    assert ReviewOutcome.objects.get().by.username == claimed["claimed_by"]
    told = call(desk, "GET", f"/{case.pk}").json()
    assert told["alerts"][0]["current_status"] == "declined"
    assert [e["text"] for e in told["timeline"] if e["kind"] == "noted"] == [NOTE]
    seal_audit_chain()
    assert verify_audit_chain().ok


def test_each_step_is_told_by_webhook(desk, case):
    endpoint = {"url": "https://hooks.example.com/", "name": "core", "by": "tests"}
    add_endpoint(institution=case.institution, events=["case.updated", "case.closed"], **endpoint)
    drain_outbox()
    WebhookDelivery.objects.all().delete()
    call(desk, "POST", f"/{case.pk}/claim")
    call(desk, "POST", f"/{case.pk}/decision", {"disposition": "genuine", "reason": "ok"})
    drain_outbox()
    told = WebhookDelivery.objects.order_by("sequence").values_list("event", flat=True)
    assert list(told) == ["case.updated", "case.closed"]


def test_the_key_acts_as_a_user_who_signs_in_nowhere(desk, case):
    call(desk, "POST", f"/{case.pk}/claim")
    call(desk, "POST", f"/{case.pk}/release")
    user = User.objects.get(username__startswith="api:")
    assert not user.is_staff
    assert not user.has_usable_password()
    assert user.has_perm("cases.work_case")
    assert not user.has_perm("cases.supervise_case")
    assert not user.has_perm("transactions.reveal_identifier")
    entries = AuditEntry.objects.filter(action__in=["cases.claimed", "cases.released"])
    assert {entry.actor for entry in entries} == {user}
    assert not colleagues(case, but=User()).filter(pk=user.pk).exists()
    assert not user.check_password("!")


def test_another_key_of_the_bank_is_somebody_else(desk, case):
    _, text = issue_api_key(
        institution=case.institution, name="second", by="t", scopes=["cases:work"]
    )
    call(desk, "POST", f"/{case.pk}/claim")
    desk.key = text
    assert problem(call(desk, "POST", f"/{case.pk}/claim"), 409) == "case-claimed"
    assert problem(call(desk, "POST", f"/{case.pk}/release"), 403) == "case-not-yours"


def test_what_a_person_has_claimed_is_left_to_the_person(desk, case):
    working.claim(case_id=case.pk, by=analyst_of(case))
    assert problem(call(desk, "POST", f"/{case.pk}/claim"), 409) == "case-claimed"
    verdict = {"disposition": "genuine", "reason": "x"}
    assert problem(call(desk, "POST", f"/{case.pk}/decision", verdict), 403) == "case-not-yours"


def test_a_stale_version_changes_nothing(desk, case):
    call(desk, "POST", f"/{case.pk}/claim")
    verdict = {"disposition": "genuine", "reason": "x", "version": case.version}
    assert problem(call(desk, "POST", f"/{case.pk}/decision", verdict), 409) == "case-changed"
    assert Case.objects.get(pk=case.pk).status == "in_progress"


def test_a_closed_case_says_so(desk, case):
    call(desk, "POST", f"/{case.pk}/claim")
    verdict = {"disposition": "inconclusive", "reason": "x"}
    assert call(desk, "POST", f"/{case.pk}/decision", verdict).status_code == 200
    for path, body in (("claim", None), ("release", None), ("decision", verdict)):
        assert problem(call(desk, "POST", f"/{case.pk}/{path}", body), 409) == "case-closed"
    assert call(desk, "POST", f"/{case.pk}/notes", {"text": "later"}).status_code == 200


def test_much_at_risk_waits_for_a_second_person(desk, settings):
    settings.FOUR_EYES_ABOVE_USD = 10
    case = opened(desk, "t-large", amount=9_000_000)
    call(desk, "POST", f"/{case.pk}/claim")
    told = call(
        desk, "POST", f"/{case.pk}/decision", {"disposition": "genuine", "reason": "x"}
    ).json()
    assert (told["status"], told["awaits_approval"]) == ("escalated", True)


@pytest.mark.parametrize(
    ("path", "body", "fields"),
    [
        ("notes", {}, ["text"]),
        ("notes", {"text": ""}, ["text"]),
        ("notes", {"text": "   "}, ["text"]),
        ("notes", {"text": "x" * 10_001}, ["text"]),
        ("notes", {"text": 5, "extra": 1}, ["extra", "text"]),
        ("notes", {"text": "a\0b"}, ["text"]),
        ("claim", {"version": "1"}, ["version"]),
        ("claim", {"version": -1}, ["version"]),
        ("decision", {}, ["disposition", "reason"]),
        ("decision", {"disposition": "guilty", "reason": "x"}, ["disposition"]),
        ("decision", {"disposition": "confirmed_fraud", "reason": "x"}, ["typology"]),
        ("decision", {"disposition": "genuine", "reason": " "}, ["reason"]),
    ],
)
def test_wrong_fields_are_named_and_nothing_is_done(desk, case, path, body, fields):
    call(desk, "POST", f"/{case.pk}/claim")
    entries = CaseEntry.objects.count()
    response = call(desk, "POST", f"/{case.pk}/{path}", body)
    problem(response, 400)
    assert [error["field"] for error in response.json()["errors"]] == fields
    assert CaseEntry.objects.count() == entries


# -- repeats ----------------------------------------------------------------------------------


def test_a_repeat_under_its_key_does_nothing_again(desk, case):
    key = {"Idempotency-Key": "note-1"}
    first = call(desk, "POST", f"/{case.pk}/notes", {"text": "once"}, **key)
    again = call(desk, "POST", f"/{case.pk}/notes", {"text": "once"}, **key)
    assert (first.status_code, again.status_code) == (200, 200)
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert first.json() == again.json()
    assert CaseEntry.objects.filter(kind="noted").count() == 1


def test_another_call_under_the_same_key_is_a_conflict(desk, case):
    key = {"Idempotency-Key": "note-1"}
    call(desk, "POST", f"/{case.pk}/notes", {"text": "once"}, **key)
    other = call(desk, "POST", f"/{case.pk}/notes", {"text": "twice"}, **key)
    assert problem(other, 409) == "idempotency-conflict"
    assert CaseEntry.objects.filter(kind="noted").count() == 1


def test_what_was_refused_may_be_tried_again_under_its_key(desk, case):
    key = {"Idempotency-Key": "decide-1"}
    verdict = {"disposition": "genuine", "reason": "x"}
    assert problem(call(desk, "POST", f"/{case.pk}/decision", verdict, **key), 403)
    assert CaseCall.objects.count() == 0
    call(desk, "POST", f"/{case.pk}/claim")
    assert call(desk, "POST", f"/{case.pk}/decision", verdict, **key).status_code == 200
    again = call(desk, "POST", f"/{case.pk}/decision", verdict, **key)
    assert again.headers["Idempotent-Replayed"] == "true"


def test_of_a_report_on_suspicious_activity_nothing_is_told(desk, case):
    draft_report(case_id=case.pk, by=analyst_of(case))
    told = call(desk, "GET", f"/{case.pk}").json()
    assert "reported" not in json.dumps(told["timeline"])
    assert told["event_count"] == 2
