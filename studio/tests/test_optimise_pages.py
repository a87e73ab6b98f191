"""The pages of curves and of the book's health: what they show to whom, and their buttons."""

import json

import msgspec
import pytest
from django.urls import reverse

from clients.services import create_institution, grant_scope
from foundation.roles import ANALYST, AUDITOR
from rules.models import Publication, Rule, Ruleset, Vertical
from rules.services import add_version, write_config
from rules.tests.people import make_user
from studio.admin.health import _link, _said
from studio.backtest.tests.conftest import (  # noqa: F401
    WINDOW,
    archive,
    bank,
    events,
    rulesets,
)
from studio.backtest.tests.world import UNTIL, VARIED, configs
from studio.health.findings import Finding
from studio.health.services import check_all
from studio.models import BookHealth, ChangeSet, CostAssumptions, Curve
from studio.optimise.costs import Assumptions
from studio.optimise.running import run
from studio.optimise.services import start_curve
from studio.optimise.targets import Target

pytestmark = pytest.mark.django_db
START = "admin:studio_curve_changelist"
HEALTH = "admin:studio_bookhealth_changelist"
LIMIT = Target(kind="parameter", rule="large_amount", name="limit")


@pytest.fixture
def book(events, monkeypatch):  # noqa: F811
    """The world's rules and verticals in the rule book; the clock after its last day."""
    for config in configs():
        vertical = Vertical(code=config.code)
        write_config(vertical, msgspec.structs.replace(config, aml_threshold=80))
        vertical.save()
    for published in VARIED:
        rule = Rule.objects.create(code=published.code, state=published.state.value)
        add_version(rule, published.definition, by="test")
    Publication.objects.create(ruleset=Ruleset.objects.get(number=2))
    monkeypatch.setattr("django.utils.timezone.now", lambda: UNTIL)


@pytest.fixture
def rita(book, bank):  # noqa: F811
    user = make_user("rita")
    grant_scope(user=user, institution=bank, by="test")
    return user


@pytest.fixture
def curve(rita):
    made = start_curve(by=rita, target=LIMIT, days=30, maturity_days=0)
    run(made.pk)
    made.refresh_from_db()
    assert made.state == Curve.State.DONE, made.error
    return made


def url(name: str, curve) -> str:
    return reverse(f"admin:studio_curve_{name}", args=[curve.pk])


def text_of(client, user, address: str) -> str:
    client.force_login(user)
    answer = client.get(address)
    assert answer.status_code == 200, answer
    return " ".join(answer.content.decode().split())


def test_a_parameter_is_chosen_and_its_curve_shown(client, rita):
    client.force_login(rita)
    asked = {"target": "parameter//large_amount/limit", "days": "30", "maturity": "0"}
    answer = client.post(reverse(START), asked, follow=True)
    shown = answer.content.decode()
    assert "curve-data" in shown
    assert "frauds and 0 genuine" not in shown
    assert "are the least to go by" in shown  # the world has no labels
    assert Curve.objects.get().state == Curve.State.DONE


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({}, "Choose either"),
        ({"target": "parameter//large_amount/limit", "rule": "aml"}, "Choose either"),
        ({"rule": "aml"}, "choose one"),
        ({"rule": "aml", "vertical": "crypto"}, "is not evaluated in"),
        ({"target": "parameter//nobody/limit"}, "valid choice"),
        ({"target": "nonsense"}, "valid choice"),
    ],
)
def test_wrong_choices_are_said(client, rita, asked, says):
    client.force_login(rita)
    shown = client.post(reverse(START), {"days": "30", "maturity": "0", **asked})
    assert says in shown.content.decode()
    assert not Curve.objects.exists()


def test_a_link_from_a_rule_chooses_its_parameter(client, rita):
    shown = text_of(client, rita, reverse(START) + "?rule=large_amount&name=limit")
    assert '<option value="parameter//large_amount/limit" selected>' in shown


def test_other_assumptions_are_answered_without_the_archive(client, rita, curve, settings):
    settings.ARCHIVE_URL = "/nowhere"
    client.force_login(rita)
    asked = {"missed": "100", "insult": "1", "minutes": "10", "hourly": "0"}
    answers = [
        json.loads(client.get(url("answer", curve), {**asked, "minutes": m}).content)
        for m in ("10", "20")
    ]
    hours = [answer["hours_a_day"] for answer in answers]
    assert hours[1] == pytest.approx([2 * h for h in hours[0]], abs=0.02)
    assert client.get(url("answer", curve), {"missed": "x"}).status_code == 400
    assert client.get(url("answer", curve), {**asked, "insult": "-1"}).status_code == 400


def test_assumptions_are_remembered_for_the_person(client, rita, curve):
    client.force_login(rita)
    asked = {"missed": "80", "insult": "3", "minutes": "7", "hourly": "9"}
    client.post(url("remember", curve), asked)
    said = CostAssumptions.objects.get(user=rita).said
    assert said == {
        "missed_share": 0.8, "insult": 3.0, "review_minutes": 7.0, "hourly_cost": 9.0,
        "currency": "NGN",
    }  # fmt: skip
    assert 'value="7.0"' in text_of(client, rita, url("change", curve))


def test_a_value_goes_into_a_change_set(client, rita, curve):
    client.force_login(rita)
    value = curve.result["steps"][0]["value"]
    client.post(url("take", curve), {"value": repr(value), "into": ""})
    edit = ChangeSet.objects.get().edits.get()
    assert edit.definition["parameters"][0]["value"]["value"] == value
    other = curve.result["steps"][1]["value"]
    client.post(url("take", curve), {"value": repr(other), "into": str(ChangeSet.objects.get().pk)})
    assert (
        ChangeSet.objects.get().edits.get().definition["parameters"][0]["value"]["value"] == other
    )


@pytest.mark.parametrize("value", ["", "nan", "x", "123456789"])
def test_a_value_that_is_not_on_the_curve_goes_nowhere(client, rita, curve, value):
    client.force_login(rita)
    shown = client.post(url("take", curve), {"value": value}, follow=True).content.decode()
    assert "not on the curve" in shown
    assert not ChangeSet.objects.exists()


def test_a_curve_is_its_makers_alone(client, rita, curve, bank):  # noqa: F811
    ravi = make_user("ravi")
    grant_scope(user=ravi, institution=bank, by="test")
    client.force_login(ravi)
    for name in ("change", "answer", "progress"):
        assert client.get(url(name, curve)).status_code == 404
    for name in ("take", "remember", "cancel"):
        assert client.post(url(name, curve)).status_code == 404
    assert curve.title not in client.get(reverse(START)).content.decode().split("latest")[1]


def test_who_works_for_the_institution_no_more_sees_its_curve_no_more(client, rita, curve):
    from clients.models import StaffScope

    StaffScope.objects.all().delete()
    client.force_login(make_user_again(rita))
    assert client.get(url("change", curve)).status_code == 404


def make_user_again(user):
    """As another request has it: what it sees is not remembered."""
    return type(user).objects.get(pk=user.pk)


@pytest.mark.parametrize("role", [ANALYST, AUDITOR])
def test_who_changes_no_rules_computes_nothing(client, curve, role):
    client.force_login(make_user("eve", role))
    assert client.get(reverse(START)).status_code == 403
    assert client.get(url("change", curve)).status_code == 403
    assert client.post(url("take", curve)).status_code == 403


def test_a_waiting_curve_shows_how_far_it_is_and_is_cancelled(client, rita):
    waiting = start_curve(by=rita, target=LIMIT, days=30, maturity_days=0)
    shown = text_of(client, rita, url("change", waiting))
    assert "being computed" in shown
    assert json.loads(client.get(url("progress", waiting)).content) == {
        "state": "waiting",
        "percent": 0,
    }
    client.post(url("cancel", waiting))
    assert "cancelled" in text_of(client, rita, url("change", waiting))


def test_of_a_curve_that_failed_the_page_says_why(client, rita):
    gone = start_curve(by=rita, target=LIMIT, days=30, maturity_days=0)
    Curve.objects.filter(pk=gone.pk).update(state=Curve.State.FAILED, error="The worker has gone.")
    assert "The worker has gone." in text_of(client, rita, url("change", gone))


def test_assumptions_of_another_currency_are_converted(rita, curve):
    from studio.optimise.presenting import answer, read

    told = answer(*read(curve), Assumptions(currency="NGN"))
    assert len(told.saved) == len(curve.result["steps"])
    assert (
        told.saved[
            curve.result["steps"].index(
                next(s for s in curve.result["steps"] if s["value"] == curve.result["current"])
            )
        ]
        == 0
    )


# -- health -------------------------------------------------------------------------------------


def test_before_the_first_count_the_page_says_what_will_stand_there(client, rita):
    shown = text_of(client, rita, reverse(HEALTH))
    assert "Nothing was counted yet" in shown


def test_rules_that_are_called_as_what_stands_in_a_link_are_linked():
    pages = {"href": 1, "class": 2}
    words = "class & href hit the same; class more often"
    said = _said(Finding(level="low", kind="overlap", words=words, rules=tuple(pages)), pages)
    one, other = (f"{_link(code, pages)}" for code in ("class", "href"))
    assert said == f"{one} &amp; {other} hit the same; class more often"


def test_findings_come_first_and_link_to_their_rules(client, rita):
    check_all(now=UNTIL)
    shown = text_of(client, rita, reverse(HEALTH))
    assert shown.index("Findings") < shown.index("What would be lost")
    assert ">trusted_text</a>" in shown
    assert "Kinds of fraud" in shown
    assert "from 1,000 decisions of their verticals on" in text_of(
        client, rita, f"{reverse(HEALTH)}?level=nonsense"
    )
    for level in ("high", "medium", "low", "nonsense"):
        assert client.get(reverse(HEALTH), {"level": level}).status_code == 200


def test_people_see_the_health_of_their_institutions(client, rita):
    create_institution(name="Unheard-of Bank", slug="unheard", base_currency="USD", by="test")
    check_all(now=UNTIL)
    shown = text_of(client, rita, reverse(HEALTH))
    assert "Unheard-of" not in shown
    assert BookHealth.objects.count() == 2
    stranger = text_of(client, make_user("stranger"), reverse(HEALTH))
    assert "work for no institution" in stranger


def test_counting_is_asked_for_by_who_changes_rules(client, rita, monkeypatch):
    from studio import tasks

    asked = []
    monkeypatch.setattr(tasks.check_book, "apply_async", lambda args, **more: asked.append(args))
    client.force_login(rita)
    client.post(reverse("admin:studio_bookhealth_check"))
    assert len(asked) == 1
    assert client.get(reverse("admin:studio_bookhealth_check")).status_code == 405
    client.force_login(make_user("eve", AUDITOR))
    assert client.post(reverse("admin:studio_bookhealth_check")).status_code == 403
    assert len(asked) == 1
