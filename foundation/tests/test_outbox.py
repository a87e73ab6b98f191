"""Publishing, draining, failing, setting aside, redriving, pruning."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone as clock

from foundation import outbox
from foundation.errors import Forbidden
from foundation.models import AuditEntry, OutboxDelivery, OutboxEvent, User
from foundation.outbox.drain import ILL_AFTER, backoff
from foundation.tests.conftest import allow, make_user

pytestmark = pytest.mark.django_db


class Counted(msgspec.Struct, frozen=True, tag="tests.counted.v1"):
    number: int


class Other(msgspec.Struct, frozen=True, tag="tests.other.v1"):
    name: str = ""


class Listener:
    """A subscriber that keeps what it got, and raises on the numbers it was told to dislike."""

    def __init__(self, *dislikes: int) -> None:
        self.dislikes = set(dislikes)
        self.batches: list[list[int]] = []

    def __call__(self, envelopes: list[outbox.Envelope[Any]]) -> None:
        numbers = [envelope.event.number for envelope in envelopes]
        if bad := self.dislikes & set(numbers):
            raise ValueError(f"cannot digest {sorted(bad)}")
        self.batches.append(numbers)

    @property
    def heard(self) -> list[int]:
        return [number for batch in self.batches for number in batch]


@pytest.fixture(autouse=True)
def types(own_events):
    outbox.event(Counted)
    outbox.event(Other)


def listen(name: str, *dislikes: int) -> Listener:
    listener = Listener(*dislikes)
    outbox.subscribe(Counted, name=name)(listener)
    return listener


def publish(*numbers: int) -> None:
    for number in numbers:
        outbox.publish(Counted(number), subject=f"thing:{number}")


def later() -> None:
    """The waits are over."""
    OutboxDelivery.objects.update(next_attempt_at=clock.now() - timedelta(seconds=1))


def pending() -> list[int]:
    events = OutboxEvent.objects.filter(handled_at=None).order_by("pk")
    return [event.payload["number"] for event in events]


def test_events_arrive_once_in_order_as_typed_objects():
    listener = listen("tests.one")
    publish(1, 2, 3)
    assert outbox.drain_outbox() == 3
    assert outbox.drain_outbox() == 0
    assert listener.batches == [[1, 2, 3]]
    assert pending() == []


def test_an_envelope_says_what_it_is_about_and_when():
    seen: list[outbox.Envelope[Counted]] = []
    outbox.subscribe(Counted, name="tests.one")(seen.extend)
    publish(7)
    outbox.drain_outbox()
    assert seen[0].subject == "thing:7"
    assert seen[0].event == Counted(7)
    assert abs(clock.now() - seen[0].occurred_at) < timedelta(minutes=1)


def test_nothing_is_published_when_the_change_is_undone():
    listen("tests.one")
    with transaction.atomic():
        publish(1)
        transaction.set_rollback(True)
    assert OutboxEvent.objects.count() == 0


def test_an_event_counts_as_handled_when_everybody_was_told():
    good, bad = listen("tests.good"), listen("tests.bad", 1)
    publish(1)
    outbox.drain_outbox()
    assert (good.heard, bad.heard, pending()) == ([1], [], [1])
    bad.dislikes.clear()
    later()
    outbox.drain_outbox()
    assert (good.heard, bad.heard, pending()) == ([1], [1], [])


def test_an_event_that_nobody_wants_is_stored_as_handled():
    outbox.publish(Other("x"), subject="x")
    assert OutboxEvent.objects.get().handled_at is not None


def test_an_event_is_kept_for_a_subscriber_that_came_after_the_first_one():
    publish(1)
    listener = listen("tests.one")
    publish(2)
    outbox.drain_outbox()
    assert listener.heard == [2]


def test_a_subscriber_hears_of_all_types_that_it_asked_for():
    heard: list[Any] = []
    outbox.subscribe(Counted, Other, name="tests.both")(
        lambda envelopes: heard.extend(envelope.event for envelope in envelopes)
    )
    publish(1)
    outbox.publish(Other("x"), subject="x")
    outbox.drain_outbox()
    assert heard == [Counted(1), Other("x")]
    assert not OutboxEvent.objects.filter(handled_at=None).exists()


def test_one_bad_event_does_not_hold_up_the_others():
    listener = listen("tests.one", 2)
    publish(1, 2, 3)
    assert outbox.drain_outbox() == 2
    assert listener.heard == [1, 3]
    trouble = OutboxDelivery.objects.get()
    assert (trouble.state, trouble.attempts) == ("retrying", 1)
    assert trouble.error == "ValueError: cannot digest [2]"


def test_a_failing_event_waits_and_is_then_tried_alone():
    listener = listen("tests.one", 2)
    publish(1, 2)
    outbox.drain_outbox()
    publish(3)
    outbox.drain_outbox()  # 2 still waits
    assert OutboxDelivery.objects.get().attempts == 1
    listener.dislikes.clear()
    later()
    publish(4)
    outbox.drain_outbox()
    assert listener.batches == [[1], [3], [4], [2]]
    assert not OutboxDelivery.objects.exists()


def test_the_wait_doubles_up_to_an_hour():
    assert [backoff(n).total_seconds() for n in (0, 1, 2, 8, 9, 500)] == [
        10, 20, 40, 2560, 3600, 3600,
    ]  # fmt: skip


def test_an_event_that_keeps_failing_is_set_aside(settings):
    settings.OUTBOX_MAX_ATTEMPTS = 3
    listener = listen("tests.one", 1)
    publish(1, 2)
    for _ in range(5):
        outbox.drain_outbox()
        later()
    trouble = OutboxDelivery.objects.get()
    assert (trouble.state, trouble.attempts) == ("poisoned", 3)
    assert (listener.heard, pending()) == ([2], [])
    assert outbox.outbox_status()["poisoned"] == 1


def test_work_of_a_failed_batch_is_undone_before_it_is_tried_one_by_one(ada):
    def handle(envelopes: list[outbox.Envelope[Counted]]) -> None:
        for envelope in envelopes:
            User.objects.create_user(f"made-by-{envelope.event.number}")
            if envelope.event.number == 2:
                raise ValueError

    outbox.subscribe(Counted, name="tests.writer")(handle)
    publish(1, 2, 3)
    outbox.drain_outbox()
    made = User.objects.filter(username__startswith="made-by").order_by("pk")
    assert [user.username for user in made] == ["made-by-1", "made-by-3"]


def test_a_broken_reference_is_laid_at_the_door_of_its_event(ada):
    def handle(envelopes: list[outbox.Envelope[Counted]]) -> None:
        for envelope in envelopes:
            missing = envelope.event.number == 2
            AuditEntry.objects.create(
                actor_id=10**9 if missing else ada.pk, actor_name="x", action="x", subject="x"
            )

    outbox.subscribe(Counted, name="tests.writer")(handle)
    publish(1, 2, 3)
    assert outbox.drain_outbox() == 2
    assert OutboxDelivery.objects.get().error.startswith("IntegrityError")


def test_a_payload_that_no_longer_fits_its_type_is_a_failure_like_others():
    listener = listen("tests.one")
    publish(1, 2)
    OutboxEvent.objects.filter(payload__number=1).update(
        payload={"type": "tests.counted.v1", "number": "many"}
    )
    outbox.drain_outbox()
    assert listener.heard == [2]
    assert OutboxDelivery.objects.get().error.startswith("ValidationError")


def test_a_subscriber_that_fails_on_everything_leaves_the_rest_for_later():
    listener = listen("tests.ill", *range(100))
    publish(*range(100))
    outbox.drain_outbox()
    assert OutboxDelivery.objects.count() == ILL_AFTER
    listener.dislikes.clear()
    outbox.drain_outbox()
    assert listener.heard == list(range(ILL_AFTER, 100))


def test_a_batch_of_any_size_takes_a_constant_number_of_queries():
    listen("tests.one")
    counts = []
    for size in (10, 400):
        publish(*range(size))
        with CaptureQueriesContext(connection) as queries:
            outbox.drain_outbox()
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 10


def test_a_thousand_events_are_drained_in_batches(monkeypatch):
    monkeypatch.setattr("foundation.outbox.drain.BATCH", 100)
    listener = listen("tests.one")
    publish(*range(250))
    assert outbox.drain_outbox() == 250
    assert [len(batch) for batch in listener.batches] == [100, 100, 50]


def test_the_limit_is_per_subscriber():
    listen("tests.one")
    listen("tests.two")
    publish(1, 2, 3)
    assert outbox.drain_outbox(limit=2) == 4
    assert pending() == [3]


def test_a_new_subscriber_hears_what_is_pending_but_not_what_is_handled():
    listen("tests.one", 2)
    publish(1, 2)
    outbox.drain_outbox()
    late = listen("tests.late")
    outbox.drain_outbox()
    assert late.heard == [2]


def test_events_of_types_unknown_here_wait_for_a_process_that_knows_them():
    OutboxEvent.objects.create(type="tests.future.v9", subject="x", payload={})
    listen("tests.one")
    outbox.drain_outbox()
    assert OutboxEvent.objects.get().handled_at is None


def test_redriving_hands_a_poisoned_event_over_again(settings, ada):
    settings.OUTBOX_MAX_ATTEMPTS = 1
    listener = listen("tests.one", 1)
    other = listen("tests.other")
    publish(1)
    outbox.drain_outbox()
    trouble = OutboxDelivery.objects.get()
    with pytest.raises(Forbidden):
        outbox.redrive(deliveries=[trouble.pk], by=ada)
    listener.dislikes.clear()
    admin = allow(make_user("root"), "foundation.redrive_outbox")
    assert outbox.redrive(deliveries=[trouble.pk], by=admin) == 1
    assert outbox.redrive(deliveries=[trouble.pk], by=admin) == 0
    outbox.drain_outbox()
    assert (listener.heard, other.heard, pending()) == ([1], [1], [])
    assert AuditEntry.objects.filter(action="outbox.redrive", actor=admin).count() == 1


def test_pruning_keeps_young_pending_and_poisoned_events(settings):
    settings.OUTBOX_MAX_ATTEMPTS = 1
    listen("tests.one", 3)
    publish(1, 2, 3)
    outbox.drain_outbox()
    publish(4)
    old = clock.now() - timedelta(hours=settings.OUTBOX_RETENTION_HOURS + 1)
    OutboxEvent.objects.filter(payload__number__in=[1, 3, 4]).update(occurred_at=old)
    OutboxEvent.objects.filter(payload__number__in=[1, 3]).update(handled_at=old)
    assert outbox.prune_outbox() == 1
    left = OutboxEvent.objects.order_by("pk").values_list("payload__number", flat=True)
    assert list(left) == [2, 3, 4]


def test_pruning_settles_events_whose_last_subscriber_is_gone(own_events):
    listen("tests.one")
    listen("tests.gone", 1)
    publish(1)
    outbox.drain_outbox()
    del own_events.subscribers["tests.gone"]
    outbox.prune_outbox()
    assert pending() == []


def test_the_status_is_one_cheap_query(django_assert_num_queries):
    listen("tests.one")
    publish(1, 2)
    OutboxEvent.objects.update(occurred_at=clock.now() - timedelta(seconds=90))
    with django_assert_num_queries(1):
        status = outbox.outbox_status()
    assert status["pending"] == 2
    assert 89 < status["oldest_seconds"] < 120
    assert status["poisoned"] == 0
    outbox.drain_outbox()
    assert outbox.outbox_status() == {"pending": 0, "oldest_seconds": 0.0, "poisoned": 0}


def test_the_fragment_fits_into_a_larger_statement():
    listener = listen("tests.one")
    fragment = outbox.insert_fragment(Counted(5), "thing:5")
    with connection.cursor() as cursor:
        cursor.execute(f"WITH e AS ({fragment.sql} RETURNING id) SELECT id FROM e", fragment.params)  # noqa: S608
        (event_id,) = cursor.fetchone()
    assert OutboxEvent.objects.get().pk == event_id
    outbox.drain_outbox()
    assert listener.heard == [5]


@pytest.mark.parametrize("tag", ["counted", "tests.counted", "Tests.counted.v1", "tests.counted.v"])
def test_a_type_must_be_named_room_happening_and_version(tag):
    with pytest.raises(TypeError, match=r"room\.happening\.v1"):
        outbox.event(msgspec.defstruct("Odd", [], frozen=True, tag=tag))


def test_mistakes_in_registering_are_refused():
    with pytest.raises(TypeError, match="registered twice"):
        outbox.event(Counted)
    listen("tests.one")
    with pytest.raises(TypeError, match="registered twice"):
        listen("tests.one")
    unknown = msgspec.defstruct("Unknown", [], frozen=True, tag="tests.unknown.v1")
    with pytest.raises(TypeError, match="unregistered"):
        outbox.subscribe(unknown, name="tests.two")
    with pytest.raises(TypeError, match="not a registered event"):
        outbox.publish(unknown(), subject="x")
