"""Saving a draft with the backtest of its page as evidence."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from rules.models import Rule
from studio.backtest.tests.conftest import archive, bank, events, rulesets  # noqa: F401
from studio.changes.services import Retire, put_edit, standing
from studio.models import Backtest, ChangeSet
from studio.tasks import run_backtest
from studio.tests.test_optimise_pages import book, rita  # noqa: F401
from studio.tests.test_rule_pages import sent

pytestmark = pytest.mark.django_db
CODE = "large_amount"
PANEL = {"days": "7", "vertical": "payments", "known": "then", "institution": "bank"}


def save(by: Any, code: str = CODE, **more: Any) -> Any:
    rule, client = Rule.objects.get(code=code), Client()
    client.force_login(by)
    data = sent(rule.version.definition, rule=rule.code, attach="1", **{**PANEL, **more})
    address = reverse("admin:rules_rule_change", args=[rule.pk])
    return client.post(address, data, follow=True)


def test_the_panels_window_is_tried_with_all_of_the_change_set_and_frozen(rita):  # noqa: F811
    save(rita, confidence="0.5")
    change_set = ChangeSet.objects.get()
    assert standing(change_set) == "fresh"
    save(rita, "half_point", confidence="0.1", into=str(change_set.pk))
    change_set.refresh_from_db()
    assert standing(change_set) == "fresh"
    evidence = change_set.evidence
    assert {rule["code"] for rule in evidence["edit"]["rules"]} == {CODE, "half_point"}
    window = evidence["result"]["window"]
    assert (window["vertical"], window["known"], window["institutions"]) == (
        "payments", "then", ["bank"],
    )  # fmt: skip
    assert evidence["against_ruleset"] == 2


def test_without_the_button_nothing_is_tried(rita):  # noqa: F811
    rule, client = Rule.objects.get(code=CODE), Client()
    client.force_login(rita)
    data = sent(rule.version.definition, rule=CODE, confidence="0.5", **PANEL)
    client.post(reverse("admin:rules_rule_change", args=[rule.pk]), data)
    assert ChangeSet.objects.get().evidence is None
    assert not Backtest.objects.exists()


def test_what_keeps_it_from_being_tried_keeps_nothing_from_being_saved(rita):  # noqa: F811
    page = save(rita, confidence="0.5", institution="elsewhere").content.decode()
    assert "without a backtest: There is no such institution" in page
    assert ChangeSet.objects.get().edits.get().definition["confidence"] == 0.5


def test_a_long_one_runs_on_and_is_said_to(rita, settings):  # noqa: F811
    settings.BACKTEST_ROWS_AT_ONCE = 0
    page = save(rita, confidence="0.5").content.decode()
    assert "The backtest runs" in page
    assert "It waits for a worker" in page
    trial = Backtest.objects.get()
    run_backtest(str(trial.pk))
    run_backtest(str(trial.pk))  # as a message that comes twice
    change_set = ChangeSet.objects.get()
    assert standing(change_set) == "fresh"
    assert [one.kind for one in change_set.entries.all()].count("evidence") == 1


def test_what_is_done_when_the_edits_are_others_by_then_is_left_to_people(rita, settings):  # noqa: F811
    settings.BACKTEST_ROWS_AT_ONCE = 0
    save(rita, confidence="0.5")
    change_set = ChangeSet.objects.get()
    put_edit(by=rita, change_set=change_set, wish=Retire(code="half_point"))
    run_backtest(str(Backtest.objects.get().pk))
    assert Backtest.objects.get().state == "done"
    assert standing(ChangeSet.objects.get()) == "none"
