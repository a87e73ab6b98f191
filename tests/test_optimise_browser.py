"""Curves, rollout and the book's health in a real browser. Pictures are kept in PICTURES."""
# ruff: noqa: F811  fixtures of other modules, asked for by their names

import pytest
from django.urls import reverse
from django.utils import timezone as clock
from playwright.sync_api import expect

from learning.tests.conftest import first_serial  # noqa: F401
from rules.models import Rule
from studio.health.services import check_all
from studio.models import ChangeSet
from studio.rollout.checking import check_rules
from tests.looking import judge, picture  # noqa: F401
from tests.test_studio_browser import desk, history  # noqa: F401

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

START = "admin:studio_curve_changelist"


@pytest.fixture
def curve(history, desk, live_server):
    """The page of a curve over a number of a rule."""
    desk.goto(live_server.url + reverse(START) + "?rule=new_account&name=max_age")
    desk.select_option("[name=maturity]", "0")
    desk.get_by_role("button", name="Compute the curve").click()
    desk.wait_for_selector("[data-curve]")
    return desk


def test_the_slider_moves_by_keyboard_says_its_value_and_puts_it_into_a_change_set(curve, picture):
    slider, value = curve.locator("[data-slider]"), curve.locator("[data-value]")
    present = value.inner_text()
    take = curve.locator("[data-take-button]")
    expect(take).to_be_disabled()
    slider.focus()
    curve.keyboard.press("ArrowLeft")
    expect(value).not_to_have_text(present)
    assert slider.get_attribute("aria-valuetext").startswith(value.inner_text())
    expect(curve.locator('[data-row="chosen"] th')).to_contain_text(value.inner_text())
    curve.keyboard.press("Home")
    first = value.inner_text()
    picture("curve")
    take.click()
    curve.wait_for_url("**/changeset/**")
    edit = ChangeSet.objects.get().edits.get()
    [age] = [p for p in edit.definition["parameters"] if p["name"] == "max_age"]
    assert first.startswith(f"{age['value']:g}")


def test_other_costs_change_the_curve_at_once(curve):
    curve.locator("[data-slider]").focus()
    with curve.expect_response("**/answer/**") as answered:
        curve.fill("#id_minutes", "1440")
    assert answered.value.ok
    answer = answered.value.json()
    assert answer["proposal"]["verdict"] == "too_few"
    expect(curve.locator("[data-verdict]")).to_have_text("too few labels")
    assert "least to go by" in curve.locator("[data-reason]").inner_text()


def test_the_pages_can_be_read_by_everybody(history, desk, live_server, picture):
    check_all(now=clock.now())
    check_rules(now=clock.now())
    rule = Rule.objects.get(code="new_account")
    found = {}
    for name, address in {
        "rollout": reverse("admin:studio_rulewatch_changelist"),
        "rollout-rule": reverse("admin:studio_rulewatch_change", args=[rule.pk]),
        "bounds": reverse("admin:studio_rulewatch_bounds", args=[rule.pk]),
        "canary": reverse("admin:studio_rulewatch_move", args=[rule.pk, "canary"]),
        "health": reverse("admin:studio_bookhealth_changelist"),
        "curves": reverse(START),
    }.items():
        desk.goto(live_server.url + address)
        if wrong := judge(desk, picture, name):
            found[name] = wrong
    assert found == {}


def test_a_curve_can_be_read_by_everybody(curve, picture):
    assert judge(curve, picture, "curve") == []
