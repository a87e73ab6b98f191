"""From proposal to force and back: votes, schedules, emergencies, conflicts."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone as clock

from foundation import approvals
from foundation.errors import Conflict, Forbidden
from foundation.models import ApprovalRequest, OutboxEvent, User
from rules.definition import Definition, State
from rules.errors import Invalid
from rules.models import Proposal, Rule, Ruleset, Vertical
from rules.publishing import in_force, propose_publication, publish_ruleset
from rules.queries import pending_changes, published_number, published_rule, working_snapshot
from rules.services import edit_rule, set_rule_state
from rules.tests.cast import CATALOGUE, make_config, make_definition
from studio.changes.emergencies import alert_overdue, open_reviews
from studio.changes.services import (
    ChangeRefused,
    EvidenceStale,
    NewRule,
    Outdated,
    Retire,
    RuleEdit,
    StateMove,
    VerticalEdit,
    attach_evidence,
    comment,
    drop_edit,
    drop_evidence,
    invert,
    is_in_effect,
    propose,
    publish_due,
    publish_now,
    put_edit,
    reopen,
    review_emergency,
    roll_back,
    withdraw,
)
from studio.changes.snapshots import what_changes
from studio.changes.tests.conftest import HIGH, NEW, draft, edit_of
from studio.models.changes import ChangeSet

pytestmark = pytest.mark.django_db
S = ChangeSet.State


def approve(change_set: ChangeSet, by: User) -> ChangeSet:
    change_set.refresh_from_db()
    approvals.approve(request=change_set.approval, by=by)
    change_set.refresh_from_db()
    return change_set


def in_an_hour() -> Any:
    return clock.now() + timedelta(hours=1)


def later(monkeypatch: Any, hours: float = 2) -> None:
    now = clock.now() + timedelta(hours=hours)
    for place in ("scheduling", "emergencies"):
        monkeypatch.setattr(f"studio.changes.{place}.clock", SimpleNamespace(now=lambda: now))


def publish_elsewhere(score: str = "50", code: str = "low_amount") -> None:
    """Somebody edits the book and publishes all of it."""
    rule = Rule.objects.get(code=code)
    edit_rule(
        by="ravi", code=code, definition=make_definition(score=score),
        expected_version=rule.version.number,
    )  # fmt: skip
    proposal = Proposal.objects.create(
        snapshot=working_snapshot(CATALOGUE.version).as_dict(), base=in_force(), reason="book"
    )
    publish_ruleset(proposal=proposal, by="ravi")


def test_another_person_approves_and_all_edits_come_into_force_at_once(
    rita: User, sue: User
) -> None:
    vertical = VerticalEdit(config=make_config(review_threshold=30), expected_revision=1)
    new = NewRule(code=NEW, definition=make_definition(name="Night owl"))
    change_set = draft(rita, edit_of(), Retire(code="low_amount"), new, vertical)
    change_set = propose(by=rita, change_set=change_set, reason="fewer alerts")
    assert (change_set.state, published_number()) == (S.PROPOSED, 1)
    approve(change_set, sue)
    assert (change_set.state, change_set.ruleset_id, published_number()) == (S.PUBLISHED, 2, 2)
    version = Rule.objects.get(code=HIGH).version
    assert (version.score, version.author, version.number) == ("35", rita, 2)
    assert published_rule("low_amount") is None
    assert published_rule(NEW).state is State.SHADOW
    assert Vertical.objects.get(code="payments").review_threshold == 30
    assert not pending_changes(CATALOGUE.version)
    assert Ruleset.objects.get(number=2).approval == change_set.approval
    moves = OutboxEvent.objects.filter(type="studio.change_set_moved.v1").order_by("id")
    assert [move.payload["state"] for move in moves] == ["proposed", "published"]


def test_nobody_approves_their_own_nor_what_they_wrote_in(
    rita: User, ravi: User, sue: User
) -> None:
    change_set = draft(rita)
    put_edit(by=ravi, change_set=change_set, wish=edit_of("low_amount"))
    change_set = propose(by=rita, change_set=change_set, reason="both")
    for author in (rita, ravi):
        with pytest.raises(Forbidden):
            approvals.approve(request=change_set.approval, by=author)
    assert not approvals.may_vote(ravi, change_set.approval)
    assert approve(change_set, sue).state == S.PUBLISHED


def test_who_dropped_an_edit_has_written_in_it(rita: User, ravi: User) -> None:
    change_set = draft(rita, edit_of(), edit_of("low_amount"))
    drop_edit(by=ravi, change_set=change_set, edit=change_set.edits.get(code=HIGH))
    change_set = propose(by=rita, change_set=change_set, reason="less")
    with pytest.raises(Forbidden):
        approvals.approve(request=change_set.approval, by=ravi)


def test_as_many_agree_as_the_setting_says(
    rita: User, ravi: User, sue: User, settings: Any
) -> None:
    settings.APPROVALS_REQUIRED = {"rules.publish": 2}
    change_set = propose(by=rita, change_set=draft(rita), reason="x")
    assert approve(change_set, ravi).state == S.PROPOSED
    assert approve(change_set, sue).state == S.PUBLISHED


def test_with_nobody_to_agree_it_is_published_at_once(rita: User, settings: Any) -> None:
    settings.APPROVALS_REQUIRED = {"rules.change_set": 0}
    change_set = propose(by=rita, change_set=draft(rita), reason="x")
    assert (change_set.state, published_number()) == (S.PUBLISHED, 2)
    assert not ApprovalRequest.objects.exists()


def test_proposing_twice_is_refused_and_so_are_edits_afterwards(rita: User) -> None:
    change_set = draft(rita)
    propose(by=rita, change_set=change_set, reason="x")
    with pytest.raises(ChangeRefused, match="It waits for approval"):
        propose(by=rita, change_set=change_set, reason="x")
    with pytest.raises(ChangeRefused):
        put_edit(by=rita, change_set=change_set, wish=edit_of())
    assert ApprovalRequest.objects.count() == 1


def test_who_may_not_propose_does_not(rita: User, sue: User) -> None:
    change_set = draft(rita)
    with pytest.raises(Forbidden):
        propose(by=sue, change_set=change_set, reason="x")


@pytest.mark.parametrize("reason", ["", "  "])
def test_a_reason_is_required(rita: User, reason: str) -> None:
    with pytest.raises(Invalid):
        propose(by=rita, change_set=draft(rita), reason=reason)


def test_stale_evidence_is_refused_till_it_is_made_anew_or_removed(
    rita: User, settings: Any
) -> None:
    change_set = draft(rita)
    attach_evidence(by=rita, change_set=change_set, evidence={"rows": 5})
    put_edit(by=rita, change_set=change_set, wish=edit_of(score="36"))
    with pytest.raises(EvidenceStale, match="after the backtest"):
        propose(by=rita, change_set=change_set, reason="x")
    drop_evidence(by=rita, change_set=change_set)
    settings.CHANGE_SET_EVIDENCE = "required"
    with pytest.raises(EvidenceStale, match="must be attached"):
        propose(by=rita, change_set=change_set, reason="x")
    attach_evidence(by=rita, change_set=change_set, evidence={"rows": 5})
    assert propose(by=rita, change_set=change_set, reason="x").state == S.PROPOSED


def test_drafts_alone_need_no_evidence(rita: User, settings: Any) -> None:
    settings.CHANGE_SET_EVIDENCE = "required"
    fresh = NewRule(code=NEW, definition=make_definition(), state=State.DRAFT)
    change_set = propose(by=rita, change_set=draft(rita, fresh), reason="x")
    assert change_set.state == S.PROPOSED


def test_a_rejection_says_why_and_loses_nothing(rita: User, sue: User) -> None:
    change_set = propose(by=rita, change_set=draft(rita), reason="x")
    approvals.reject(request=change_set.approval, by=sue, comment="too bold")
    change_set.refresh_from_db()
    assert change_set.state == S.REJECTED
    assert "too bold" in change_set.entries.last().text
    change_set = reopen(by=rita, change_set=change_set)
    assert (change_set.state, change_set.edits.count()) == (S.DRAFT, 1)
    assert propose(by=rita, change_set=change_set, reason="again").state == S.PROPOSED


def test_it_is_withdrawn_by_who_proposed_it_alone(rita: User, ravi: User, sue: User) -> None:
    change_set = propose(by=rita, change_set=draft(rita), reason="x")
    with pytest.raises(Forbidden):
        withdraw(by=ravi, change_set=change_set)
    assert withdraw(by=rita, change_set=change_set).state == S.WITHDRAWN
    with pytest.raises(Conflict):
        approvals.approve(request=change_set.approval, by=sue)


def test_a_newer_ruleset_of_other_rules_is_no_conflict_and_said(rita: User, sue: User) -> None:
    change_set = propose(by=rita, change_set=draft(rita), reason="x")
    publish_elsewhere(code="low_amount")
    approve(change_set, sue)
    assert change_set.state == S.PUBLISHED
    assert published_rule("low_amount").definition.score == "50"
    assert published_rule(HIGH).definition.score == "35"
    assert "went on top of ruleset 2" in change_set.entries.last().text


def test_a_newer_ruleset_with_the_same_rule_is_a_conflict(rita: User, sue: User) -> None:
    change_set = propose(by=rita, change_set=draft(rita), reason="x")
    publish_elsewhere(code=HIGH)
    approve(change_set, sue)
    assert (change_set.state, published_number()) == (S.FAILED, 2)
    assert "high_amount was changed by ravi" in change_set.failure
    assert Rule.objects.get(code=HIGH).version.score == "50"
    event = OutboxEvent.objects.filter(type="studio.change_set_moved.v1").latest("id")
    assert (event.payload["state"], event.payload["failure"]) == ("failed", change_set.failure)
    assert reopen(by=rita, change_set=change_set).edits.count() == 1


def test_what_was_published_from_the_book_as_the_edit_began_is_no_conflict(
    rita: User, sue: User, settings: Any
) -> None:
    """The book was ahead of the ruleset in force; somebody published just that."""
    rule = Rule.objects.get(code=HIGH)
    edit_rule(
        by="ravi", code=HIGH, definition=make_definition(score="50"),
        expected_version=rule.version.number,
    )  # fmt: skip
    change_set = propose(by=rita, change_set=draft(rita, edit_of(score="35")), reason="x")
    settings.APPROVALS_REQUIRED = {"rules.publish": 0, "rules.change_set": 1}
    propose_publication(by=rita, reason="the book")
    assert approve(change_set, sue).state == S.PUBLISHED
    assert published_rule(HIGH).definition.score == "35"


def test_a_failed_one_that_was_opened_again_is_not_published_by_its_old_request(
    rita: User, sue: User
) -> None:
    change_set = propose(by=rita, change_set=draft(rita), reason="x")
    publish_elsewhere(code=HIGH)
    approve(change_set, sue)
    request = change_set.approval
    reopen(by=rita, change_set=change_set)
    approvals.execute(request=request, by=rita)
    change_set.refresh_from_db()
    assert change_set.state == S.DRAFT
    assert published_number() == 2


def test_it_is_published_at_its_time_and_once(rita: User, sue: User, monkeypatch: Any) -> None:
    change_set = draft(rita)
    change_set = propose(by=rita, change_set=change_set, reason="x", publish_at=in_an_hour())
    assert approve(change_set, sue).state == S.SCHEDULED
    assert (publish_due(), published_number()) == (0, 1)
    later(monkeypatch)
    assert (publish_due(), publish_due(), published_number()) == (1, 0, 2)
    change_set.refresh_from_db()
    assert (change_set.state, change_set.published_by_name) == (S.PUBLISHED, "rita")


def test_a_planned_one_in_conflict_fails_with_a_sentence_and_an_event(
    rita: User, sue: User, monkeypatch: Any
) -> None:
    change_set = draft(rita)
    change_set = propose(by=rita, change_set=change_set, reason="x", publish_at=in_an_hour())
    approve(change_set, sue)
    publish_elsewhere(code=HIGH)
    later(monkeypatch)
    assert (publish_due(), publish_due()) == (1, 0)
    change_set.refresh_from_db()
    assert (change_set.state, published_number()) == (S.FAILED, 2)
    assert "was changed by ravi" in change_set.failure
    assert OutboxEvent.objects.filter(payload__state="failed").count() == 1


def test_a_planned_one_is_called_off(rita: User, ravi: User, sue: User, monkeypatch: Any) -> None:
    change_set = draft(rita)
    change_set = propose(by=rita, change_set=change_set, reason="x", publish_at=in_an_hour())
    approve(change_set, sue)
    withdraw(by=ravi, change_set=change_set)
    later(monkeypatch)
    assert (publish_due(), published_number()) == (0, 1)


def test_a_database_that_is_away_is_tried_again(rita: User, sue: User, monkeypatch: Any) -> None:
    change_set = draft(rita)
    change_set = propose(by=rita, change_set=change_set, reason="x", publish_at=in_an_hour())
    approve(change_set, sue)
    later(monkeypatch)

    def fail(*_: Any, **__: Any) -> None:
        raise OperationalError("gone")

    with monkeypatch.context() as away:
        away.setattr("studio.changes.scheduling.publish_locked", fail)
        with pytest.raises(OperationalError):
            publish_due()
    change_set.refresh_from_db()
    assert change_set.state == S.SCHEDULED
    assert publish_due() == 1


@pytest.mark.parametrize("hours", [-1, 24 * 61])
def test_a_time_in_the_past_or_far_ahead_is_refused(rita: User, hours: float) -> None:
    when = clock.now() + timedelta(hours=hours)
    with pytest.raises(Invalid):
        propose(by=rita, change_set=draft(rita), reason="x", publish_at=when)


def test_an_emergency_is_in_force_at_once_and_waits_for_another_persons_review(
    rita: User, sue: User
) -> None:
    change_set = publish_now(by=rita, change_set=draft(rita), reason="an attack")
    assert (change_set.state, published_number()) == (S.PUBLISHED, 2)
    [review] = open_reviews()
    assert (review.change_set, review.reason) == (change_set, "an attack")
    with pytest.raises(Forbidden):
        review_emergency(by=rita, change_set=change_set, is_fine=True, comment="mine")
    with pytest.raises(Invalid):
        review_emergency(by=sue, change_set=change_set, is_fine=True, comment=" ")
    review_emergency(by=sue, change_set=change_set, is_fine=True, comment="looked at it")
    assert not open_reviews()
    with pytest.raises(ChangeRefused):
        review_emergency(by=sue, change_set=change_set, is_fine=False, comment="again")


def test_an_emergency_needs_its_permission_and_a_reason(rita: User, sue: User) -> None:
    change_set = draft(rita)
    with pytest.raises(Forbidden):
        publish_now(by=sue, change_set=change_set, reason="an attack")
    with pytest.raises(Invalid):
        publish_now(by=rita, change_set=change_set, reason=" ")
    assert published_number() == 1


def test_an_emergency_takes_back_what_waits_for_votes(rita: User, sue: User) -> None:
    change_set = propose(by=rita, change_set=draft(rita), reason="x")
    request = change_set.approval
    publish_now(by=rita, change_set=change_set, reason="no time")
    with pytest.raises(Conflict):
        approvals.approve(request=request, by=sue)
    assert published_number() == 2


def test_an_emergency_does_not_overtake_a_proposal_that_it_did_not_see(
    rita: User, ravi: User
) -> None:
    change_set = draft(rita)
    seen = ChangeSet.objects.get(pk=change_set.pk)
    request = propose(by=rita, change_set=change_set, reason="x").approval
    with pytest.raises(ChangeRefused, match="proposed meanwhile"):
        publish_now(by=ravi, change_set=seen, reason="an attack")
    request.refresh_from_db()
    assert request.state == "pending"


def test_an_overdue_review_is_told_once_and_stays(rita: User, monkeypatch: Any) -> None:
    publish_now(by=rita, change_set=draft(rita), reason="an attack")
    assert alert_overdue() == 0
    later(monkeypatch, hours=25)
    assert (alert_overdue(), alert_overdue()) == (1, 0)
    assert OutboxEvent.objects.filter(type="studio.review_overdue.v1").count() == 1
    assert open_reviews().count() == 1


def test_rolling_back_takes_ruleset_and_book_along(rita: User, sue: User, settings: Any) -> None:
    settings.APPROVALS_REQUIRED = {"rules.publish": 1, "rules.rollback": 0}
    move = StateMove(code="low_amount", to=State.SHADOW)
    new = NewRule(code=NEW, definition=make_definition(name="Night owl"))
    change_set = approve(
        propose(by=rita, change_set=draft(rita, edit_of(), move, new), reason="x"), sue
    )
    assert is_in_effect(change_set)
    roll_back(by=rita, change_set=change_set, reason="too many")
    assert published_number() == 3
    assert published_rule(HIGH).definition.score == "30"
    assert Rule.objects.get(code=HIGH).version.number == 1
    assert Rule.objects.get(code="low_amount").state == State.LIVE
    assert Rule.objects.get(code=NEW).state == State.DRAFT
    assert not pending_changes(CATALOGUE.version)
    assert is_in_effect(change_set) is False


def test_an_edit_after_a_rollback_is_shown_with_the_version_that_it_gets(
    rita: User, sue: User, settings: Any
) -> None:
    settings.APPROVALS_REQUIRED = {"rules.publish": 1, "rules.rollback": 0}
    first = approve(propose(by=rita, change_set=draft(rita), reason="x"), sue)
    roll_back(by=rita, change_set=first, reason="too many")
    second = draft(rita)
    assert f"{HIGH}: version: 1 -> 3" in what_changes(second.edits.all())[2].words
    approve(propose(by=rita, change_set=second, reason="again"), sue)
    assert published_rule(HIGH).version == 3


def test_with_later_changes_in_force_it_is_reversed_alone(rita: User, sue: User) -> None:
    change_set = approve(propose(by=rita, change_set=draft(rita), reason="x"), sue)
    publish_elsewhere(code="low_amount")
    with pytest.raises(ChangeRefused, match="reverses it"):
        roll_back(by=rita, change_set=change_set, reason="no")
    undo = invert(by=rita, change_set=change_set)
    approve(propose(by=rita, change_set=undo, reason="back"), sue)
    assert published_rule(HIGH).definition.score == "30"
    assert published_rule("low_amount").definition.score == "50"


def test_what_came_since_in_the_same_rule_is_kept_when_it_is_reversed(
    rita: User, sue: User
) -> None:
    wish = edit_of(score="35", reason="far too much")
    change_set = approve(propose(by=rita, change_set=draft(rita, wish), reason="x"), sue)
    later = edit_of(score="60", reason="far too much", name="Very high")
    approve(propose(by=rita, change_set=draft(rita, later), reason="y"), sue)
    edit = invert(by=rita, change_set=change_set).edits.get()
    definition = Definition.load(edit.definition)
    assert definition.name == "Very high"
    assert definition.reason == make_definition().reason
    assert edit.conflicts == {"score": {"base": "35", "ours": "30", "theirs": "60"}}


def test_a_rule_that_was_moved_again_is_left_where_it_is(rita: User, sue: User) -> None:
    move = StateMove(code=HIGH, to=State.SHADOW)
    change_set = approve(propose(by=rita, change_set=draft(rita, move), reason="x"), sue)
    again = StateMove(code=HIGH, to=State.RETIRED)
    approve(propose(by=rita, change_set=draft(rita, again), reason="y"), sue)
    with pytest.raises(ChangeRefused, match="changed again"):
        invert(by=rita, change_set=change_set)
    assert not ChangeSet.objects.filter(origin="undo").exists()


def test_drafts_alone_change_only_the_book(rita: User, sue: User) -> None:
    new = NewRule(code=NEW, definition=make_definition(), state=State.DRAFT)
    change_set = approve(propose(by=rita, change_set=draft(rita, new), reason="x"), sue)
    assert (change_set.state, change_set.ruleset, published_number()) == (S.PUBLISHED, None, 1)
    assert Rule.objects.filter(code=NEW).exists()


def test_the_books_own_version_is_brought_into_force_as_it_is(rita: User, sue: User) -> None:
    edit_rule(by="ravi", code=HIGH, definition=make_definition(score="50"), expected_version=1)
    wish = RuleEdit(code=HIGH, definition=make_definition(score="50"), expected_version=2)
    approve(propose(by=rita, change_set=draft(rita, wish), reason="x"), sue)
    assert published_rule(HIGH).version == 2


def test_comments_are_for_who_sees_it(rita: User, sue: User) -> None:
    change_set = draft(rita)
    comment(by=sue, change_set=change_set, text="why not 40?")
    assert change_set.entries.last().text == "why not 40?"
    with pytest.raises(Invalid):
        comment(by=sue, change_set=change_set, text=" ")
    with pytest.raises(Forbidden):
        comment(by=User.objects.create_user("nobody"), change_set=change_set, text="hi")


def test_set_rule_state_in_the_book_is_seen_as_a_change(rita: User, sue: User) -> None:
    change_set = propose(by=rita, change_set=draft(rita), reason="x")
    set_rule_state(by="ravi", code=HIGH, to=State.SHADOW)
    assert approve(change_set, sue).state == S.FAILED
    assert "state: live -> shadow" in change_set.failure
    change_set = reopen(by=rita, change_set=change_set)
    with pytest.raises(Outdated):
        put_edit(by=rita, change_set=change_set, wish=edit_of(), revision=1)
