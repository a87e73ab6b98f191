"""A curve at work: one process has it, and whatever happens to that one is told."""
# ruff: noqa: F811  fixtures of another module, asked for by their names

from datetime import timedelta

import pytest
from django.utils import timezone as clock
from kombu.exceptions import OperationalError

from studio import tasks, working
from studio.backtest.errors import BadEdit
from studio.backtest.services import turn
from studio.models import Curve
from studio.optimise import curves, running
from studio.optimise.services import cancel_curve
from studio.optimise.tests.test_services import LIMIT, rita, started  # noqa: F401
from studio.rollout.tests.conftest import bank, book  # noqa: F401

pytestmark = pytest.mark.django_db
State = Curve.State


@pytest.fixture
def curve(rita):
    return started(rita)


@pytest.fixture
def sent(monkeypatch):
    """Keys that were handed to a worker."""
    found = []
    monkeypatch.setattr(tasks.compute_curve, "apply_async", lambda args, **_: found.append(args[0]))
    return found


@pytest.fixture
def ran(monkeypatch):
    """One entry for each time that a curve was really computed; it fails each time."""
    found = []

    def compute(*args, **more):
        found.append(1)
        raise BadEdit("Enough")

    monkeypatch.setattr(curves, "compute", compute)
    return found


def later(minutes: float):
    return clock.now() + timedelta(minutes=minutes)


def test_an_empty_archive_is_said(curve, settings, tmp_path):
    settings.ARCHIVE_URL = str(tmp_path / "archive")
    running.run(curve.pk)
    curve.refresh_from_db()
    assert curve.state == State.FAILED
    assert "holds no decisions" in curve.error


def test_a_cancelled_curve_stays_cancelled(rita, curve, monkeypatch):
    monkeypatch.setattr(working, "TELL_EVERY", 0.0)
    over = []

    def meanwhile(*args, progress, cancelled):
        over.append(cancelled())
        assert cancel_curve(by=rita, curve=curve)
        progress(0.5)
        over.append(cancelled())
        raise BadEdit("Too late")

    monkeypatch.setattr(curves, "compute", meanwhile)
    running.run(curve.pk)
    curve.refresh_from_db()
    assert over == [False, True]
    assert (curve.state, curve.progress) == (State.CANCELLED, 0.0)
    running.run(curve.pk)
    assert len(over) == 2


def test_a_curve_is_computed_by_one_process(curve, monkeypatch):
    ran = []

    def compute(*args, **more):
        ran.append(1)
        running.run(curve.pk)  # a second delivery of the task
        raise BadEdit("Enough")

    monkeypatch.setattr(curves, "compute", compute)
    running.run(curve.pk)
    running.run(curve.pk)
    assert ran == [1]


def test_an_unforeseen_failure_is_logged_and_said(curve, monkeypatch, caplog):
    monkeypatch.setattr(curves, "compute", lambda *args, **more: 1 / 0)
    running.run(curve.pk)
    curve.refresh_from_db()
    assert (curve.state, curve.error) == (State.FAILED, "It failed; tell an administrator.")
    assert "ZeroDivisionError" in caplog.text


def test_of_a_dead_worker_it_is_said_and_it_is_not_begun_anew(curve, ran):
    Curve.objects.filter(pk=curve.pk).update(state=State.RUNNING)
    assert running.give_up_dead(now=later(1)) == 0
    assert running.give_up_dead(now=later(3)) == 1
    curve.refresh_from_db()
    assert curve.state == State.FAILED
    assert "worker that computed it has gone" in curve.error
    running.run(curve.pk)
    assert ran == []


def test_a_worker_that_was_only_slow_finds_it_given_up(curve, monkeypatch):
    def slow(*args, **more):
        assert running.give_up_dead(now=later(3)) == 1
        raise BadEdit("At last")

    monkeypatch.setattr(curves, "compute", slow)
    running.run(curve.pk)
    curve.refresh_from_db()
    assert "has gone" in curve.error


def test_who_tells_how_far_it_is_lives(curve, monkeypatch):
    monkeypatch.setattr(working, "TELL_EVERY", 0.0)
    Curve.objects.filter(pk=curve.pk).update(alive_at=later(-60))
    ran = []

    def compute(*args, progress, cancelled):
        Curve.objects.filter(pk=curve.pk).update(alive_at=later(-60))
        progress(0.25)
        assert not cancelled()
        ran.append(Curve.objects.values_list("state", "progress").get(pk=curve.pk))
        assert running.give_up_dead() == 0
        raise BadEdit("Enough")

    monkeypatch.setattr(curves, "compute", compute)
    running.run(curve.pk)
    assert ran == [(State.RUNNING, 0.25)]


def test_a_lost_message_is_sent_again_by_the_sweep_once(curve, sent):
    assert running.waiting(now=later(1)) == []
    Curve.objects.filter(pk=curve.pk).update(alive_at=later(-3))
    tasks.tend_curves()
    tasks.tend_curves()
    assert sent == [curve.pk]


def test_a_small_one_is_computed_at_once_unless_the_process_tries_something_else(
    rita,
    ran,
    sent,
    django_capture_on_commit_callbacks,
):
    asked = {"target": LIMIT, "days": 30, "maturity_days": 7}
    with django_capture_on_commit_callbacks(execute=True):
        tasks.start_curve(by=rita, **asked)
    assert (ran, sent) == ([1], [])
    with django_capture_on_commit_callbacks(execute=True), turn():
        made = tasks.start_curve(by=rita, **asked)
    assert (ran, sent) == ([1], [made.pk])


def test_without_a_broker_it_waits_for_the_sweep(curve, monkeypatch, caplog):
    def refuse(*args, **more):
        raise OperationalError

    monkeypatch.setattr(tasks.compute_curve, "apply_async", refuse)
    tasks._compute_later(curve.pk)
    curve.refresh_from_db()
    assert curve.state == State.WAITING
    assert "left to the sweep" in caplog.text


def test_old_ones_are_pruned(curve):
    assert running.prune(now=later(29 * 24 * 60)) == 0
    assert running.prune(now=later(31 * 24 * 60)) == 1
