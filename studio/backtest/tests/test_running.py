"""A backtest at work: how far it is, why it failed, and what becomes of those that were left."""
# ruff: noqa: F811  fixtures of another module, asked for by their names

import datetime as dt

import msgspec
import pytest
from django.utils import timezone as clock

from studio import tasks, working
from studio.backtest import running
from studio.backtest.tests.conftest import WINDOW
from studio.backtest.tests.test_services import DRAFT, ada, sent, start  # noqa: F401
from studio.models import Backtest

pytestmark = pytest.mark.django_db
_State = Backtest.State


def test_its_row_tells_how_far_it_is(ada, monkeypatch):
    made = start(ada)
    monkeypatch.setattr("studio.backtest.engine.RULE_ROWS", 50)
    monkeypatch.setattr(working, "TELL_EVERY", 0.0)
    seen, real = [], working.Held.tell

    def tell(ours, share):
        real(ours, share)
        row = Backtest.objects.get(pk=made.pk)
        seen.append((row.state, row.progress))

    monkeypatch.setattr(working.Held, "tell", tell)
    running.run(made.pk)
    shares = [progress for _, progress in seen]
    assert shares == sorted(shares)
    assert len(set(shares)) > 5
    assert {state for state, _ in seen} == {_State.RUNNING}


def test_what_fails_says_why(ada):
    window = msgspec.structs.replace(WINDOW, vertical="lending")
    made = tasks.start_backtest(by=ada, edit=DRAFT, window=window)
    assert made.state == _State.FAILED
    assert "no decisions of the vertical lending" in made.told


def test_a_fault_of_ours_is_logged_and_said(ada, monkeypatch, caplog):
    def fail(*_):
        raise RuntimeError("a secret")

    monkeypatch.setattr(running, "carry_out", fail)
    made = tasks.start_backtest(by=ada, edit=DRAFT, window=WINDOW)
    assert (made.state, made.told) == (_State.FAILED, "It failed; tell an administrator.")
    assert str(made.pk) in caplog.text


def test_a_dead_worker_is_told_and_it_can_be_started_again(ada, sent):
    made = start(ada)
    Backtest.objects.filter(pk=made.pk).update(state=_State.RUNNING, attempt=1)
    late = working.Held(Backtest.objects.filter(pk=made.pk, attempt=1, state=_State.RUNNING))
    assert running.give_up_dead() == 0
    assert running.give_up_dead(now=clock.now() + dt.timedelta(minutes=3)) == 1
    made.refresh_from_db()
    assert made.state == _State.FAILED
    assert "started again" in made.told
    again = tasks.restart_backtest(by=ada, pk=made.pk)
    assert (again.state, again.attempt) == (_State.DONE, 2)
    late.end(state=_State.FAILED, told="I was only slow")
    assert late.is_over()
    made.refresh_from_db()
    assert (made.state, made.told) == (_State.DONE, "")


def test_the_sweep_hands_out_what_was_lost_once(ada, sent, monkeypatch):
    made = start(ada)
    later = clock.now() + dt.timedelta(minutes=3)
    assert running.waiting() == []
    assert running.waiting(now=later) == [made.pk]
    assert running.waiting(now=later) == []


def test_old_ones_are_pruned_and_unfinished_ones_stay(ada, settings):
    done, waiting = start(ada), start(ada)
    running.run(done.pk)
    settings.BACKTEST_RETENTION_DAYS = 30
    assert running.prune(now=clock.now() + dt.timedelta(days=29)) == 0
    assert running.prune(now=clock.now() + dt.timedelta(days=31)) == 1
    assert list(Backtest.objects.values_list("pk", flat=True)) == [waiting.pk]
