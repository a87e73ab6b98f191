"""One transaction released or declined, an identifier listed, a question asked."""

from datetime import timedelta

import pytest
from django.utils import timezone as clock

from cases.alerts.opening import open_alerts
from cases.models import Case, CaseEntry, ReviewOutcome
from cases.page.words import tell
from cases.queries import current_statuses
from cases.services import working
from cases.services.asking import ask
from cases.services.listing import entries_naming, identifiers_of, list_identifier, lists_for
from cases.services.outcomes import set_outcome
from cases.tests.conftest import flag, person
from cases.tests.lists import load_short_lists
from foundation.errors import BadRequest, Conflict, Forbidden, NotFound
from foundation.models import AuditEntry, User
from intelligence.lists.checking import Draft
from intelligence.lists.services import add_entry
from intelligence.models import List, ListEntry
from scoring.services import score_transaction
from scoring.tests.making import make_suspicious
from transactions.labels.precedence import current_label
from transactions.models import Label, Transaction
from transactions.services import record_label

pytestmark = pytest.mark.django_db


@pytest.fixture
def mine(case, supervisor):
    return working.claim(case_id=case.pk, by=supervisor)


@pytest.fixture
def with_device(bank, mine):
    request = make_suspicious(
        transaction_id="t-device",
        user_id="customer-1",
        identifiers={"device_id": "device-1815", "email": "ada@example.com"},
    )
    score_transaction(client=bank, request=request, source="test")
    row = Transaction.objects.get(external_id="t-device")
    open_alerts([row.pk])
    load_short_lists()
    return row


def pick(case, feature):
    return next(one.key for one in identifiers_of(case) if one.feature == feature)


def release(case, row, by, **fields):
    given = {"status": "approved", "reason": "known payee", **fields}
    return set_outcome(case_id=case.pk, transaction_id=row, by=by, **given)


# -- one transaction --------------------------------------------------------------------------


def test_a_released_transaction_stands_so_beside_its_decision_without_a_label(mine, supervisor):
    alert = mine.alerts.get()
    release(mine, alert.transaction_id, supervisor)
    assert current_statuses([alert.transaction_id]) == {alert.transaction_id: "approved"}
    assert alert.transaction.decision.status == alert.status
    assert not Label.objects.exists()
    entry = CaseEntry.objects.get(kind="outcome")
    assert entry.facts["status"] == "approved"
    assert Case.objects.get().status == "in_progress"


def test_the_verdict_on_the_case_has_the_last_word(mine, supervisor):
    row = mine.alerts.get().transaction_id
    release(mine, row, supervisor)
    fraud = {"disposition": "confirmed_fraud", "typology": "sim_swap"}
    working.decide(case_id=mine.pk, by=supervisor, reason="swapped", **fraud)
    assert current_statuses([row]) == {row: "declined"}


@pytest.mark.parametrize(
    ("fields", "label", "words"),
    [
        ({"status": "approved"}, (False, "analyst", ""), "released as genuine"),
        (
            {"status": "declined", "typology": "sim_swap"},
            (True, "analyst", "sim_swap"),
            "declined as fraud (SIM swap)",
        ),
    ],
)
def test_who_says_what_a_transaction_was_labels_it(mine, supervisor, fields, label, words):
    row = mine.alerts.get().transaction
    before = clock.now()
    release(mine, row.pk, supervisor, label=True, **fields)
    known = Label.objects.get(transaction=row)
    assert (known.is_fraud, known.source, known.typology) == label
    assert known.known_at >= before
    record_label(transaction_row=row, is_fraud=not label[0], source="chargeback", by="tests")
    assert current_label(row.labels.all()) == known
    assert tell(CaseEntry.objects.get(kind="outcome")).words == words
    with pytest.raises(Conflict, match="already"):
        release(mine, row.pk, supervisor, label=True, **fields)
    assert Label.objects.filter(source="analyst").count() == 1


def test_an_outcome_is_labelled_later_and_the_verdict_overrules_the_label(mine, supervisor):
    row = mine.alerts.get().transaction_id
    release(mine, row, supervisor, status="declined")
    release(mine, row, supervisor, status="declined", label=True, typology="sim_swap")
    assert list(Label.objects.values_list("is_fraud", flat=True)) == [True]
    working.decide(case_id=mine.pk, disposition="genuine", by=supervisor, reason="theirs")
    assert not current_label(Label.objects.filter(transaction=row)).is_fraud


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"status": "review"}, BadRequest),
        ({"status": "declined", "label": True}, BadRequest),
        ({"status": "declined", "label": True, "typology": "x" * 65}, BadRequest),
        ({"reason": " "}, BadRequest),
        ({"version": 0}, Conflict),
    ],
)
def test_a_wrong_outcome_is_refused(mine, supervisor, fields, error):
    with pytest.raises(error):
        release(mine, mine.alerts.get().transaction_id, supervisor, **fields)
    assert not ReviewOutcome.objects.exists()
    assert not Label.objects.exists()


def test_the_same_outcome_twice_and_a_transaction_of_another_case_are_refused(
    bank, mine, supervisor
):
    [other] = open_alerts([flag(bank, "x-1", user_id="customer-2").pk])
    with pytest.raises(NotFound):
        release(mine, other.transaction_id, supervisor)
    row = mine.alerts.get().transaction_id
    release(mine, row, supervisor)
    with pytest.raises(Conflict, match="approved already"):
        release(mine, row, supervisor)
    release(mine, row, supervisor, status="declined")


def test_only_who_has_the_case_releases_and_only_while_it_is_open(mine, supervisor, colleague):
    row = mine.alerts.get().transaction_id
    for user in (colleague, person("auditor", "auditor")):
        with pytest.raises(Forbidden):
            release(mine, row, user)
    working.decide(case_id=mine.pk, disposition="genuine", by=supervisor, reason="fine")
    with pytest.raises(Conflict, match="closed already"):
        release(mine, row, supervisor)


# -- lists ------------------------------------------------------------------------------------


def test_a_device_of_the_case_is_blocked_from_the_next_decision_on(
    bank, mine, with_device, supervisor
):
    until = clock.now() + timedelta(days=30)
    entry = list_identifier(
        case_id=mine.pk,
        key=pick(mine, "device_id"),
        on=List.objects.get(name="block_list"),
        reason="used by three",
        by=supervisor,
        expires_at=until,
    )
    assert (entry.effect, entry.expires_at, entry.institution_id) == (
        "decline",
        until,
        mine.institution_id,
    )
    told = CaseEntry.objects.get(kind="listed").facts
    assert "device-1815" not in str(told)
    assert told["list"] == "block_list"
    assert entries_naming(mine) == [entry]
    request = make_suspicious(
        transaction_id="after", user_id="somebody", identifiers={"device_id": "device-1815"}
    )
    assert score_transaction(client=bank, request=request, source="test").status == "declined"
    assert AuditEntry.objects.filter(action="list.add_entry").count() == 1


def test_the_choice_names_identifiers_without_telling_them(mine, with_device):
    found = {one.feature: one for one in identifiers_of(mine)}
    assert {"device_id", "email", "user_id"} <= found.keys()
    shown = " ".join(f"{one.key} {one.label}" for one in found.values())
    for secret in ("device-1815", "ada@example.com", "customer-1"):
        assert secret not in shown


@pytest.mark.parametrize("key", ["", "x/device_id", "/", "{row}/phone", "{row}/numbers", "{other}"])
def test_what_is_not_of_the_case_is_not_listed(bank, mine, with_device, supervisor, key):
    other = flag(bank, "x-1", user_id="customer-2")
    named = key.format(row=with_device.pk, other=f"{other.pk}/user_id")
    with pytest.raises(NotFound):
        list_identifier(
            case_id=mine.pk,
            key=named,
            on=List.objects.get(name="block_list"),
            reason="because",
            by=supervisor,
        )
    assert not ListEntry.objects.filter(source=f"case {mine.pk}").exists()


def test_listing_twice_or_where_it_does_not_belong_is_refused(mine, with_device, supervisor):
    given = {"case_id": mine.pk, "reason": "because", "by": supervisor}
    with pytest.raises(BadRequest, match="holds"):
        list_identifier(key=pick(mine, "email"), on=List.objects.get(name="blocked_ips"), **given)
    blocked = List.objects.get(name="blocked_emails")
    list_identifier(key=pick(mine, "email"), on=blocked, **given)
    with pytest.raises(Conflict, match="already"):
        list_identifier(key=pick(mine, "email"), on=blocked, **given)
    assert CaseEntry.objects.filter(kind="listed").count() == 1


def listed_by(user, case, **fields):
    given = {
        "key": pick(case, "email"),
        "on": List.objects.get(name="block_list"),
        "reason": "because",
        "expires_at": clock.now() + timedelta(days=30),
    }
    return list_identifier(case_id=case.pk, by=user, **{**given, **fields})


def test_an_analyst_lists_what_is_of_the_case_for_a_while(bank, mine, with_device, analyst):
    working.assign(case_id=mine.pk, to=analyst, by=mine.assignee)
    entry = listed_by(analyst, mine)
    assert (entry.institution_id, entry.effect) == (mine.institution_id, "decline")
    assert AuditEntry.objects.get(action="list.add_entry").actor_name == "analyst"
    assert CaseEntry.objects.get(kind="listed").by == analyst


@pytest.mark.parametrize("days", [None, 31, 365])
def test_what_an_analyst_lists_ends_within_the_time_set(mine, with_device, analyst, settings, days):
    working.assign(case_id=mine.pk, to=analyst, by=mine.assignee)
    until = None if days is None else clock.now() + timedelta(days=days)
    with pytest.raises(BadRequest, match="within 30 days"):
        listed_by(analyst, mine, expires_at=until)
    settings.ANALYST_LISTING_DAYS = 1
    with pytest.raises(BadRequest, match="within 1 days"):
        listed_by(analyst, mine)
    assert not ListEntry.objects.filter(source=f"case {mine.pk}").exists()


def test_an_analyst_edits_lists_no_other_way(mine, with_device, analyst, colleague):
    block = List.objects.get(name="block_list")
    draft = Draft(value="ada@example.com", kind="email", institution=mine.institution, reason="x")
    with pytest.raises(Forbidden, match="add_listentry"):
        add_entry(by=analyst, to=block, draft=draft)
    with pytest.raises(Forbidden, match="not yours"):
        listed_by(colleague, mine)
    machine = User.objects.create(username="api:x")
    with pytest.raises(Forbidden):
        listed_by(machine, mine)


def test_a_list_of_another_institution_takes_nothing_of_the_case(
    mine, with_device, stranger, supervisor
):
    theirs = List.objects.create(
        name="theirs", title="T", kinds=["email"], institution_id=stranger.institution_id
    )
    with pytest.raises(NotFound):
        listed_by(supervisor, mine, on=theirs)


def test_lists_of_other_institutions_are_not_offered(mine, with_device, stranger):
    List.objects.create(
        name="theirs", title="Theirs", kinds=["email"], institution_id=stranger.institution_id
    )
    assert "theirs" not in {row.name for row in lists_for(mine)}


# -- questions --------------------------------------------------------------------------------


def test_a_question_puts_the_case_to_waiting_and_stands_on_the_timeline(mine, supervisor):
    entry = ask(case_id=mine.pk, question=" Did the customer travel? ", by=supervisor)
    assert (entry.kind, entry.text) == ("asked", "Did the customer travel?")
    assert Case.objects.get().status == "waiting"


@pytest.mark.parametrize("question", ["", "  ", "x" * 2_001])
def test_an_empty_question_or_a_novel_is_refused(mine, supervisor, question):
    with pytest.raises(BadRequest):
        ask(case_id=mine.pk, question=question, by=supervisor)
    assert Case.objects.get().status == "in_progress"
