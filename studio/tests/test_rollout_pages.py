"""The pages of rollout: what they show to whom, and what their buttons do."""

import pytest
from django.urls import reverse

from clients.services import create_institution, grant_scope
from foundation.models import ApprovalRequest
from foundation.roles import ADMINISTRATOR, ANALYST, AUDITOR, SUPERVISOR
from rules.definition import State
from rules.models import Publication, Rule
from rules.tests.people import make_user
from studio.models import ChangeSet, Demotion, EmergencyReview, RuleWatch
from studio.rollout.checking import check_rules
from studio.rollout.moves import NothingBefore, before_now, move, roll_back
from studio.rollout.tests.conftest import (  # noqa: F401
    bank,
    book,
    decided,
    edited,
    hit,
    minutes,
    state_in_force,
)

pytestmark = pytest.mark.django_db
LIST = "admin:studio_rulewatch_changelist"


@pytest.fixture
def rita(book, bank):  # noqa: F811
    user = make_user("rita")
    grant_scope(user=user, institution=bank, by="test")
    return user


@pytest.fixture
def alone(settings):
    """Nobody else has to agree."""
    settings.APPROVALS_REQUIRED = {"rules.publish": 0}


def url(name: str, code: str = "wild", *more) -> str:
    pk = Rule.objects.get(code=code).pk
    return reverse(f"admin:studio_rulewatch_{name}", args=[pk, *more])


def text_of(client, user, address: str) -> str:
    client.force_login(user)
    answer = client.get(address)
    assert answer.status_code == 200, answer
    return " ".join(answer.content.decode().split())


def test_it_lists_every_rule_in_force_with_its_hits(client, rita, bank):  # noqa: F811
    from django.utils import timezone as clock

    hit(bank, "wild", 4_321, day=clock.now())
    shown = text_of(client, rita, reverse(LIST))
    for code in ("wild", "calm", "sure", "blocked"):
        assert code in shown
    assert "4.32 k" in shown
    assert "no labels yet" in shown
    assert "sure" not in text_of(client, rita, reverse(LIST) + "?q=wild").split("<table")[1]
    assert "No rule is left" in text_of(client, rita, reverse(LIST) + "?state=canary")


def test_people_see_hits_of_their_institutions_alone(client, rita):
    from django.utils import timezone as clock

    other = create_institution(name="Other", slug="other", base_currency="USD", by="test")
    hit(other, "wild", 7_777, day=clock.now())
    assert "7.78 k" not in text_of(client, rita, reverse(LIST))
    assert "7777" not in text_of(client, rita, url("change"))


@pytest.mark.parametrize("role", [ANALYST, SUPERVISOR, AUDITOR, ADMINISTRATOR])
def test_others_read_and_find_no_buttons(client, rita, role):
    shown = text_of(client, make_user("eve", role), url("change"))
    for words in ("Pause", "Retire", "Hold", "Roll back"):
        assert f">{words}</a>" not in shown
    for name in ("bounds", "hold", "release", "rollback"):
        assert client.get(url(name)).status_code == 403
    assert client.get(url("move", "wild", "shadow")).status_code == 403


def test_a_rule_that_is_not_there_is_not_found(client, rita):
    client.force_login(rita)
    for pk in ("999999", "abc", "9" * 30):
        assert client.get(f"/admin/studio/rulewatch/{pk}/change/").status_code == 404


def test_a_canary_takes_one_form_and_an_approval(client, rita):
    client.force_login(rita)
    told = {"percent": "25", "reason": "Try it", "expected_state": "live"}
    answer = client.post(url("move", "wild", "canary"), told, follow=True)
    assert "waits for another person" in answer.content.decode()
    change_set = ChangeSet.objects.get()
    assert change_set.state == ChangeSet.State.PROPOSED
    assert state_in_force("wild") == State.LIVE
    from foundation import approvals

    approvals.approve(request=ApprovalRequest.objects.get(), by=make_user("ravi"))
    assert state_in_force("wild") == State.CANARY
    rule = next(r for r in Publication.objects.get().ruleset.content.rules if r.code == "wild")
    assert rule.canary_percent == 25
    assert "judged from the next minute on" in text_of(client, rita, url("change"))


def test_a_pause_takes_force_at_once_in_an_emergency(client, rita):
    client.force_login(rita)
    told = {"reason": "It stops everybody", "expected_state": "live", "at_once": "on"}
    answer = client.post(url("move", "wild", "shadow"), told, follow=True)
    assert "Ruleset 2 is in force" in answer.content.decode()
    assert state_in_force("wild") == State.SHADOW
    assert EmergencyReview.objects.get().change_set == ChangeSet.objects.get()


def test_moves_that_are_none_are_not_offered(client, rita):
    client.force_login(rita)
    for to in ("live", "draft", "nonsense"):
        assert client.get(url("move", "wild", to)).status_code == 404
    assert client.post(url("move", "wild", "shadow"), {"reason": ""}).status_code == 200
    assert not ChangeSet.objects.exists()


def test_a_page_that_is_old_changes_nothing(client, rita, alone):
    client.force_login(rita)
    told = {"reason": "Pause it", "expected_state": "canary"}
    answer = client.post(url("move", "wild", "shadow"), told)
    assert "no longer" in answer.content.decode()
    assert not ChangeSet.objects.exists()


def test_the_whole_way_and_back(rita, alone):
    move(by=rita, code="wild", to=State.SHADOW, reason="-", expected_state=State.LIVE)
    assert state_in_force("wild") == State.SHADOW
    here = State.SHADOW
    move(by=rita, code="wild", to=State.CANARY, reason="-", expected_state=here, canary_percent=5)
    move(by=rita, code="wild", to=State.LIVE, reason="-", expected_state=State.CANARY)
    assert state_in_force("wild") == State.LIVE
    roll_back(by=rita, code="wild", reason="Too early")
    assert state_in_force("wild") == State.CANARY
    move(by=rita, code="wild", to=State.RETIRED, reason="-", expected_state=State.CANARY)
    assert "wild" not in {r.code for r in Publication.objects.get().ruleset.content.rules}


def test_rolling_back_brings_the_older_text_and_keeps_other_changes(rita, alone):
    from rules.publishing import propose_publication

    edited("wild", score="99", owner="rita")
    propose_publication(by=rita, reason="Higher")
    edited("calm", score="11", condition="ip_is_vpn", family="ip")
    propose_publication(by=rita, reason="Another")
    roll_back(by=rita, code="wild", reason="Too high")
    rules = {r.code: r for r in Publication.objects.get().ruleset.content.rules}
    assert rules["wild"].definition.score == "40"
    assert rules["calm"].definition.score == "11"
    assert Rule.objects.get(code="wild").version.number == 3


def test_rolling_back_gives_a_canary_the_share_of_before(rita, alone):
    move(by=rita, code="wild", to=State.SHADOW, reason="-", expected_state=State.LIVE)
    here = State.SHADOW
    for percent in (5, 20):
        move(
            by=rita, code="wild", to=State.CANARY, reason="-", expected_state=here,
            canary_percent=percent,
        )  # fmt: skip
        here = State.CANARY
    roll_back(by=rita, code="wild", reason="Too many")
    rules = {r.code: r for r in Publication.objects.get().ruleset.content.rules}
    assert (rules["wild"].state, rules["wild"].canary_percent) == (State.CANARY, 5)


def test_there_is_nothing_to_go_back_to_at_first(rita, alone):
    assert before_now("wild") is None
    with pytest.raises(NothingBefore):
        roll_back(by=rita, code="wild", reason="-")


def test_bounds_are_set_in_percent_and_shown(client, rita):
    client.force_login(rita)
    told = {"max_share": "2.5", "min_precision": "0", "reason": "Rare"}
    client.post(url("bounds"), told)
    watch = RuleWatch.objects.get(rule__code="wild")
    assert (watch.max_share, watch.min_precision) == (0.025, 0)
    assert "2.5 % of the last hour" in text_of(client, rita, url("change"))
    refused = client.post(url("bounds"), {"max_share": "0", "reason": "None"})
    assert "above 0 %" in refused.content.decode()


def test_a_hold_is_made_shown_and_ended(client, rita):
    client.force_login(rita)
    client.post(url("hold"), {"hours": "5", "reason": "An attack"})
    assert "An attack" in text_of(client, rita, url("change"))
    client.post(url("release"), {"reason": "Over"})
    assert RuleWatch.objects.get(rule__code="wild").held_until is None
    assert "ends within" not in text_of(client, rita, url("change"))


@pytest.fixture
def demoted(book, bank, rita):  # noqa: F811
    from django.utils import timezone as clock

    decided(bank, 50_000)
    check_rules(now=minutes(0))
    decided(bank, 4_000)
    hit(bank, "wild", 2_000)
    [demotion] = check_rules(now=minutes(1))
    Demotion.objects.update(at=clock.now())
    return demotion


def test_a_demotion_stands_on_the_list_and_on_home_until_somebody_has_seen_it(
    client, rita, demoted
):
    home = reverse("admin:index")
    for address in (reverse(LIST), home):
        assert "It hit 50 % of the decisions of late" in text_of(client, rita, address)
    assert client.get(reverse("admin:studio_rulewatch_seen", args=[demoted.pk])).status_code == 405
    client.post(reverse("admin:studio_rulewatch_seen", args=[demoted.pk]))
    assert "It hit 50 %" not in text_of(client, rita, home)
    assert "It hit 50 %" in text_of(client, rita, url("change"))


def test_who_changes_no_rules_is_not_told_on_home(client, demoted):
    assert "It hit 50 %" not in text_of(client, make_user("ann", ANALYST), reverse("admin:index"))
