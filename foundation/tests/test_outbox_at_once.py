"""Several workers draining at once, and crashes at awkward moments."""

import threading
from typing import Any

import msgspec
import pytest
from django.db import connection

from foundation import outbox
from foundation.models import OutboxEvent, User
from foundation.outbox import drain
from foundation.outbox.events import registry
from foundation.tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


class Happened(msgspec.Struct, frozen=True, tag="tests.happened.v1"):
    number: int


@pytest.fixture(autouse=True)
def types(own_events):
    outbox.event(Happened)


def publish(count: int) -> None:
    for number in range(count):
        outbox.publish(Happened(number), subject="x")


def test_two_workers_share_the_events_and_each_is_handled_once(monkeypatch):
    monkeypatch.setattr(drain, "BATCH", 10)
    heard: list[int] = []
    outbox.subscribe(Happened, name="tests.slow")(
        lambda envelopes: heard.extend(envelope.event.number for envelope in envelopes)
    )
    publish(200)
    handled = at_once(*[outbox.drain_outbox] * 4)
    outbox.drain_outbox()
    assert sorted(heard) == list(range(200))
    assert sum(handled) <= 200
    assert not OutboxEvent.objects.filter(handled_at=None).exists()


def test_a_worker_does_not_wait_for_events_that_another_holds():
    entered, leave = threading.Event(), threading.Event()

    def handle(envelopes: list[outbox.Envelope[Any]]) -> None:
        entered.set()
        leave.wait(10)

    outbox.subscribe(Happened, name="tests.slow")(handle)
    publish(1)

    def second() -> int:
        entered.wait(10)
        count = outbox.drain_outbox()
        leave.set()
        return count

    assert at_once(outbox.drain_outbox, second) == [1, 0]


class Crash(BaseException):
    """As if the process were killed: nothing catches it."""


@pytest.mark.parametrize(
    "step", ["_claim", "_hand_over", "_note_failures", "_forget_trouble", "_settle"]
)
def test_a_crash_between_any_two_steps_undoes_every_one(monkeypatch, step):
    outbox.subscribe(Happened, name="tests.writer")(
        lambda envelopes: User.objects.create_user(f"user-{len(envelopes)}")
    )
    publish(3)
    real = getattr(drain, step)

    def crash(*args: Any) -> None:
        real(*args)
        raise Crash

    with monkeypatch.context() as patch:
        patch.setattr(drain, step, crash)
        with pytest.raises(Crash):
            outbox.drain_outbox()
    assert not User.objects.exists()
    assert OutboxEvent.objects.filter(handled_at=None, settled=[]).count() == 3
    assert outbox.drain_outbox() == 3
    assert User.objects.get().username == "user-3"


def test_a_crash_after_one_subscriber_does_not_run_it_twice(monkeypatch):
    heard: dict[str, int] = {"a": 0, "b": 0}

    def count(name: str) -> None:
        def handle(envelopes: list[outbox.Envelope[Any]]) -> None:
            heard[name] += len(envelopes)
            if name == "b" and heard["b"] == 1:
                raise Crash

        outbox.subscribe(Happened, name=f"tests.{name}")(handle)

    count("a")
    count("b")
    publish(1)
    with pytest.raises(Crash):
        outbox.drain_outbox()
    outbox.drain_outbox()
    assert heard == {"a": 1, "b": 2}  # b's own work was undone with its crash


def test_a_subscriber_that_loses_the_connection_leaves_its_events_and_spares_the_others():
    heard: list[int] = []

    def cut(envelopes: list[outbox.Envelope[Any]]) -> None:
        connection.connection.close()

    outbox.subscribe(Happened, name="tests.a_cut")(cut)
    outbox.subscribe(Happened, name="tests.b_good")(
        lambda envelopes: heard.extend(envelope.event.number for envelope in envelopes)
    )
    publish(2)
    outbox.drain_outbox()
    assert heard == [0, 1]
    assert OutboxEvent.objects.filter(handled_at=None, settled=["tests.b_good"]).count() == 2
    assert "tests.a_cut" in drain.registry.subscribers
    assert "tests.a_cut" not in registry.subscribers
