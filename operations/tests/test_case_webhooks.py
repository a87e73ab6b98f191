"""What clients hear of cases."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone as clock

from cases.alerts.opening import open_alerts
from cases.events import CaseChanged
from cases.models import Case, CaseEntry
from cases.services import working
from cases.services.asking import ask
from cases.services.listing import identifiers_of, list_identifier
from cases.services.merging import merge
from cases.services.outcomes import set_outcome
from cases.tests.conftest import flag, person
from clients.models import Institution
from clients.webhooks.models import WebhookDelivery, WebhookEvent
from clients.webhooks.services import add_endpoint
from foundation.models import OutboxEvent
from foundation.outbox import drain_outbox
from intelligence.lists.builtin import load_builtin
from intelligence.models import List
from operations.case_webhooks import occurrences_of

pytestmark = pytest.mark.django_db

CASE_EVENTS = [WebhookEvent.CASE_OPENED, WebhookEvent.CASE_UPDATED, WebhookEvent.CASE_CLOSED]
NOTE = "Ada Lovelace called"


def listen(client, *events) -> None:
    institution = Institution.objects.get(pk=client.institution_id)
    add_endpoint(
        institution=institution,
        url="https://hooks.example.com/",
        name="core",
        by="tests",
        events=list(events),
    )


def worked_case(client, user) -> Case:
    """Opened, claimed, noted and closed."""
    drain_outbox()
    case = open_alerts([flag(client, "t-1", user_id="C-20931").pk])[0].case
    working.claim(case_id=case.pk, by=user)
    working.note(case_id=case.pk, by=user, text=NOTE)
    return working.decide(case_id=case.pk, disposition="genuine", reason=NOTE, by=user)


def told() -> list[tuple[str, dict]]:
    drain_outbox()
    rows = WebhookDelivery.objects.filter(event__startswith="case.").order_by("sequence")
    return [(row.event, json.loads(row.body)["data"]) for row in rows]


def test_opening_changing_and_closing_are_told_in_order_to_who_asked(bank, stranger, analyst):
    listen(bank, *CASE_EVENTS)
    listen(stranger, *CASE_EVENTS)
    case = worked_case(bank, analyst)
    happened = [(event, data["change"]) for event, data in told()]
    assert happened == [
        ("case.opened", "opened"),
        ("case.updated", "alerted"),
        ("case.updated", "claimed"),
        ("case.updated", "noted"),
        ("case.closed", "decided"),
    ]
    assert {data["case_id"] for _, data in told()} == {case.pk}


def test_the_event_tells_the_outcome_and_the_transactions(bank, analyst):
    listen(bank, WebhookEvent.CASE_CLOSED)
    case = worked_case(bank, analyst)
    [(_, data)] = told()
    assert (data["status"], data["disposition"], data["typology"]) == ("closed", "genuine", None)
    assert (data["transaction_ids"], data["transaction_count"]) == (["t-1"], 1)
    assert (data["amount"], data["currency"]) == (500_000.0, "NGN")
    assert (data["fraud_score"], data["risk_level"]) == (case.score, case.level)
    assert data["version"] == Case.objects.get().version


def test_a_question_and_the_outcome_of_one_transaction_are_told(bank, analyst):
    listen(bank, WebhookEvent.CASE_UPDATED)
    drain_outbox()
    case = open_alerts([flag(bank, "t-1").pk])[0].case
    working.claim(case_id=case.pk, by=analyst)
    row = case.alerts.get().transaction_id
    given = {"case_id": case.pk, "by": analyst}
    set_outcome(transaction_id=row, status="approved", reason=NOTE, **given)
    ask(question="Did the customer travel?", **given)
    found = {data["change"]: data for _, data in told()}
    assert found["outcome"]["outcome"] == {
        "transaction_id": "t-1",
        "status": "approved",
        "is_fraud": None,
        "typology": None,
    }
    assert found["asked"]["question"] == "Did the customer travel?"
    assert found["asked"]["status"] == "waiting"
    assert NOTE not in str(found)


def test_a_listed_identifier_is_told_without_its_value(bank, analyst):
    listen(bank, WebhookEvent.CASE_UPDATED)
    load_builtin(actor="tests", demo=False)
    case = open_alerts([flag(bank, "t-1", user_id="C-20931").pk])[0].case
    working.claim(case_id=case.pk, by=analyst)
    key = next(one.key for one in identifiers_of(case) if one.feature == "user_id")
    until = clock.now() + timedelta(days=7)
    list_identifier(
        case_id=case.pk,
        key=key,
        on=List.objects.get(name="watch_list"),
        reason=NOTE,
        by=analyst,
        expires_at=until,
    )
    [data] = [data for _, data in told() if data["change"] == "listed"]
    assert data["listed"] == {
        "kind": "customer",
        "list": "watch_list",
        "effect": "review",
        "until": until.isoformat(),
    }
    for secret in ("C-20931", "C-2", "0931", NOTE):
        assert secret not in json.dumps(data)


def test_an_escalation_is_told_with_the_status_and_without_the_reason(bank, analyst):
    listen(bank, WebhookEvent.CASE_UPDATED)
    case = open_alerts([flag(bank, "t-1").pk])[0].case
    working.claim(case_id=case.pk, by=analyst)
    working.set_status(case_id=case.pk, status="escalated", by=analyst, reason=NOTE)
    [data] = [data for _, data in told() if data["change"] == "status"]
    assert (data["status"], data["case_id"]) == ("escalated", case.pk)
    assert NOTE not in json.dumps(data)


def test_a_merging_is_told_of_both_cases_each_with_the_other(bank):
    supervisor = person("supervisor", "supervisor")
    listen(bank, *CASE_EVENTS)
    one, other = (
        open_alerts([flag(bank, f"t-{n}", user_id=f"customer-{n}").pk])[0].case for n in (1, 2)
    )
    merge(case_id=one.pk, into=other.pk, by=supervisor, reason=NOTE)
    found = {data["case_id"]: (event, data) for event, data in told() if data["change"] == "merged"}
    assert [found[pk][0] for pk in (one.pk, other.pk)] == ["case.closed", "case.updated"]
    assert found[one.pk][1]["merged"] == {"into": other.pk, "from": None}
    assert found[one.pk][1]["disposition"] is None
    assert found[other.pk][1]["merged"] == {"into": None, "from": one.pk}
    assert found[other.pk][1]["transaction_ids"] == ["t-1", "t-2"]
    assert NOTE not in json.dumps([data for _, data in found.values()])


def test_no_person_and_no_note_is_told(bank, analyst):
    listen(bank, *CASE_EVENTS)
    worked_case(bank, analyst)
    told()
    for body in WebhookDelivery.objects.values_list("body", flat=True):
        for secret in ("C-20931", NOTE, "Lovelace", analyst.username):
            assert secret not in body


def test_by_default_nobody_hears_of_cases(bank, analyst):
    listen(bank, WebhookEvent.FRAUD_DETECTED)
    worked_case(bank, analyst)
    assert told() == []


def test_a_change_that_is_handed_over_again_is_told_once(bank, analyst):
    listen(bank, *CASE_EVENTS)
    worked_case(bank, analyst)
    first = told()
    OutboxEvent.objects.update(handled_at=None, settled=[])
    assert told() == first


def test_a_batch_takes_a_constant_number_of_queries(bank, django_assert_num_queries):
    listen(bank, *CASE_EVENTS)
    open_alerts([flag(bank, f"t-{n}", user_id=f"customer-{n}").pk for n in range(8)])
    changes = [
        CaseChanged(
            case=entry.case_id,
            institution=bank.institution_id,
            happening="updated",
            kind=entry.kind,
            entry=str(entry.pk),
        )
        for entry in CaseEntry.objects.all()
    ]
    with django_assert_num_queries(3):
        assert len(occurrences_of(changes)) == 16
