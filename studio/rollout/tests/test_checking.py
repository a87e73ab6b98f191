"""The watch: what it demotes, once, and what it leaves alone."""

import pytest

from foundation.models import AuditEntry, OutboxEvent
from foundation.outbox import drain_outbox
from rules.definition import State
from rules.demoting import demote_rule
from rules.models import Publication, Ruleset
from rules.publishing import propose_publication
from rules.services import set_rule_state
from rules.tests.people import make_user
from studio.models import ActivityMark, Demotion, RuleWatch
from studio.rollout.bounding import hold
from studio.rollout.checking import check_rules
from studio.rollout.tests.conftest import (
    decided,
    edited,
    hit,
    minutes,
    state_in_book,
    state_in_force,
)

pytestmark = pytest.mark.django_db


def look(at: float, **asked) -> list[str]:
    """Codes of the rules that this look demoted."""
    return [demotion.rule.code for demotion in check_rules(now=minutes(at), **asked)]


@pytest.fixture
def watched(book, bank):
    """The watch looked once, an hour's quiet traffic behind it."""
    decided(bank, 50_000)
    hit(bank, "wild", 500)
    look(0)
    return bank


def run_wild(bank, code="wild", hits=2_000) -> None:
    decided(bank, 4_000)
    hit(bank, code, hits)


def publish_by(name="pia") -> None:
    """A person publishes the book as it stands; nobody has to approve in these tests."""
    propose_publication(by=make_user(name), reason="Again")


def test_a_rule_that_hits_too_much_goes_into_shadow_at_the_next_look(watched):
    assert look(1) == []
    run_wild(watched)
    assert look(2) == ["wild"]
    assert state_in_force("wild") == state_in_book("wild") == State.SHADOW
    assert Publication.objects.get().ruleset_id == 2


def test_nothing_but_its_state_changes(watched):
    before = Ruleset.objects.get(number=1).content
    edited("calm", score="55")  # an edit that nobody published
    run_wild(watched)
    look(2)
    after = Ruleset.objects.get(number=2).content
    assert after.verticals == before.verticals
    for old, new in zip(before.rules, after.rules, strict=True):
        assert (old == new) is (old.code != "wild")
        assert (old.version, old.definition) == (new.version, new.definition)


def test_it_happens_once(watched):
    run_wild(watched)
    assert look(2) == ["wild"]
    assert look(3) == look(3) == []
    assert Demotion.objects.count() == 1
    assert Ruleset.objects.count() == 2


def test_it_is_told_and_on_the_trail(watched, caplog):
    run_wild(watched)
    look(2)
    actions = {"rules.demote", "rules.state"}
    told = AuditEntry.objects.filter(action__in=actions, actor_name="automatic demotion")
    assert set(told.values_list("action", flat=True)) == actions
    assert OutboxEvent.objects.filter(type="rules.demoted.v1").count() == 1
    drain_outbox()
    [line] = [r.getMessage() for r in caplog.records if "system alert" in r.getMessage()]
    assert "wild, owned by rita, went from live into shadow with ruleset 2" in line
    assert "It hit 50 % of the decisions of late; its bound is 10 %." in line


def test_what_it_did_before_the_watch_began_is_not_held_against_it(book, bank):
    decided(bank, 4_000)
    hit(bank, "wild", 4_000)
    assert look(0) == []
    decided(bank, 4_000)
    assert look(1) == []


def test_a_new_version_is_judged_by_what_itself_did(watched, settings):
    settings.APPROVALS_REQUIRED = {"rules.publish": 0}
    run_wild(watched)
    edited("wild", score="41")
    publish_by()
    assert look(2) == look(3) == []
    run_wild(watched)
    assert look(4) == ["wild"]


def test_a_rule_put_back_by_a_person_is_judged_from_then_on(watched, settings):
    settings.APPROVALS_REQUIRED = {"rules.publish": 0}
    run_wild(watched)
    look(2)
    set_rule_state(by="test", code="wild", to=State.LIVE)
    publish_by()
    assert look(3) == look(4) == []
    assert state_in_force("wild") == State.LIVE


def test_the_last_hour_counts_and_not_the_whole_day(watched):
    run_wild(watched, hits=300)
    assert look(2) == []
    decided(watched, 1_000)
    hit(watched, "wild", 200)  # a fifth of what came since the mark an hour ago
    assert look(63) == ["wild"]


def test_a_canary_is_demoted_for_what_it_hits_in_shadow_too(book, bank, settings):
    settings.APPROVALS_REQUIRED = {"rules.publish": 0}
    set_rule_state(by="test", code="wild", to=State.CANARY, canary_percent=5)
    publish_by()
    look(0)
    decided(bank, 4_000)
    hit(bank, "wild", 100, shadow=1_900)
    assert look(1) == ["wild"]
    assert Demotion.objects.get().state_before == "canary"


def test_a_rule_of_few_verticals_is_judged_by_their_traffic(book, bank, settings):
    settings.APPROVALS_REQUIRED = {"rules.publish": 0}
    edited("wild", only=("crypto",))
    publish_by()
    look(0)
    decided(bank, 100_000)
    decided(bank, 2_000, vertical="crypto")
    hit(bank, "wild", 1_500, vertical="crypto")
    assert look(1) == ["wild"]


def test_failing_demotes(watched):
    decided(watched, 4_000)
    hit(watched, "calm", 0, errors=400)
    assert look(1) == ["calm"]
    assert Demotion.objects.get().cause == "errors"


def test_a_burst_from_listed_places_does_not_switch_off_the_list(watched):
    run_wild(watched, "blocked", hits=3_900)
    assert look(1) == []


def test_a_decline_rule_that_hits_everybody_is_switched_off(watched):
    run_wild(watched, "sure", hits=3_900)
    assert look(1) == ["sure"]


@pytest.fixture
def clock_at(monkeypatch):
    """Sets the clock to so many minutes after noon."""
    return lambda at: monkeypatch.setattr("django.utils.timezone.now", lambda: minutes(at))


def test_a_hold_keeps_it_and_says_so_once(watched, clock_at):
    clock_at(1)
    hold(by=make_user("rita"), code="wild", until=minutes(60), reason="An attack")
    run_wild(watched)
    assert look(2) == look(3) == []
    assert RuleWatch.objects.get(rule__code="wild").trouble.startswith("It hit")
    assert OutboxEvent.objects.filter(type="studio.rule_out_of_bounds.v1").count() == 1
    assert state_in_force("wild") == State.LIVE


def test_a_hold_that_is_over_holds_no_more(watched, clock_at):
    clock_at(1)
    hold(by=make_user("rita"), code="wild", until=minutes(3), reason="A moment")
    run_wild(watched)
    assert look(2) == []
    clock_at(4)
    assert look(4) == ["wild"]


def test_trouble_that_is_over_is_forgotten(watched, clock_at):
    clock_at(1)
    hold(by=make_user("rita"), code="wild", until=minutes(600), reason="An attack")
    run_wild(watched)
    look(2)
    decided(watched, 400_000)
    assert look(3) == []
    assert RuleWatch.objects.get(rule__code="wild").trouble == ""


def test_with_demotion_off_people_are_told_only(watched, settings):
    settings.RULE_DEMOTION = False
    run_wild(watched)
    assert look(2) == []
    assert OutboxEvent.objects.filter(type="studio.rule_out_of_bounds.v1").count() == 1


def test_a_rule_that_is_retired_in_the_book_stays_so(watched):
    set_rule_state(by="test", code="wild", to=State.RETIRED)
    run_wild(watched)
    assert look(2) == ["wild"]
    assert state_in_book("wild") == State.RETIRED


def test_nothing_is_demoted_before_the_first_publication(db):
    assert check_rules(now=minutes(0)) == []


def test_old_marks_are_forgotten(watched):
    look(60 * 24 * 3)
    assert ActivityMark.objects.count() == 1


def test_a_look_takes_as_many_queries_for_many_rules_as_for_few(
    watched, django_assert_max_num_queries
):
    look(1)
    with django_assert_max_num_queries(16):
        look(2)


def test_the_pointer_keeps_what_else_it_says(watched):
    Publication.objects.update(switches={"crypto": {"mode": "review_all"}})
    run_wild(watched)
    look(2)
    assert Publication.objects.get().switches == {"crypto": {"mode": "review_all"}}


def test_an_older_version_or_a_rule_without_effect_is_not_demoted(book):
    asked = {"by": "test", "reason": "-", "cause": "share"}
    assert demote_rule(code="wild", version=9, **asked) is None
    assert demote_rule(code="nobody", version=1, **asked) is None
    assert demote_rule(code="wild", version=1, **asked) is not None
    assert demote_rule(code="wild", version=1, **asked) is None
