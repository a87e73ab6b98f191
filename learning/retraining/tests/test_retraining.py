"""When the installation trains by itself, when it does not, and what comes of it."""

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone as clock

from foundation.models import AuditEntry, OutboxEvent
from learning import teaching
from learning.drift.models import DriftReport
from learning.errors import BadHistory, TrainingBusy
from learning.registry.tests.conftest import models_dir, people  # noqa: F401
from learning.retraining.due import due
from learning.retraining.journal import begin, end, known_labels_by
from learning.retraining.models import TrainingRun
from learning.retraining.services import retrain_if_due, settled_first, train_first
from scoring.serving.models import ModelVersion
from scoring.serving.services import champion
from scoring.serving.tests.making import make_challenger, make_champion, make_model
from transactions.models import Label
from transactions.tests.conftest import make_customer, make_transaction

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models_dir")]
State = TrainingRun.State


@pytest.fixture
def labels(institution):
    """Adds so many, known now."""
    customer = make_customer(institution)

    def add(count):
        rows = [make_transaction(customer) for _ in range(count)]
        Label.objects.bulk_create(
            Label(
                transaction=row,
                institution=institution,
                is_fraud=True,
                source="chargeback",
                known_at=clock.now(),
            )
            for row in rows
        )

    return add


@pytest.fixture
def trainer(monkeypatch):
    """Stands in for the hours of training: makes a candidate, or refuses."""
    made = []

    def train(*, by, cause, known_by=None, **rest):
        known_by = known_by or clock.now()
        run = begin(cause=cause, known=known_labels_by(known_by), known_by=known_by, by=by)
        made.append(cause)
        if train.refuses:
            end(run, state=State.REFUSED, said=train.refuses, by=by, model=None)
            raise BadHistory(train.refuses)
        model = make_model(f"trained-{len(made)}", bonus=1.0)
        end(run, state=State.DONE, said="Trained.", by=by, model=model)
        return model

    train.refuses = ""
    train.made = made
    monkeypatch.setattr(teaching, "train_model", train)
    return train


@pytest.fixture
def of_three(settings):
    settings.RETRAIN_NEW_LABELS = 3


def later(days=30):
    return clock.now() + dt.timedelta(days=days)


def test_nothing_is_due_before_enough_labels(of_three, labels, trainer):
    make_champion()
    labels(2)
    assert retrain_if_due(seconds=0) is None
    assert "2 labels came since the last training; at 3" in due(clock.now()).said


def test_enough_labels_bring_a_challenger_and_the_champion_stays(of_three, labels, trainer):
    before = make_champion()
    labels(3)
    model = retrain_if_due(seconds=0)
    assert model.state == ModelVersion.State.SHADOW
    assert champion() == before
    assert retrain_if_due(seconds=0, now=later()) is None, "the labels are not new any more"
    assert trainer.made == ["labels"]


def test_labels_alone_bring_nothing_where_that_is_switched_off(settings, labels, trainer):
    settings.RETRAIN_NEW_LABELS = 0
    make_champion()
    labels(5)
    assert retrain_if_due(seconds=0) is None
    assert "RETRAIN_NEW_LABELS" in due(clock.now()).said


def test_it_stays_a_candidate_where_that_is_wanted(of_three, labels, trainer, settings):
    settings.RETRAIN_TO_SHADOW = False
    make_champion()
    labels(3)
    assert retrain_if_due(seconds=0).state == ModelVersion.State.CANDIDATE


def test_it_stays_a_candidate_where_three_challengers_stand_and_says_so(of_three, labels, trainer):
    make_champion()
    for number in range(3):
        make_challenger(f"challenger-{number}")
    labels(3)
    assert retrain_if_due(seconds=0).state == ModelVersion.State.CANDIDATE
    assert "retire one first" in TrainingRun.objects.get().said


def test_what_came_to_nothing_is_not_tried_on_the_same_labels(of_three, labels, trainer):
    make_champion()
    labels(3)
    trainer.refuses = "The history is too short."
    assert retrain_if_due(seconds=0) is None
    assert retrain_if_due(seconds=0, now=later(1)) is None
    assert trainer.made == ["labels"]
    assert "came to nothing on the same labels: The history is too short." in due(later(1)).said
    labels(1)
    trainer.refuses = ""
    assert retrain_if_due(seconds=0) is not None


def test_trainings_by_themselves_keep_apart(of_three, labels, trainer, settings):
    settings.RETRAIN_HOURS = 72
    make_champion()
    labels(3)
    retrain_if_due(seconds=0)
    labels(3)
    assert "72 hours apart" in due(clock.now()).said
    assert due(later(4)).cause == "labels"


def drifted(verdict="act"):
    return DriftReport.objects.create(
        model=champion(), day=clock.now().date(), n=900, verdict=verdict, said="moved"
    )


@pytest.mark.parametrize(
    ("verdict", "action", "cause"),
    [("act", "retrain", "drift"), ("act", "alert", ""), ("watch", "retrain", "")],
)
def test_drift_trains_when_it_says_act_and_the_operator_wants_that(
    trainer, settings, verdict, action, cause
):
    settings.DRIFT_ACTION = action
    make_champion()
    drifted(verdict)
    assert due(clock.now()).cause == cause


def test_one_drift_leads_to_one_training(trainer, settings):
    settings.DRIFT_DAYS = 7
    make_champion()
    drifted()
    retrain_if_due(seconds=0)
    assert retrain_if_due(seconds=0, now=later(1)) is None
    assert trainer.made == ["drift"]


def test_two_never_train_at_once(monkeypatch):
    from contextlib import contextmanager

    @contextmanager
    def taken(name):
        yield False

    monkeypatch.setattr(teaching, "alone", taken)
    with pytest.raises(TrainingBusy, match="try again"):
        teaching.train_model(by="test", known_by=clock.now())
    assert not TrainingRun.objects.exists()


def test_a_training_that_was_cut_off_is_told_so_by_the_next():
    known = known_labels_by(clock.now())
    first = begin(cause="asked", known=known, known_by=clock.now(), by="test")
    begin(cause="asked", known=known, known_by=clock.now(), by="test")
    first.refresh_from_db()
    assert (first.state, "interrupted" in first.said) == (State.FAILED, True)
    [event] = OutboxEvent.objects.filter(type="learning.training_ended.v1")
    assert (event.payload["run"], event.payload["state"]) == (first.pk, "failed")
    assert AuditEntry.objects.filter(action="model.training_ended").count() == 1


def test_one_that_was_cut_off_goes_on_with_its_own_moment(labels, monkeypatch, settings, tmp_path):
    settings.STATE_DIR = tmp_path
    labels(3)
    moments = []

    def learn(by, known_by, *rest):
        moments.append(known_by)
        raise BadHistory("Only 3 frauds are known.")

    def train(**asked):
        with pytest.raises(BadHistory):
            teaching.train_model(by="test", **asked)

    monkeypatch.setattr(teaching, "_train", learn)
    moment = clock.now()
    (tmp_path / "training").mkdir()

    def cut_off(at):
        run = begin(cause="labels", known=known_labels_by(moment), known_by=moment, by="test")
        TrainingRun.objects.filter(pk=run.pk).update(started_at=at)

    cut_off(moment)
    train(institution="bank")
    assert moments.pop() != moment, "it was asked for something else"
    assert not (tmp_path / "training").exists()

    cut_off(clock.now())
    labels(1)
    train()
    assert moments.pop() == moment
    train()
    assert moments.pop() != moment, "the one before ended"

    cut_off(clock.now())
    Label.objects.order_by("pk").first().delete()
    train()
    assert moments.pop() != moment, "another label is gone"


def cut_off(moment):
    begin(cause="labels", known=known_labels_by(moment), known_by=moment, by="test")


def test_one_that_is_cut_off_is_begun_again_but_not_for_ever(of_three, labels):
    make_champion()
    labels(3)
    for _ in range(3):
        assert due(clock.now()).cause == "labels"
        cut_off(clock.now())
    assert "3 were begun within 7 days, and none came to its end" in due(clock.now()).said
    assert due(later(8)).cause == "labels"


def test_labels_that_keep_coming_begin_no_more_of_what_is_cut_off(of_three, labels, people):  # noqa: F811
    make_champion()
    labels(3)
    for _ in range(3):
        cut_off(clock.now())
        labels(1)
    assert due(clock.now()).cause == ""
    browser = Client()
    browser.force_login(people["grace"])
    page = browser.get(reverse("admin:scoring_modelversion_changelist")).content.decode()
    assert "as for want of memory" in page


def test_what_was_cut_off_before_one_that_ended_well_holds_back_nothing(
    of_three, labels, trainer, settings
):
    settings.RETRAIN_HOURS = 0
    make_champion()
    labels(3)
    for _ in range(2):
        cut_off(clock.now())
    assert retrain_if_due(seconds=0) is not None
    labels(3)
    cut_off(clock.now())
    assert due(clock.now()).cause == "labels"


def test_what_was_refused_for_one_institution_holds_back_no_other(of_three, labels, monkeypatch):
    make_champion()
    labels(3)

    def refuse(*_):
        raise BadHistory("Only 0 frauds are known.")

    monkeypatch.setattr(teaching, "_train", refuse)
    with pytest.raises(BadHistory):
        teaching.train_model(by="test", known_by=clock.now(), institution="bank")
    assert due(clock.now()).cause == "labels"


def test_an_error_nobody_thought_of_is_written_down(monkeypatch):
    def broken(*_):
        raise OSError("no space left on device")

    monkeypatch.setattr(teaching, "_train", broken)
    with pytest.raises(OSError, match="no space"):
        teaching.train_model(by="test", known_by=clock.now())
    run = TrainingRun.objects.get()
    assert (run.state, run.said) == (State.FAILED, "OSError: no space left on device")
    [event] = OutboxEvent.objects.filter(type="learning.training_ended.v1")
    assert event.payload["state"] == "failed"


def test_the_first_model_is_settled_once_it_decides_or_was_refused(labels, trainer):
    assert settled_first() == ""
    trainer.refuses = "Only 2 frauds are known."
    train_first(seconds=0)
    assert settled_first() == "none is in force. Only 2 frauds are known."
    train_first(seconds=0)
    assert trainer.made == ["first"]
    labels(1)
    assert settled_first() == ""
    make_champion()
    assert settled_first() == "first is in force."


def test_the_list_of_models_tells_the_trainings_and_what_is_missing(people, labels):  # noqa: F811
    labels(2)
    browser = Client()
    browser.force_login(people["grace"])
    run = begin(cause="asked", known=known_labels_by(clock.now()), known_by=clock.now(), by="ada")
    end(run, state=State.REFUSED, said="Only 2 frauds are known.", by="ada", model=None)
    page = browser.get(reverse("admin:scoring_modelversion_changelist")).content.decode()
    assert "Only 2 frauds are known." in page
    assert "2 labels, 2 of them fraud" in page
    assert "A model needs 200 decisions and 10 frauds at least" in page
