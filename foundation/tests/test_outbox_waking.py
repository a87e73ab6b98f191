"""Waking a worker: cheap, debounced, and never the request's problem."""

import logging
import os
import threading
import time

import pytest
import redis

from foundation import tasks
from foundation.outbox import waking as module
from foundation.outbox.waking import Nudger


class Broker:
    """Stands in for Redis and Celery; counts what is sent."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sent: list[str] = []
        self.marked = False
        self.dead = False
        monkeypatch.setattr(Nudger, "_client", lambda nudger: self)
        monkeypatch.setattr(
            module.current_app, "send_task", lambda name, **_: self.sent.append(name)
        )

    def set(self, *args: object, **kwargs: object) -> bool:
        if self.dead:
            raise redis.ConnectionError("refused")
        fresh, self.marked = not self.marked, True
        return fresh

    def delete(self, name: str) -> None:
        self.marked = False


@pytest.fixture
def broker(monkeypatch):
    return Broker(monkeypatch)


def wait_until(condition, seconds: float = 5) -> None:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert condition()


def test_a_nudge_sends_the_task_from_another_thread(broker):
    nudger = Nudger()
    nudger.nudge()
    wait_until(lambda: broker.sent)
    assert broker.sent == ["foundation.tasks.drain_outbox"]
    assert nudger._thread.daemon


def test_a_thousand_nudges_send_one_message_until_the_drain_starts(broker):
    nudger = Nudger()
    for _ in range(1_000):
        nudger.nudge()
    wait_until(lambda: broker.sent)
    nudger.send()
    assert len(broker.sent) == 1
    broker.delete(module.MARKER)
    nudger.send()
    assert len(broker.sent) == 2


def test_at_most_five_messages_a_second_leave_a_process(broker, monkeypatch):
    monkeypatch.setattr(broker, "set", lambda *args, **kwargs: True)
    nudger = Nudger()
    ends = time.monotonic() + 0.7
    while time.monotonic() < ends:
        nudger.nudge()
        time.sleep(0.001)
    assert 1 <= len(broker.sent) <= 5


def test_a_dead_broker_costs_nothing_and_is_logged_once(broker, caplog):
    broker.dead = True
    nudger = Nudger()
    with caplog.at_level(logging.WARNING):
        for _ in range(10):
            nudger.send()
        started = time.perf_counter()
        nudger.nudge()
        assert time.perf_counter() - started < 0.1
    assert [record.getMessage() for record in caplog.records] == [
        "No worker could be woken: ConnectionError"
    ]


def test_a_really_dead_broker_never_delays_or_fails_a_nudge(settings, monkeypatch):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    nudger = Nudger()
    worst = 0.0
    for _ in range(200):
        started = time.perf_counter()
        nudger.nudge()
        worst = max(worst, time.perf_counter() - started)
        time.sleep(0.001)
    assert worst < 0.1  # a connection attempt on the caller's thread would raise or block
    assert nudger._thread.is_alive()


def test_a_nudge_costs_less_than_five_microseconds(broker):
    nudger = Nudger()
    nudger.nudge()
    best = min(_cost(nudger) for _ in range(5))
    assert best < 5e-6


def _cost(nudger: Nudger) -> float:
    started = time.perf_counter()
    for _ in range(10_000):
        nudger.nudge()
    return (time.perf_counter() - started) / 10_000


def test_a_forked_child_starts_a_thread_of_its_own(monkeypatch):
    parent = Nudger()
    parent._thread = threading.current_thread()
    monkeypatch.setattr(module, "_nudger", parent)
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        fresh = module._nudger is not parent and module._nudger._thread is None
        os.write(writer, b"1" if fresh else b"0")
        os._exit(0)
    os.waitpid(pid, 0)
    assert os.read(reader, 1) == b"1"
    assert module._nudger is parent


@pytest.mark.django_db
def test_the_task_clears_the_marker_before_it_looks(broker, monkeypatch):
    broker.marked = True
    looked: list[bool] = []
    monkeypatch.setattr(tasks.outbox, "drain_outbox", lambda: looked.append(broker.marked))
    tasks.drain_outbox()
    assert looked == [False]
