"""Histories that nothing can be learned from: one sentence, and the champion untouched.

Both ways in are tried: `manage.py train_model` and the background task.
"""

import datetime as dt
import logging

import numpy as np
import polars as pl
import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone as clock

from features.catalogue import CATALOGUE
from learning import tasks
from learning.archive import read
from learning.archive.schema import LABEL
from learning.datasets.archived import readable_features
from learning.registry.tests.conftest import models_dir  # noqa: F401
from learning.retraining.models import TrainingRun
from scoring.detectors import ArtefactError
from scoring.detectors.manifest import Column
from scoring.detectors.tests.making import COLUMNS
from scoring.serving.models import ModelVersion
from scoring.serving.services import champion
from scoring.serving.tests.making import make_champion, make_model

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models_dir")]
ROWS = 1_200


def history(rows=ROWS, **changes):
    """Decisions of the last 60 days in which high amounts are fraud, known three days later."""
    now = clock.now()
    chance = np.random.default_rng(3)
    at = now.timestamp() - np.linspace(60 * 86_400, 3_600, rows)
    amount = chance.gamma(2, 30, rows)
    known = [dt.datetime.fromtimestamp(one, dt.UTC) + dt.timedelta(days=3) for one in at]
    fraud = (amount > 100) & (chance.random(rows) < 0.7)
    columns = {
        "transaction_id": [f"t{n}" for n in range(rows)],
        "vertical": ["payments"] * rows,
        "status": ["approved"] * rows,
        "occurred_at": at,
        "amount": amount,
        "is_night": chance.random(rows) < 0.3,
        "label_is_fraud": [bool(f) if k < now else None for f, k in zip(fraud, known, strict=True)],
        "label_known_at": [k if k < now else None for k in known],
    }
    types = {name: LABEL[name] for name in ("label_is_fraud", "label_known_at")}
    frame = pl.DataFrame({**columns, **changes}, schema_overrides=types)
    gone = [name for name in readable_features() if name not in frame.columns]
    return frame.with_columns(pl.lit(None, pl.Float64).alias(name) for name in gone)


def without_values(*names):
    return history().with_columns(pl.lit(None, pl.Float64).alias(name) for name in names)


def constant():
    return history(amount=[5.0] * ROWS, is_night=[True] * ROWS)


def soon():
    """Labels at once, so that all of them are known."""
    return [dt.datetime.fromtimestamp(one, dt.UTC) for one in history()["occurred_at"].to_list()]


def squeezed():
    """All of it on one day, an hour ago."""
    now = clock.now().timestamp()
    at = now - np.linspace(9_000, 3_600, ROWS)
    known = [dt.datetime.fromtimestamp(one + 60, dt.UTC) for one in at]
    fraud = np.arange(ROWS) % 20 == 0
    return history(occurred_at=at, label_is_fraud=fraud.tolist(), label_known_at=known)


def frauds_lately():
    """Genuine ones are told of in the first half alone."""
    fraud = np.arange(ROWS) % 20 == 0
    fraud[ROWS // 2 :] = True
    return history(label_is_fraud=fraud.tolist(), label_known_at=soon())


BAD = {
    "nothing archived": (lambda: history().clear(), "run manage.py archive export"),
    "no labels": (
        lambda: history(label_is_fraud=[None] * ROWS, label_known_at=[None] * ROWS),
        "No label is known: record outcomes",
    ),
    "frauds alone": (
        lambda: history(label_is_fraud=[True] * ROWS, label_known_at=soon()),
        "genuine ones are needed",
    ),
    "genuine alone": (lambda: history(label_is_fraud=[False] * ROWS), "Only 0 frauds are known"),
    "three rows": (lambda: history(rows=3), "only 3 transactions; a model needs 200"),
    "all missing": (lambda: without_values("amount", "is_night"), "Every feature is missing"),
    "constant columns": (constant, "missing or the same in all rows"),
    "a day of history": (squeezed, "too short to judge a model on later days"),
    "frauds alone lately": (frauds_lately, "those days are all of one class"),
}


@pytest.fixture(params=list(BAD))
def bad(request, monkeypatch):
    make, sentence = BAD[request.param]
    frame = make()
    monkeypatch.setattr(read, "scan", lambda **asked: frame.lazy())
    return sentence


@pytest.fixture
def good(monkeypatch):
    def put(frame):
        monkeypatch.setattr(read, "scan", lambda **asked: frame.lazy())

    return put


def nothing_happened(before):
    assert champion() == before
    assert list(ModelVersion.objects.all()) == [before]
    run = TrainingRun.objects.get()
    assert run.state == TrainingRun.State.REFUSED
    return run


def test_the_command_says_it_in_a_sentence_and_the_champion_stays(bad):
    before = make_champion()
    with pytest.raises(CommandError) as error:
        call_command("train_model", "--seconds=0")
    said = str(error.value)
    assert bad in said
    assert "\n" not in said
    assert said.endswith(".")
    assert nothing_happened(before).said == said


def test_the_task_writes_it_down_and_the_champion_stays(bad, caplog):
    before = make_champion()
    with caplog.at_level(logging.WARNING):
        assert tasks.train_model(seconds=0) is None
    assert bad in caplog.text
    assert bad in nothing_happened(before).said


def refused(settings, **changes):
    for name, value in changes.items():
        setattr(settings, name, value)
    with pytest.raises(CommandError) as error:
        call_command("train_model", "--seconds=0")
    return str(error.value)


@pytest.mark.parametrize(
    ("groups", "sentence"),
    [(["contry"], "did you mean country?"), (["hits"], "has several values")],
)
def test_a_group_that_no_decision_has_is_named(good, settings, groups, sentence):
    good(history())
    assert sentence in refused(settings, TRAINING_FAIRNESS_GROUPS=groups)


def test_a_scheduler_that_cannot_be_used_is_named(good, settings):
    good(history())
    assert "must be like local:2" in refused(settings, TRAINING_DASK_SCHEDULER="local:many")


def test_a_feature_that_the_catalogue_lost_meanwhile_is_named(
    good, settings, monkeypatch, tmp_path
):
    """Data of an older catalogue: no vector holds that column any more."""
    settings.STATE_DIR = tmp_path
    frame = history().with_columns(old_score=pl.col("amount") * 2 + pl.col("is_night"))
    good(frame)
    names = (*readable_features(), "old_score")
    monkeypatch.setattr("learning.datasets.archived.readable_features", lambda: names)
    before = make_champion()
    said = refused(settings)
    assert "The model cannot be served, so it was thrown away" in said
    assert "old_score" in said
    assert champion() == before
    assert TrainingRun.objects.get().state == TrainingRun.State.FAILED
    assert [each.name for each in settings.MODELS_DIR.iterdir()] == [before.version]


@pytest.mark.parametrize("version", [CATALOGUE.version + 1, 0])
def test_a_champion_of_another_catalogue_is_told_and_stays_in_its_place(version):
    """Its columns are looked up by name: those that are there are read, else it says so."""
    model = make_champion(catalogue_version=version)
    assert model.detector() is not None
    with pytest.raises(ArtefactError, match="gone_feature"):
        make_model("of-another", columns=(Column("gone_feature", "number"), *COLUMNS[1:]))
    assert champion() == model


# -- what is odd, and learned from all the same ----------------------------------------------------


@pytest.fixture
def trained(good, settings, tmp_path, monkeypatch):
    """The candidate that a history makes, beside a champion."""
    settings.STATE_DIR = tmp_path
    monkeypatch.setattr("learning.teaching.SEEDS", (0,))

    def train(frame, **changes):
        for name, value in changes.items():
            setattr(settings, name, value)
        good(frame)
        before = make_champion()
        call_command("train_model", "--seconds=0", verbosity=0)
        assert champion() == before
        return ModelVersion.objects.exclude(pk=before.pk).get()

    return train


def test_a_label_before_its_event_counts_from_the_event_on(trained):
    frame = history()
    early = [dt.datetime.fromtimestamp(one - 86_400, dt.UTC) for one in frame["occurred_at"]]
    model = trained(
        frame.with_columns(pl.Series("label_known_at", early).cast(LABEL["label_known_at"]))
    )
    assert all(split["passed"] for split in model.card["leaks"]["splits"])
    assert model.card["facts"]["label_delay"] >= 86_400


def test_one_decision_twice_is_learned_from_once(trained):
    frame = history()
    model = trained(pl.concat([frame, frame]))
    assert model.card["facts"]["rows"] <= ROWS


def test_the_card_tells_code_data_seeds_and_groups(trained):
    country = [("NG", "GH")[n % 2] for n in range(ROWS)]
    frame = history().with_columns(pl.Series("country", country))
    model = trained(frame, TRAINING_FAIRNESS_GROUPS=["country"])
    facts = model.card["facts"]
    assert facts["code_version"].startswith("0.1.0")
    assert len(facts["data_hash"]) == 64
    assert facts["seeds"] == [0]
    fair = model.card["fairness"]["country"]
    assert set(fair["false_alarms"]) == {"NG", "GH"}
    assert isinstance(fair["four_fifths"], bool)
    assert {one["name"] for one in model.card["baseline"]["features"]} >= {"amount", "is_night"}
