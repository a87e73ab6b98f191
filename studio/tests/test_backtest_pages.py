"""The list of backtests and the page of one: who sees which, what they say, their buttons."""

import datetime as dt

import msgspec
import pytest
from django.test import Client
from django.urls import reverse

from clients.services import create_institution, grant_scope
from foundation.models import User
from foundation.roles import ANALYST, AUDITOR, RISK_MANAGER
from rules.tests.people import make_user
from studio import tasks
from studio.backtest import running
from studio.backtest.contract import Edit
from studio.backtest.services import edit_of, request_backtest
from studio.backtest.tests.conftest import (  # noqa: F401
    WINDOW,
    archive,
    bank,
    events,
    rulesets,
)
from studio.backtest.tests.people import in_force
from studio.backtest.tests.world import a_rule
from studio.models import Backtest

pytestmark = pytest.mark.django_db
DRAFT = edit_of("brand_new", a_rule("brand_new", "account_age_days < 100").definition)
S = Backtest.State


def person(name, role, *institutions) -> User:
    user = make_user(name, role)
    for institution in institutions:
        grant_scope(user=user, institution=institution, by="test")
    return user


@pytest.fixture
def ada(events, bank):  # noqa: F811
    in_force(2)
    return person("ada", RISK_MANAGER, bank)


def as_(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def asked(by, edit=DRAFT, **window) -> Backtest:
    return request_backtest(by=by, edit=edit, window=msgspec.structs.replace(WINDOW, **window))


def finished(by, **more) -> Backtest:
    made = asked(by, **more)
    running.run(made.pk)
    made.refresh_from_db()
    assert made.state == S.DONE, made.told
    return made


def listed(user, **query) -> str:
    return as_(user).get(reverse("admin:studio_backtest_changelist"), query).content.decode()


def url(name, row) -> str:
    return reverse(f"admin:studio_backtest_{name}", args=[row.pk])


def shown(user, row) -> str:
    return as_(user).get(url("change", row)).content.decode()


def test_an_empty_list_says_what_will_stand_there(ada):
    assert "Backtests that a worker runs stand here" in listed(ada)


def test_the_sign_in_page_opens_for_whoever_is_nobody_yet(db):
    assert Client().get(reverse("admin:login")).status_code == 200


def test_the_list_tells_what_was_tried_on_what_and_what_came_of_it(ada):
    done = finished(ada, vertical="payments")
    whole = Edit(rules=DRAFT.rules, removed=("half_point",))
    asked(ada, edit=whole)
    page = listed(ada)
    after = done.result["after"]["matched"]["n"]
    assert f"matched 0 → {after:,}" in page
    assert "bank, 1 Oct to 4 Oct 2026, payments alone" in page
    assert "2 rules" in page
    assert ">done<" in page
    assert ">queued<" in page


def test_filters_leave_ones_own_and_those_of_a_state(ada, bank):  # noqa: F811
    finished(ada)
    asked(person("ben", RISK_MANAGER, bank), edit=Edit(removed=("half_point",)))
    assert "half_point" not in listed(ada, whose="mine")
    assert "half_point" in listed(ada, state="queued")
    assert "brand_new" not in listed(ada, state="queued")


def test_one_sees_those_on_decisions_that_one_may_see_whoever_asked(ada, bank):  # noqa: F811
    row = asked(ada)
    other = create_institution(name="Other", slug="other", base_currency="USD", by="test")
    colleague, auditor = person("ann", ANALYST, bank, other), person("audi", AUDITOR)
    stranger = person("sten", RISK_MANAGER, other)
    for user in (ada, colleague, auditor):
        assert "brand_new" in listed(user)
        assert "It waits for a worker" in shown(user, row)
    assert "brand_new" not in listed(stranger)
    assert as_(stranger).get(url("change", row)).status_code == 404
    assert as_(stranger).get(url("progress", row)).status_code == 404


def test_of_a_wider_one_whoever_sees_a_part_sees_nothing(ada, bank):  # noqa: F811
    other = create_institution(name="Other", slug="other", base_currency="USD", by="test")
    grant_scope(user=ada, institution=other, by="test")
    asked(ada, institutions=("bank", "other"))
    assert "brand_new" in listed(ada)
    assert "brand_new" not in listed(person("ben", RISK_MANAGER, bank))


def test_a_finished_one_shows_the_whole_comparison(ada):
    row = finished(ada)
    page = shown(ada, row)
    assert "What it would have done" in page
    assert "data-samples=" in page
    assert "held against ruleset" in page
    assert as_(ada).get(url("progress", row)).json() == {"state": "done", "percent": 100}


def test_ones_own_is_cancelled_and_started_again_by_buttons(ada, monkeypatch, settings):
    settings.BACKTEST_ROWS_AT_ONCE = 0
    monkeypatch.setattr(tasks.run_backtest, "apply_async", lambda *args, **more: None)
    row, mine = asked(ada), as_(ada)
    assert ">Cancel<" in shown(ada, row)
    mine.post(url("cancel", row))
    row.refresh_from_db()
    assert row.state == S.CANCELLED
    assert "Start it again" in shown(ada, row)
    mine.post(url("again", row))
    row.refresh_from_db()
    assert row.state == S.QUEUED


@pytest.mark.parametrize("act", ["cancel", "again"])
def test_anothers_is_left_alone(ada, bank, act):  # noqa: F811
    row = asked(ada)
    for user in (person("ben", RISK_MANAGER, bank), person("ann", ANALYST, bank)):
        assert ">Cancel<" not in shown(user, row)
        as_(user).post(url(act, row))
        row.refresh_from_db()
        assert row.state == S.QUEUED
    assert as_(ada).get(url(act, row)).status_code == 405


def test_the_list_takes_few_queries_and_leaves_results_alone(
    ada, django_assert_max_num_queries, settings
):
    settings.BACKTESTS_AT_ONCE = 50
    finished(ada)
    for days in range(1, 6):
        asked(ada, since=WINDOW.until - dt.timedelta(days=days))
    client = as_(ada)
    with django_assert_max_num_queries(12) as queries:
        client.get(reverse("admin:studio_backtest_changelist"))
    assert not any('"studio_backtest"."result",' in one["sql"] for one in queries)
