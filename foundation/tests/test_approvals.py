from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone as clock

from foundation import approvals, scopes
from foundation.errors import Conflict, Forbidden
from foundation.models import ApprovalRequest, AuditEntry, User
from foundation.tests.conftest import allow, make_user
from foundation.tests.threads import at_once

pytestmark = pytest.mark.django_db
KIND = "tests.rename"


@pytest.fixture(autouse=True)
def kind(own_kinds):
    """On approval a user is made; the name "bad" fails after that."""

    @approvals.on_approved(KIND, permission="foundation.view_user")
    def make(request: ApprovalRequest) -> None:
        User.objects.create_user(request.payload["name"])
        if request.payload["name"] == "bad":
            raise ValueError("no such name")


def ask(by: User, *, name: str = "made", **more: object) -> ApprovalRequest:
    return approvals.request_approval(
        kind=KIND,
        subject="user:made",
        payload={"name": name},
        evidence={"precision": 0.9, "rows": [1, 2]},
        requested_by=by,
        reason="needed",
        **more,
    )


def made() -> int:
    return User.objects.filter(username__in=["made", "bad"]).count()


def test_one_other_person_is_enough_by_default(ada, bola):
    request = ask(ada)
    assert (request.state, request.required, made()) == ("pending", 1, 0)
    done = approvals.approve(request=request, by=bola, comment="fine")
    assert (done.state, made()) == ("executed", 1)
    assert done.executed_at is not None
    assert list(AuditEntry.objects.filter(action__startswith="approval.").order_by("pk")
                .values_list("action", "actor_name")) == [
        ("approval.requested", "ada"),
        ("approval.approved", "bola"),
        ("approval.executed", "bola"),
    ]  # fmt: skip


def test_nobody_approves_or_rejects_their_own_request(bola):
    request = ask(bola)
    for decide in (approvals.approve, approvals.reject):
        with pytest.raises(Forbidden, match="their own"):
            decide(request=request, by=bola, comment="me")
    assert (made(), request.votes.count()) == (0, 0)


def test_as_many_people_as_the_settings_say(settings, ada, bola, chidi):
    settings.APPROVALS_REQUIRED = {KIND: 2}
    request = ask(ada)
    assert approvals.approve(request=request, by=bola).state == "pending"
    assert made() == 0
    with pytest.raises(Conflict, match="have voted"):
        approvals.approve(request=request, by=bola)
    assert approvals.approve(request=request, by=chidi).state == "executed"
    assert made() == 1


def test_without_need_of_consent_it_is_done_at_once(settings, ada):
    settings.APPROVALS_REQUIRED = {KIND: 0}
    assert ask(ada).state == "executed"
    assert made() == 1


@pytest.mark.parametrize("missing", ["foundation.vote_approvalrequest", "foundation.view_user"])
def test_voting_needs_both_permissions(ada, missing):
    both = {"foundation.vote_approvalrequest", "foundation.view_user"}
    dayo = allow(make_user("dayo"), *(both - {missing}))
    request = ask(ada)
    with pytest.raises(Forbidden, match=missing):
        approvals.approve(request=request, by=dayo)
    assert not approvals.may_vote(dayo, request)


def test_one_refusal_ends_it_and_needs_a_comment(settings, ada, bola, chidi):
    settings.APPROVALS_REQUIRED = {KIND: 2}
    request = ask(ada)
    with pytest.raises(Conflict, match="Say why"):
        approvals.reject(request=request, by=bola, comment="  ")
    assert approvals.reject(request=request, by=bola, comment="too risky").state == "rejected"
    with pytest.raises(Conflict, match="no longer open: rejected"):
        approvals.approve(request=request, by=chidi)


def test_only_who_asked_takes_it_back(ada, bola):
    request = ask(ada)
    with pytest.raises(Forbidden):
        approvals.cancel(request=request, by=bola)
    assert approvals.cancel(request=request, by=ada).state == "cancelled"
    with pytest.raises(Conflict, match="cancelled"):
        approvals.approve(request=request, by=bola)


def test_votes_come_too_late_after_the_time_is_over(ada, bola, monkeypatch):
    request = ask(ada)
    future = clock.now() + timedelta(days=15)
    monkeypatch.setattr(approvals.clock, "now", lambda: future)
    with pytest.raises(Conflict, match="no longer open: expired"):
        approvals.approve(request=request, by=bola)
    assert approvals.expire_approvals() == 1
    assert approvals.expire_approvals() == 0
    request.refresh_from_db()
    assert request.state == "expired"


def test_a_failing_execution_is_undone_shown_and_can_be_tried_again(ada, bola, kind, own_kinds):
    request = ask(ada, name="bad")
    failed = approvals.approve(request=request, by=bola)
    assert (failed.state, failed.error, made()) == ("failed", "ValueError: no such name", 0)
    assert failed.votes.count() == 1

    own_kinds.clear()
    approvals.on_approved(KIND, permission="foundation.view_user")(
        lambda request: User.objects.create_user("made")
    )
    stranger = make_user("stranger")
    with pytest.raises(Forbidden):
        approvals.execute(request=failed, by=stranger)
    done = approvals.execute(request=failed, by=ada)
    assert (done.state, done.error, made()) == ("executed", "", 1)
    with pytest.raises(Conflict):
        approvals.execute(request=failed, by=ada)


@pytest.mark.parametrize(
    "change", [{"evidence": {"precision": 1}}, {"payload": {}}, {"required": 0}, {"kind": "other"}]
)
def test_what_was_asked_for_is_frozen(ada, change):
    request = ask(ada)
    with pytest.raises(IntegrityError), transaction.atomic():
        ApprovalRequest.objects.filter(pk=request.pk).update(**change)


def test_a_kind_is_registered_once():
    with pytest.raises(TypeError, match="registered twice"):
        approvals.on_approved(KIND, permission="x.y")(print)


@pytest.mark.django_db(transaction=True)
def test_two_last_votes_at_once_execute_it_once(settings, ada, bola, chidi):
    request = ask(ada)
    results = at_once(
        lambda: approvals.approve(request=request, by=bola).state,
        lambda: approvals.approve(request=request, by=chidi).state,
    )
    assert sorted(str(result) for result in results) == [
        "The request is no longer open: executed.",
        "executed",
    ]
    assert made() == 1


@pytest.mark.django_db(transaction=True)
def test_the_same_person_voting_twice_at_once_counts_once(settings, ada, bola):
    settings.APPROVALS_REQUIRED = {KIND: 2}
    request = ask(ada)
    at_once(*[lambda: approvals.approve(request=request, by=bola)] * 3)
    request.refresh_from_db()
    assert (request.votes.count(), request.state) == (1, "pending")


@pytest.mark.django_db(transaction=True)
def test_an_approval_and_a_withdrawal_at_once_have_one_winner(ada, bola):
    request = ask(ada)
    at_once(
        lambda: approvals.approve(request=request, by=bola),
        lambda: approvals.cancel(request=request, by=ada),
    )
    request.refresh_from_db()
    assert (request.state, made()) in {("executed", 1), ("cancelled", 0)}


def test_a_request_names_those_who_may_vote_on_it(ada, bola, chidi):
    request = ask(ada)
    assert approvals.voters(request) == [bola, chidi]
    assert list(approvals.waiting_for(bola)) == [request]
    assert list(approvals.waiting_for(ada)) == []
    User.objects.filter(pk=chidi.pk).update(is_active=False)
    assert approvals.voters(request) == [bola]
    approvals.reject(request=request, by=bola, comment="no")
    request.refresh_from_db()
    assert approvals.voters(request) == []
    assert not approvals.waiting_for(bola).exists()


def test_who_has_voted_is_waited_for_no_longer(settings, ada, bola, chidi):
    settings.APPROVALS_REQUIRED = {"tests.rename": 2}
    request = ask(ada)
    approvals.approve(request=request, by=bola)
    assert approvals.voters(request) == [chidi]
    assert not approvals.waiting_for(bola).exists()
    assert approvals.waiting_for(chidi).exists()


def test_who_asked_is_told_of_an_end_without_execution(own_kinds, ada, bola):
    told = []

    @approvals.on_approved(
        "tests.told",
        permission="foundation.view_user",
        ended=lambda request, by, why: told.append((request.state, str(by), why)),
    )
    def fail(request: ApprovalRequest) -> None:
        raise Conflict("The thing has changed.")

    def again() -> ApprovalRequest:
        return approvals.request_approval(
            kind="tests.told", subject="x", payload={}, evidence={}, requested_by=ada, reason=""
        )

    approvals.reject(request=again(), by=bola, comment="no")
    approvals.cancel(request=again(), by=ada)
    approvals.approve(request=again(), by=bola)
    assert told == [
        ("rejected", "bola", "no"),
        ("cancelled", "ada", "taken back"),
        ("failed", "bola", "The thing has changed."),
    ]


def test_a_request_of_an_institution_stays_among_those_who_work_for_it(monkeypatch, ada, bola):
    ours = approvals.request_approval(
        kind=KIND,
        subject="x",
        payload={"name": "made", "institution": 7},
        evidence={},
        requested_by=ada,
        reason="",
    )
    monkeypatch.setattr(scopes, "_scope", lambda user: [8])
    assert not approvals.may_vote(bola, ours)
    assert not approvals.waiting_for(bola).exists()
    assert approvals.voters(ours) == []
    with pytest.raises(Forbidden, match="not yours"):
        approvals.approve(request=ours, by=bola)
    bola = User.objects.get(pk=bola.pk)
    monkeypatch.setattr(scopes, "_scope", lambda user: [7])
    assert approvals.waiting_for(bola).get() == ours
    approvals.approve(request=ours, by=bola)
    assert made() == 1
