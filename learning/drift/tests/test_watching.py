"""A champion's traffic day by day: stored, told, shown, and never judged on too little."""

import datetime as dt
import logging

import numpy as np
import polars as pl
import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from foundation.errors import Forbidden
from foundation.models import AuditEntry, OutboxEvent
from foundation.outbox import drain_outbox
from learning.archive import read
from learning.archive.schema import LABEL
from learning.drift.baseline import baseline_of
from learning.drift.models import DriftReport, FeatureDrift
from learning.drift.watching import watch_drift
from learning.registry.tests.conftest import models_dir, people  # noqa: F401
from learning.training.sample import Sample
from learning.training.trained import Input
from scoring.serving.models import ModelVersion
from scoring.serving.tests.making import make_champion

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)
ROWS = 3_000


def amounts(shift=1.0, seed=1):
    return np.random.default_rng(seed).lognormal(3, 1, ROWS) * shift


@pytest.fixture
def model(models_dir):  # noqa: F811
    """A champion that was trained on plain amounts."""
    matrix = amounts().reshape(-1, 1).astype(np.float32)
    times, nothing = np.arange(float(ROWS)), np.zeros(ROWS, np.int8)
    sample = Sample((Input("amount", "number"),), matrix, times, nothing, np.zeros(ROWS), 1.0)
    made = make_champion()
    baseline = baseline_of(sample, np.arange(ROWS), np.linspace(0, 100, ROWS)).as_dict()
    made.card = {
        "baseline": baseline,
        "importance": {"amount": 1.0},
        "figures": {"average_precision": 0.8, "calibration_error": 0.001},
        "facts": {"label_delay": 86_400.0},
    }
    made.save()
    return made


@pytest.fixture
def traffic(monkeypatch):
    """Puts decisions of the last days in the archive's place."""

    def put(amount, *, frauds=0, said=0.5, model="first", switched=False, hidden=0):
        """`switched`: a switch decided every third one. `hidden`: so many more, the last ones,
        were declined at a probability of 0.95 and never labelled."""
        n = len(amount)
        fraud = np.arange(n) < frauds
        at = NOW.timestamp() - np.linspace(6 * 86_400, 2 * 86_400, n)
        frame = pl.DataFrame(
            {
                "occurred_at": at,
                "institution": ["bank"] * n,
                "user_id": [f"c{one}" for one in range(n)],
                "status": ["approved"] * (n - hidden) + ["declined"] * hidden,
                "effect": ["" if one % 3 or not switched else "switch" for one in range(n)],
                "model_version": [model] * n,
                "ml_score": np.linspace(0, 100, n),
                "ml_probability": np.where(
                    np.arange(n) >= n - hidden, 0.95, np.where(fraud, said, 0.1)
                ),
                "amount": amount,
                "label_is_fraud": [True if one else None for one in fraud],
                "label_known_at": [None] * n,
            },
            schema_overrides={name: LABEL[name] for name in ("label_is_fraud", "label_known_at")},
        )
        monkeypatch.setattr(
            read,
            "scan",
            lambda **asked: frame.lazy().select(
                *asked["columns"], "label_is_fraud", "label_known_at"
            ),
        )

    return put


def told():
    return OutboxEvent.objects.filter(type="learning.drift_found.v1")


def test_unmoved_traffic_is_stable_and_nobody_is_told(model, traffic):
    traffic(amounts(seed=2))
    report = watch_drift(by="test", now=NOW)
    assert (report.verdict, report.n, report.day) == ("stable", ROWS, NOW.date())
    assert {one.feature: one.psi < 0.05 for one in report.features.all()} == {
        "amount": True,
        "ml_score": True,
    }
    assert not told().exists()


def test_what_a_switch_decided_is_left_out_and_counted(model, traffic):
    amount = amounts(seed=2)
    amount[::3] *= 30
    traffic(amount, switched=True)
    report = watch_drift(by="test", now=NOW)
    assert (report.verdict, report.n) == ("stable", ROWS - 1_000)
    assert "1,000 decisions that an operator's switch made are left out." in report.said
    traffic(amount)
    assert watch_drift(by="test", now=NOW).verdict == "act"


def test_amounts_that_trebled_are_acted_on_and_told_with_an_alert(model, traffic, caplog):
    traffic(amounts(shift=3.0))
    report = watch_drift(by="test", now=NOW)
    assert report.verdict == "act"
    assert "amount" in report.said
    [event] = told()
    assert event.payload["worst"]["amount"] > 0.25
    with caplog.at_level(logging.CRITICAL):
        drain_outbox()
    assert "system alert: traffic has moved away from what model first" in caplog.text
    assert AuditEntry.objects.filter(action="model.drift_looked_for").count() == 1


def test_the_same_verdict_on_the_same_day_is_told_once_and_replaces_the_figures(model, traffic):
    traffic(amounts(shift=3.0))
    watch_drift(by="test", now=NOW)
    watch_drift(by="test", now=NOW)
    assert (DriftReport.objects.count(), FeatureDrift.objects.count()) == (1, 2)
    assert told().count() == 1
    watch_drift(by="test", now=NOW + dt.timedelta(days=1))
    assert told().count() == 2


def test_few_decisions_get_no_verdict(model, traffic):
    traffic(amounts(shift=9.0)[:499])
    report = watch_drift(by="test", now=NOW)
    assert report.verdict == "too_few"
    assert "500 are needed" in report.said
    assert not told().exists()


@pytest.mark.parametrize(("watch", "act", "verdict"), [(5.0, 9.0, "stable"), (0.01, 9.0, "watch")])
def test_the_limits_are_the_operators(model, traffic, settings, watch, act, verdict):
    settings.DRIFT_WATCH_PSI, settings.DRIFT_ACT_PSI = watch, act
    traffic(amounts(shift=2.0))
    assert watch_drift(by="test", now=NOW).verdict == verdict


@pytest.mark.parametrize(
    ("frauds", "said", "worse"), [(29, 0.9, None), (60, 0.9, False), (60, 0.05, True)]
)
def test_how_it_does_is_told_when_enough_is_known(model, traffic, frauds, said, worse):
    traffic(amounts(seed=2), frauds=frauds, said=said)
    report = watch_drift(by="test", now=NOW)
    assert report.performance.get("worse") is worse
    assert report.verdict == ("watch" if worse else "stable")
    assert report.performance["frauds"] == frauds


def test_a_model_that_declines_its_frauds_is_not_called_worse_for_what_it_hid(model, traffic):
    traffic(amounts(seed=2), frauds=60, said=0.05, hidden=600)
    report = watch_drift(by="test", now=NOW)
    found = report.performance
    assert (found["rows"], found["hidden"], found["worse"]) == (ROWS - 600, 600, False)
    assert found["average_precision"] < 0.1 < 0.8 < found["average_precision_at_most"]


def test_without_a_model_there_is_nothing_to_compare_with(models_dir):  # noqa: F811
    assert watch_drift(by="test", now=NOW) is None
    with pytest.raises(CommandError, match="No model is in force"):
        call_command("watch_drift")


def test_a_model_of_before_cards_told_it_says_to_train_anew(model):
    ModelVersion.objects.update(card={})
    with pytest.raises(CommandError, match="train a model anew"):
        call_command("watch_drift")


def test_analysts_may_not_start_it(model, traffic, people):  # noqa: F811
    traffic(amounts())
    with pytest.raises(Forbidden):
        watch_drift(by=people["ada"], now=NOW)


def test_the_models_page_shows_the_worst_first_with_its_course(model, traffic, people):  # noqa: F811
    for day, shift in enumerate((1.0, 2.0, 3.0)):
        traffic(amounts(shift=shift))
        watch_drift(by="test", now=NOW + dt.timedelta(days=day))
    browser = Client()
    browser.force_login(people["grace"])
    page = browser.get(reverse("admin:scoring_modelversion_change", args=[model.pk]))
    shown = page.content.decode()
    drift = shown[shown.index('id="drift"') :]
    assert drift.index("amount") < drift.index("ml_score")
    assert drift.count("<polyline") == 2
    assert "told from 500 decisions on" in drift
    assert "are needed to say how it does" in drift


def test_a_click_looks_at_once(model, traffic, people):  # noqa: F811
    traffic(amounts(shift=3.0))
    browser = Client()
    browser.force_login(people["grace"])
    look = reverse("admin:scoring_modelversion_drift", args=[model.pk])
    answer = browser.post(look, {"sent": "yes"}, follow=True)
    assert "Act: 1 of 2 columns" in answer.content.decode()
