"""The System section, seen by people who may and people who may not."""

from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone as clock

from foundation import approvals, audit
from foundation.models import (
    ApprovalRequest,
    AuditEntry,
    OutboxDelivery,
    OutboxEvent,
    User,
)
from foundation.roles import roles_of
from foundation.tests.conftest import allow, make_user, signed_in

pytestmark = pytest.mark.django_db

MODELS = ("user", "auditentry", "outboxevent", "outboxdelivery", "approvalrequest")


def address(model: str, page: str = "changelist", *args: object) -> str:
    return reverse(f"admin:foundation_{model}_{page}", args=args)


@pytest.mark.parametrize("model", MODELS)
def test_strangers_are_asked_to_sign_in(model):
    response = Client().get(address(model))
    assert (response.status_code, "login" in response["Location"]) == (302, True)


@pytest.mark.parametrize("model", MODELS)
def test_an_analyst_has_no_business_here(model):
    assert signed_in(make_user("analyst", "analyst")).get(address(model)).status_code == 403


@pytest.mark.parametrize("model", MODELS)
def test_an_auditor_reads_all_lists(model):
    assert signed_in(make_user("auditor", "auditor")).get(address(model)).status_code == 200


@pytest.mark.parametrize("model", MODELS[1:])
def test_nobody_adds_changes_or_deletes_records_of_the_system(model):
    root = signed_in(User.objects.create_superuser("root"))
    assert root.get(address(model, "add")).status_code == 403
    entry = audit.record(actor=None, action="x.y", subject="z")
    if model == "auditentry":
        assert root.post(address(model, "delete", entry.pk), {"post": "yes"}).status_code == 403
        root.post(address(model, "change", entry.pk), {"reason": "forged"})
        entry.refresh_from_db()
        assert entry.reason == ""


# -- the audit trail ------------------------------------------------------------------------------


def test_an_entry_is_shown_as_a_table_of_changes():
    entry = audit.record(
        actor="tests",
        action="rules.edit",
        subject="rules.rule:high_amount",
        before={"threshold": 5000, "gone": "<b>old</b>"},
        after={"threshold": 7500, "new": None},
        reason="too many",
    )
    page = signed_in(make_user("auditor", "auditor")).get(address("auditentry", "change", entry.pk))
    text = page.content.decode()
    for part in ("5000", "7500", "→", "+", "&lt;b&gt;old&lt;/b&gt;", "too many", "Not sealed yet"):
        assert part in text


def test_the_list_of_entries_is_filtered_and_searched():
    for number in range(3):
        audit.record(actor=None, action=f"a.b{number}", subject=f"thing:{number}")
    client = signed_in(make_user("auditor", "auditor"))
    text = client.get(address("auditentry"), {"action": "a.b1"}).content.decode()
    assert "thing:1" in text
    assert "thing:2" not in text
    text = client.get(address("auditentry"), {"q": "thing:2", "actor": "system"}).content.decode()
    assert "thing:2" in text
    assert "thing:1" not in text
    assert client.get(address("auditentry"), {"actor": "nonsense"}).status_code == 200


def test_entries_of_other_institutions_are_not_shown_to_scoped_staff():
    supervisor = signed_in(make_user("supervisor", "supervisor"))
    audit.record(actor=None, action="a.b", subject="of-one-institution", institution_id=999)
    audit.record(actor=None, action="a.b", subject="of-all")
    text = supervisor.get(address("auditentry")).content.decode()
    assert "of-all" in text
    assert "of-one-institution" not in text


@pytest.mark.parametrize("count", [1, 30])
def test_lists_take_a_constant_number_of_queries(count, django_assert_max_num_queries):
    for number in range(count):
        user = make_user(f"user{number}", "analyst")
        audit.record(actor=user, action="a.b", subject=f"thing:{number}")
        event = OutboxEvent.objects.create(type="a.b.v1", subject="x", payload={})
        OutboxDelivery.objects.create(event=event, subscriber="s")
        request = ApprovalRequest.objects.create(
            kind="a.b",
            subject="x",
            payload={},
            evidence={},
            requested_by=user,
            required=1,
            expires_at=clock.now(),
        )
        request.votes.create(voter=make_user(f"voter{number}"), approves=True)
    client = signed_in(make_user("auditor", "auditor"))
    for model in MODELS:
        with django_assert_max_num_queries(11):
            assert client.get(address(model)).status_code == 200


# -- events ---------------------------------------------------------------------------------------


@pytest.fixture
def poisoned() -> OutboxDelivery:
    event = OutboxEvent.objects.create(type="a.b.v1", subject="thing:1", payload={"n": 1})
    return OutboxDelivery.objects.create(event=event, subscriber="x.y", state="poisoned")


def redrive(client: Client, delivery: OutboxDelivery) -> None:
    data = {"action": "redrive", "_selected_action": [delivery.pk]}
    client.post(address("outboxdelivery"), data)


def test_who_may_hands_events_over_again(poisoned, monkeypatch):
    nudged: list[bool] = []
    monkeypatch.setattr("foundation.admin.outbox.nudge", lambda: nudged.append(True))
    redrive(signed_in(make_user("boss", "administrator")), poisoned)
    assert not OutboxDelivery.objects.exists()
    assert nudged


def test_who_only_looks_does_not(poisoned):
    redrive(signed_in(make_user("auditor", "auditor")), poisoned)
    assert OutboxDelivery.objects.get().state == "poisoned"


def test_an_event_shows_its_content(poisoned):
    client = signed_in(make_user("auditor", "auditor"))
    text = client.get(address("outboxevent", "change", poisoned.event_id)).content.decode()
    assert "thing:1" in text
    assert client.get(address("outboxdelivery", "change", poisoned.pk)).status_code == 200
    assert client.get(address("outboxevent"), {"pending": "yes"}).status_code == 200


# -- approvals ------------------------------------------------------------------------------------


@pytest.fixture
def waiting(ada, own_kinds) -> ApprovalRequest:
    approvals.on_approved("tests.rename", permission="foundation.view_user")(
        lambda request: User.objects.create_user(request.payload["name"])
    )
    return approvals.request_approval(
        kind="tests.rename",
        subject="user:new",
        payload={"name": "new"},
        evidence={"caught <more>": "12 frauds"},
        requested_by=ada,
        reason="we need it",
    )


def vote(client: Client, request: ApprovalRequest, button: str, comment: str = "seen") -> int:
    url = address("approvalrequest", button, request.pk)
    status = client.post(url, {"comment": comment}).status_code
    request.refresh_from_db()
    return status


def test_an_approver_sees_evidence_and_buttons_and_approves(waiting, bola):
    client = signed_in(bola)
    text = client.get(address("approvalrequest", "change", waiting.pk)).content.decode()
    for part in ("caught &lt;more&gt;", "12 frauds", "Approve", "Reject", "we need it"):
        assert part in text
    assert "Take back" not in text
    url = address("approvalrequest", "approve", waiting.pk)
    assert "With the last consent" in client.get(url).content.decode()
    assert waiting.votes.count() == 0  # looking is not voting
    assert vote(client, waiting, "approve") == 302
    assert (waiting.state, waiting.votes.get().comment) == ("executed", "seen")
    assert User.objects.filter(username="new").exists()
    text = client.get(address("approvalrequest", "change", waiting.pk)).content.decode()
    assert "✓ approves" in text


def test_a_rejection_without_a_comment_is_asked_for_one(waiting, bola):
    client = signed_in(bola)
    assert vote(client, waiting, "reject", "") == 200
    assert waiting.state == "pending"
    assert vote(client, waiting, "reject", "too risky") == 302
    assert waiting.state == "rejected"


def test_the_proposer_sees_no_button_to_approve_and_cannot_post_either(waiting, ada):
    ada = allow(
        ada,
        "foundation.view_approvalrequest",
        "foundation.vote_approvalrequest",
        "foundation.view_user",
    )
    client = signed_in(ada)
    text = client.get(address("approvalrequest", "change", waiting.pk)).content.decode()
    assert "Take back" in text
    assert "Approve" not in text.replace("Approvals", "")
    assert vote(client, waiting, "approve") == 403
    assert vote(client, waiting, "cancel") == 302
    assert waiting.state == "cancelled"


def test_the_first_of_two_consents_says_that_more_are_needed(waiting, settings, ada, bola):
    settings.APPROVALS_REQUIRED = {"tests.rename": 2}
    request = approvals.request_approval(
        kind="tests.rename",
        subject="user:other",
        payload={"name": "other"},
        evidence={},
        requested_by=ada,
        reason="",
    )
    client = signed_in(bola)
    url = address("approvalrequest", "approve", request.pk)
    text = client.post(url, {"comment": ""}, follow=True).content.decode()
    assert "more are needed" in text
    assert "1 of 2" in client.get(address("approvalrequest")).content.decode()
    assert client.get(url).status_code == 403  # has voted


@pytest.mark.parametrize("button", ["approve", "reject", "retry", "cancel"])
def test_anonymous_and_unpermitted_people_decide_nothing(waiting, button):
    assert vote(Client(), waiting, button) == 302
    assert vote(signed_in(make_user("auditor", "auditor")), waiting, button) == 403
    assert (waiting.state, waiting.votes.count()) == ("pending", 0)


def test_what_failed_shows_its_error_and_is_tried_again(waiting, bola):
    User.objects.create_user("new")  # the name is taken
    client = signed_in(bola)
    assert vote(client, waiting, "approve") == 302
    text = client.get(address("approvalrequest", "change", waiting.pk)).content.decode()
    assert "IntegrityError" in text
    assert "Try again" in text
    User.objects.filter(username="new").delete()
    assert vote(client, waiting, "retry") == 302
    assert waiting.state == "executed"


def test_buttons_on_a_request_that_is_not_there(bola):
    url = address("approvalrequest", "approve", 10**9)
    assert signed_in(bola).get(url).status_code in {403, 404}


# -- people ---------------------------------------------------------------------------------------


def person_form(user: User, *roles: str, **fields: str) -> dict[str, object]:
    return {
        "username": user.username,
        "is_active": "on",
        "first_name": "",
        "last_name": "",
        "email": "",
        "timezone": "UTC",
        "roles": roles,
        **fields,
    }


def test_an_administrator_adds_a_person_with_roles():
    boss = make_user("boss", "administrator")
    data = {
        "username": "eno",
        "usable_password": "true",
        "password1": "a-Long-enough-1",
        "password2": "a-Long-enough-1",
        "roles": ["analyst"],
    }
    response = signed_in(boss).post(address("user", "add"), data)
    assert response.status_code == 302, response.context["adminform"].form.errors
    eno = User.objects.get(username="eno")
    assert (roles_of(eno), eno.is_staff, eno.is_superuser) == (["analyst"], True, False)
    assert set(AuditEntry.objects.filter(actor=boss).values_list("action", flat=True)) == {
        "user.create",
        "user.roles",
    }


def test_an_administrator_changes_roles_and_time_zone():
    boss, eno = make_user("boss", "administrator"), make_user("eno", "analyst")
    client = signed_in(boss)
    url = address("user", "change", eno.pk)
    assert client.get(url).status_code == 200
    data = person_form(eno, "auditor", timezone="Africa/Lagos", is_superuser="on")
    assert client.post(url, data).status_code == 302
    eno.refresh_from_db()
    assert (roles_of(eno), eno.timezone, eno.is_superuser) == (["auditor"], "Africa/Lagos", False)


@pytest.mark.parametrize(
    ("zone", "shown"), [("Africa/Lagos", "13:00"), ("UTC", "12:00"), ("Gone/Zone", "12:00")]
)
def test_times_are_shown_in_the_persons_own_zone(zone, shown):
    auditor = make_user("auditor", "auditor", timezone=zone)
    event = OutboxEvent.objects.create(
        type="a.b.v1",
        subject="x",
        payload={},
        occurred_at=datetime(2026, 11, 1, 12, tzinfo=UTC),
    )
    text = signed_in(auditor).get(address("outboxevent", "change", event.pk)).content.decode()
    assert shown in text.replace("1 p.m.", "13:00").replace("noon", "12:00")


def test_a_wrong_time_zone_is_named():
    boss, eno = make_user("boss", "administrator"), make_user("eno", "analyst")
    data = person_form(eno, timezone="Mars/Olympus")
    response = signed_in(boss).post(address("user", "change", eno.pk), data)
    assert (response.status_code, "is no time zone" in response.content.decode()) == (200, True)


def test_nobody_raises_themselves_in_the_admin():
    boss = make_user("boss", "administrator")
    data = person_form(boss, "administrator", "risk_manager")
    response = signed_in(boss).post(address("user", "change", boss.pk), data)
    assert (response.status_code, roles_of(boss)) == (200, ["administrator"])
    assert "Nobody changes their own roles." in response.content.decode()


def test_a_superuser_is_out_of_an_administrators_reach():
    root = User.objects.create_superuser("root")
    client = signed_in(make_user("boss", "administrator"))
    client.post(address("user", "change", root.pk), person_form(root, is_active=""))
    password = reverse("admin:auth_user_password_change", args=[root.pk])
    assert client.post(password, {}).status_code == 403
    root.refresh_from_db()
    assert root.is_active


def test_a_changed_password_is_on_the_trail():
    boss, eno = make_user("boss", "administrator"), make_user("eno", "analyst")
    data = {"usable_password": "true", "password1": "a-Long-1-x", "password2": "a-Long-1-x"}
    url = reverse("admin:auth_user_password_change", args=[eno.pk])
    assert signed_in(boss).post(url, data).status_code == 302
    entry = AuditEntry.objects.get(action="user.password")
    assert (entry.actor, entry.subject, entry.after) == (boss, f"foundation.user:{eno.pk}", None)


def test_people_are_not_deleted():
    root = signed_in(User.objects.create_superuser("root"))
    eno = make_user("eno")
    assert root.post(address("user", "delete", eno.pk), {"post": "yes"}).status_code == 403


def test_an_auditor_sees_people_and_changes_none():
    eno = make_user("eno", "analyst")
    client = signed_in(make_user("auditor", "auditor"))
    url = address("user", "change", eno.pk)
    assert client.get(url).status_code == 200
    assert client.post(url, person_form(eno, "administrator")).status_code == 403
    assert roles_of(eno) == ["analyst"]
