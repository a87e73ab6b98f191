"""From the rule book to a ruleset in force: proposals, approvals, publications, rollbacks."""

from typing import Any

import msgspec
import pytest

from foundation import approvals
from foundation.errors import Forbidden
from foundation.models import ApprovalRequest, AuditEntry, User
from foundation.roles import ANALYST
from rules.definition import State
from rules.errors import PublicationRefused
from rules.models import Proposal, Publication, Rule, Ruleset, RuleVersion, Vertical
from rules.publishing import propose_publication, publish_first_ruleset, rollback
from rules.queries import (
    diff_rulesets,
    diff_versions,
    load_book,
    pending_changes,
    published_number,
)
from rules.registry import Registry
from rules.services import (
    add_version,
    create_rule,
    edit_rule,
    edit_vertical,
    set_rule_state,
    write_config,
)
from rules.tests.cast import CATALOGUE, evaluate, make_config, make_definition
from rules.tests.people import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def rita() -> User:
    return make_user("rita")


@pytest.fixture
def ravi() -> User:
    return make_user("ravi")


@pytest.fixture
def book() -> None:
    """One live rule, one vertical, published as ruleset 1."""
    vertical = Vertical(code="payments")
    write_config(vertical, make_config())
    vertical.save()
    create_rule(by="tests", code="high_amount", definition=make_definition())
    Rule.objects.update(state=State.LIVE)
    publish_first_ruleset(by="tests")


def edit(score: str = "35") -> RuleVersion:
    rule = Rule.objects.get(code="high_amount")
    return edit_rule(
        by="tests",
        code="high_amount",
        definition=make_definition(score=score),
        expected_version=rule.version.number,
    )


def request_of(proposal: Proposal) -> ApprovalRequest:
    return ApprovalRequest.objects.get(subject=f"rules.proposal:{proposal.pk}")


def shipped_score(number: int) -> float:
    return evaluate(load_book(number), amount=9e9).hits[0].score


@pytest.mark.usefixtures("book")
def test_the_first_ruleset_needs_nobody_and_there_is_one_first_only() -> None:
    assert published_number() == 1
    entry = AuditEntry.objects.get(action="rules.publish")
    assert entry.after is not None
    assert (entry.actor_name, entry.after["ruleset"], entry.after["approval"]) == ("tests", 1, None)
    with pytest.raises(PublicationRefused, match="propose"):
        publish_first_ruleset(by="tests")


def test_before_any_publication_there_is_no_number() -> None:
    assert published_number() is None


@pytest.mark.usefixtures("book")
def test_an_edit_takes_force_when_a_second_person_approves(rita: User, ravi: User) -> None:
    edit("35")
    proposal = propose_publication(by=rita, reason="fewer alerts", evidence={"backtest": 12})
    request = request_of(proposal)
    assert published_number() == 1
    assert request.evidence["changes"] == [
        "high_amount: version: 1 -> 2",
        "high_amount: score: 30 -> 35",
    ]
    assert request.evidence["backtest"] == 12

    approvals.approve(request=request, by=ravi, comment="agreed")

    ruleset = Ruleset.objects.get(number=2)
    assert published_number() == 2
    assert (ruleset.based_on_id, ruleset.proposal, ruleset.approval) == (1, proposal, request)
    assert (ruleset.created_by, ruleset.note) == (rita, "fewer alerts")
    assert (shipped_score(1), shipped_score(2)) == (30, 35)


@pytest.mark.usefixtures("book")
def test_nobody_approves_their_own_proposal(rita: User) -> None:
    edit()
    request = request_of(propose_publication(by=rita, reason="mine"))
    with pytest.raises(Forbidden):
        approvals.approve(request=request, by=rita)
    assert published_number() == 1


@pytest.mark.usefixtures("book")
def test_what_was_approved_is_what_is_published(rita: User, ravi: User) -> None:
    edit("35")
    request = request_of(propose_publication(by=rita, reason="35 it is"))
    edit("99")
    approvals.approve(request=request, by=ravi)
    assert shipped_score(2) == 35
    assert pending_changes(CATALOGUE.version).words == [
        "high_amount: version: 2 -> 3",
        "high_amount: score: 35 -> 99",
    ]


@pytest.mark.usefixtures("book")
def test_a_proposal_made_before_another_publication_is_refused(rita: User, ravi: User) -> None:
    edit("35")
    first = request_of(propose_publication(by=rita, reason="one"))
    edit("36")
    second = request_of(propose_publication(by=rita, reason="two"))
    approvals.approve(request=second, by=ravi)
    late = approvals.approve(request=first, by=ravi)
    assert late.state == ApprovalRequest.State.FAILED
    assert "Propose again" in late.error
    assert published_number() == 2
    assert shipped_score(2) == 36


@pytest.mark.usefixtures("book")
def test_a_rejected_proposal_changes_nothing(rita: User, ravi: User) -> None:
    edit()
    approvals.reject(
        request=request_of(propose_publication(by=rita, reason="x")), by=ravi, comment="no"
    )
    assert published_number() == 1


@pytest.mark.usefixtures("book")
def test_without_required_approvals_it_is_published_at_once(rita: User, settings: Any) -> None:
    settings.APPROVALS_REQUIRED = {"rules.publish": 0}
    edit()
    assert propose_publication(by=rita, reason="small shop").ruleset.number == 2
    assert published_number() == 2


@pytest.mark.usefixtures("book")
def test_with_two_required_approvals_one_is_not_enough(
    rita: User, ravi: User, settings: Any
) -> None:
    settings.APPROVALS_REQUIRED = {"rules.publish": 2}
    edit()
    request = request_of(propose_publication(by=rita, reason="big house"))
    approvals.approve(request=request, by=ravi)
    assert published_number() == 1
    approvals.approve(request=request, by=make_user("rosa"))
    assert published_number() == 2


@pytest.mark.usefixtures("book")
def test_a_proposal_without_difference_or_reason_is_refused(rita: User) -> None:
    with pytest.raises(PublicationRefused, match="Nothing differs"):
        propose_publication(by=rita, reason="boredom")
    edit()
    with pytest.raises(PublicationRefused, match="Say why"):
        propose_publication(by=rita, reason="  ")
    assert Proposal.objects.count() == 1  # the first ruleset's


@pytest.mark.usefixtures("book")
def test_a_snapshot_that_does_not_compile_is_never_published(rita: User) -> None:
    rule = Rule.objects.get()
    broken = make_definition(condition="feature_of_old > 1", parameters=(), reason="old")
    add_version(rule, broken, by="tests")
    with pytest.raises(PublicationRefused, match="feature_of_old"):
        propose_publication(by=rita, reason="let us see")
    assert not ApprovalRequest.objects.exists()


@pytest.mark.usefixtures("book")
def test_others_may_not_propose_or_roll_back(rita: User) -> None:
    edit()
    ann = make_user("ann", ANALYST)
    with pytest.raises(Forbidden):
        propose_publication(by=ann, reason="please")
    with pytest.raises(Forbidden):
        rollback(to_number=1, by=ann, reason="please")


@pytest.mark.usefixtures("book")
def test_a_rollback_publishes_the_older_snapshot_under_a_new_number(rita: User, ravi: User) -> None:
    edit("35")
    approvals.approve(request=request_of(propose_publication(by=rita, reason="try")), by=ravi)
    proposal = rollback(to_number=1, by=rita, reason="too many alerts")
    assert published_number() == 2
    approvals.approve(request=request_of(proposal), by=ravi)
    ruleset = Ruleset.objects.get(number=3)
    assert published_number() == 3
    assert (ruleset.rolls_back_to_id, ruleset.based_on_id) == (1, 2)
    assert ruleset.snapshot == Ruleset.objects.get(number=1).snapshot
    assert shipped_score(3) == 30
    assert AuditEntry.objects.filter(action="rules.rollback").count() == 1
    rule = Rule.objects.get()
    assert rule.version.score == "30"  # else the next proposal would bring 35 back
    assert rule.versions.count() == 2
    assert not pending_changes(CATALOGUE.version)


@pytest.mark.usefixtures("book")
def test_what_was_edited_since_is_not_taken_back_with_the_ruleset(
    rita: User, settings: Any
) -> None:
    settings.APPROVALS_REQUIRED = {"rules.publish": 0}
    edit("35")
    propose_publication(by=rita, reason="try")
    edit("40")
    rollback(to_number=1, by=rita, reason="too many alerts")
    assert Rule.objects.get().version.score == "40"


@pytest.mark.usefixtures("book")
def test_a_version_after_a_rollback_gets_a_number_of_its_own(rita: User, settings: Any) -> None:
    settings.APPROVALS_REQUIRED = {"rules.publish": 0}
    edit("35")
    propose_publication(by=rita, reason="try")
    rollback(to_number=1, by=rita, reason="too many alerts")
    assert Rule.objects.get().version.number == 1
    assert edit("40").number == 3


@pytest.mark.usefixtures("book")
def test_states_and_verticals_go_back_too(rita: User, settings: Any) -> None:
    settings.APPROVALS_REQUIRED = {"rules.publish": 0}
    set_rule_state(by="tests", code="high_amount", to=State.RETIRED)
    edit_vertical(by="tests", config=make_config(review_threshold=30), expected_revision=1)
    propose_publication(by=rita, reason="try")
    rollback(to_number=1, by=rita, reason="no")
    assert Rule.objects.get().state == State.LIVE
    vertical = Vertical.objects.get()
    assert (vertical.review_threshold, vertical.revision) == (40, 3)
    assert not pending_changes(CATALOGUE.version)


@pytest.mark.usefixtures("book")
def test_a_rollback_may_need_fewer_approvals(rita: User, settings: Any) -> None:
    settings.APPROVALS_REQUIRED = {"rules.publish": 0}
    edit("35")
    propose_publication(by=rita, reason="try")
    settings.APPROVALS_REQUIRED = {"rules.publish": 1, "rules.rollback": 0}
    rollback(to_number=1, by=rita, reason="at night, alone")
    assert published_number() == 3


@pytest.mark.usefixtures("book")
def test_only_shadow_canary_and_live_rules_are_published() -> None:
    for state in State:
        code = f"rule_{state}"
        create_rule(by="tests", code=code, definition=make_definition())
        Rule.objects.filter(code=code).update(state=state)
    assert [rule.code for rule in pending_changes(CATALOGUE.version).added] == [
        "rule_canary",
        "rule_live",
        "rule_shadow",
    ]


@pytest.mark.usefixtures("book")
def test_differences_between_versions_and_between_rulesets(rita: User, settings: Any) -> None:
    settings.APPROVALS_REQUIRED = {"rules.publish": 0}
    first = Rule.objects.get().version
    second = edit("35")
    assert [str(change) for change in diff_versions(first, second)] == ["score: 30 -> 35"]
    set_rule_state(by="tests", code="high_amount", to=State.SHADOW)
    after = propose_publication(by=rita, reason="calm down").ruleset
    assert diff_rulesets(Ruleset.objects.get(number=1), after).words == [
        "high_amount: version: 1 -> 2",
        "high_amount: state: live -> shadow",
        "high_amount: score: 30 -> 35",
    ]


@pytest.mark.usefixtures("book")
def test_a_process_decides_with_the_new_ruleset_as_soon_as_it_sees_its_number(
    rita: User, settings: Any
) -> None:
    settings.APPROVALS_REQUIRED = {"rules.publish": 0}
    registry = Registry()
    assert evaluate(registry.book_for(1), amount=9e9).hits[0].score == 30
    edit("35")
    propose_publication(by=rita, reason="more")
    assert evaluate(registry.book_for(published_number() or 0), amount=9e9).hits[0].score == 35
    assert evaluate(registry.exact(1), amount=9e9).hits[0].score == 30


@pytest.mark.usefixtures("book")
def test_queries_stay_few(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        published_number()
    with django_assert_num_queries(1):
        load_book(1)
    with django_assert_num_queries(3):
        pending_changes(CATALOGUE.version)


@pytest.mark.usefixtures("book")
def test_a_stored_snapshot_is_the_one_that_was_proposed() -> None:
    ruleset = Ruleset.objects.get(number=1)
    assert ruleset.content.fingerprint == Proposal.objects.get().ruleset.content.fingerprint
    assert msgspec.json.encode(ruleset.snapshot)
    assert Publication.objects.get().ruleset == ruleset
