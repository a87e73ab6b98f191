"""From archived outcomes to a vertical's working copy, by the hand of a person."""

import datetime as dt
import logging
from contextlib import contextmanager

import numpy as np
import polars as pl
import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from kombu.exceptions import OperationalError

from foundation.errors import Forbidden
from foundation.models import AuditEntry
from learning import tasks
from learning.archive import read
from learning.archive.schema import LABEL
from learning.registry.tests.conftest import models_dir, people  # noqa: F401
from learning.weights import services
from learning.weights.errors import SuggestionRefused
from learning.weights.models import WeightRun, WeightSuggestion
from learning.weights.services import dismiss, suggest_weights, take_up
from rules.models import Ruleset, Vertical
from scoring.tests.conftest import rule_book  # noqa: F401

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rule_book", "models_dir")]
NOW = dt.datetime(2026, 6, 30, tzinfo=dt.UTC)
ROWS = 4_000


@pytest.fixture
def archive(monkeypatch):
    """Payments in which high amounts are fraud and new accounts never are."""

    def put(rows=ROWS):
        chance = np.random.default_rng(4)
        high, new = chance.random(rows) < 0.15, chance.random(rows) < 0.3
        fraud = chance.random(rows) < np.where(high, 0.4, 0.01)
        hits = [
            [code for code, hit in (("high_amount", a), ("new_account", b)) if hit]
            for a, b in zip(high, new, strict=True)
        ]
        at = NOW.timestamp() - np.linspace(90 * 86_400, 20 * 86_400, rows)
        known = [dt.datetime.fromtimestamp(one + 86_400, dt.UTC) for one in at]
        frame = pl.DataFrame(
            {
                "occurred_at": at,
                "institution": ["bank"] * rows,
                "user_id": [f"c{n}" for n in range(rows)],
                "vertical": ["payments"] * rows,
                "status": ["approved"] * rows,
                "hits": hits,
                "hit_scores": [[40.0] * len(one) for one in hits],
                "label_is_fraud": [True if one else None for one in fraud],
                "label_known_at": [k if f else None for k, f in zip(known, fraud, strict=True)],
            },
            schema_overrides={
                "hits": pl.List(pl.String),
                "hit_scores": pl.List(pl.Float64),
                **{name: LABEL[name] for name in ("label_is_fraud", "label_known_at")},
            },
        )
        monkeypatch.setattr(read, "scan", lambda **asked: frame.lazy())

    return put


@pytest.fixture
def suggestion(archive):
    archive()
    suggest_weights(by="test", now=NOW)
    return WeightSuggestion.objects.get(code="new_account")


def browser_of(user):
    browser = Client()
    browser.force_login(user)
    return browser


def test_a_vertical_gets_suggestions_and_the_others_say_what_they_lack(suggestion):
    assert suggestion.weight < 0.5 < suggestion.weight_before
    assert suggestion.genuine > suggestion.frauds
    after, before = suggestion.figures["after"], suggestion.figures["before"]
    assert after["average_precision"] >= before["average_precision"]
    lending = WeightRun.objects.get(vertical="lending")
    assert lending.said.endswith("50 and 500 are needed.")


def test_it_goes_into_the_working_copy_and_nothing_is_published(suggestion, people):  # noqa: F811
    published = Ruleset.objects.count()
    vertical = take_up(suggestion=suggestion, by=people["grace"], reason="cries wolf")
    assert vertical.config.rule_weights["new_account"] == suggestion.weight
    assert Ruleset.objects.count() == published
    suggestion.refresh_from_db()
    assert (suggestion.state, suggestion.settled_by) == ("taken", "grace")
    actions = set(AuditEntry.objects.values_list("action", flat=True))
    assert {"weights.suggested", "weights.taken", "rules.edit_vertical"} <= actions
    with pytest.raises(SuggestionRefused, match="already"):
        take_up(suggestion=suggestion, by=people["joan"], reason="again")


def test_a_weight_that_somebody_changed_meanwhile_is_not_overwritten(suggestion, people):  # noqa: F811
    Vertical.objects.filter(code="payments").update(rule_weights={"new_account": 2.0})
    with pytest.raises(SuggestionRefused, match="weighs 2 in"):
        take_up(suggestion=suggestion, by=people["grace"], reason="cries wolf")


def test_a_newer_run_supersedes_what_is_open_and_leaves_what_is_settled(suggestion, people):  # noqa: F811
    dismiss(suggestion=suggestion, by=people["grace"], reason="not now")
    suggest_weights(by="test", now=NOW)
    second = WeightSuggestion.objects.get(code="new_account", state="open")
    suggest_weights(by="test", now=NOW)
    second.refresh_from_db()
    suggestion.refresh_from_db()
    assert (suggestion.state, second.state) == ("dismissed", "superseded")
    assert WeightSuggestion.objects.filter(code="new_account", state="open").count() == 1


def test_analysts_neither_work_them_out_nor_take_them_up(suggestion, people):  # noqa: F811
    with pytest.raises(Forbidden):
        suggest_weights(by=people["ada"])
    with pytest.raises(Forbidden):
        take_up(suggestion=suggestion, by=people["ada"], reason="x")
    with pytest.raises(Forbidden):
        dismiss(suggestion=suggestion, by=people["ada"], reason="x")


def test_the_command_says_what_it_found(archive, capsys):
    archive()
    call_command("suggest_weights")
    out = capsys.readouterr().out
    assert "payments" in out
    assert "50 and 500 are needed" in out


def test_without_a_ruleset_the_command_says_what_to_do(monkeypatch):
    monkeypatch.setattr("learning.weights.services.published_snapshot", lambda: None)
    with pytest.raises(CommandError, match="load_rules"):
        call_command("suggest_weights")


def test_a_risk_manager_takes_it_up_by_clicks(suggestion, people):  # noqa: F811
    grace = browser_of(people["grace"])
    listed = grace.get(reverse("admin:learning_weightsuggestion_changelist")).content.decode()
    assert "new_account" in listed
    assert "50 and 500 are needed" in listed
    here = reverse("admin:learning_weightsuggestion_change", args=[suggestion.pk])
    assert "Put into the working copy" in grace.get(here).content.decode()
    take = reverse("admin:learning_weightsuggestion_take", args=[suggestion.pk])
    answer = grace.post(take, {"reason": "cries wolf"}, follow=True).content.decode()
    assert "It takes force when a ruleset with it is published." in answer
    again = grace.post(take, {"reason": "again"}).content.decode()
    assert "already" in again


def test_whoever_may_only_look_sees_no_buttons(suggestion, people):  # noqa: F811
    from foundation.roles import AUDITOR, assign_roles

    assign_roles(user=people["joan"], roles=[AUDITOR], by="test")
    joan = browser_of(people["joan"])
    here = reverse("admin:learning_weightsuggestion_change", args=[suggestion.pk])
    assert "Put into the working copy" not in joan.get(here).content.decode()
    take = reverse("admin:learning_weightsuggestion_take", args=[suggestion.pk])
    assert joan.post(take, {"reason": "x"}).status_code == 403
    assert browser_of(people["ada"]).get(here).status_code == 403


def test_working_out_anew_is_asked_for_and_left_to_the_worker(people, monkeypatch):  # noqa: F811
    asked = []
    monkeypatch.setattr(
        tasks.suggest_weights, "apply_async", lambda args, **options: asked.append(args)
    )
    here = reverse("admin:learning_weightsuggestion_work_out")
    assert browser_of(people["ada"]).post(here, {"sent": "yes"}).status_code == 403
    grace = browser_of(people["grace"])
    assert grace.get(here).status_code == 200
    assert asked == []
    answer = grace.post(here, {"sent": "yes"}, follow=True)
    assert "The worker works it out" in answer.content.decode()
    assert asked == [(people["grace"].pk,)]


def test_a_queue_that_does_not_answer_is_told(people, monkeypatch):  # noqa: F811
    def down(args, **options):
        raise OperationalError("connection refused")

    monkeypatch.setattr(tasks.suggest_weights, "apply_async", down)
    here = reverse("admin:learning_weightsuggestion_work_out")
    answer = browser_of(people["grace"]).post(here, {"sent": "yes"})
    assert "queue does not answer" in answer.content.decode()


def test_what_a_person_asked_for_is_in_their_name(archive, people):  # noqa: F811
    archive()
    tasks.suggest_weights(people["grace"].pk)
    assert set(WeightRun.objects.values_list("made_by", flat=True)) == {"grace"}
    tasks.suggest_weights()
    latest = WeightRun.objects.order_by("-pk").first()
    assert latest.made_by == "scheduler"


def test_while_another_process_is_at_it_the_task_says_so(archive, monkeypatch, caplog):
    @contextmanager
    def taken(name):
        yield False

    monkeypatch.setattr(services, "alone", taken)
    archive()
    with caplog.at_level(logging.WARNING):
        tasks.suggest_weights()
    assert "being worked out at this moment" in caplog.text
    assert not WeightRun.objects.exists()
