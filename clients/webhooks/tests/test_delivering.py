"""Deliveries on their way to a real server: retries, order, circuits, rotation, dead workers."""

import json
import sys
import threading
from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone as clock

from clients.webhooks import claiming, delivering, recording
from clients.webhooks.delivering import deliver_due
from clients.webhooks.emitting import emit
from clients.webhooks.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookEvent
from clients.webhooks.recording import Result
from clients.webhooks.replaying import replay
from clients.webhooks.schedule import OPENS_AFTER, TRIES
from clients.webhooks.secrets import OVERLAP
from clients.webhooks.sending import Outcome
from clients.webhooks.services import (
    change_endpoint,
    close_circuit,
    remove_endpoint,
    reveal_secret,
    rotate_secret,
)
from clients.webhooks.signing import hex_signature, standard_signature
from clients.webhooks.tests import server
from clients.webhooks.tests.conftest import SECRET, happening, make_endpoint
from clients.webhooks.tests.server import OK, answer, says
from clients.webhooks.upkeep import expire_deliveries, prune_deliveries
from foundation.models import AuditEntry, OutboxEvent
from foundation.tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def delivery() -> WebhookDelivery:
    return WebhookDelivery.objects.get()


def make_due() -> None:
    """As if the waits, the claims and the circuits' pauses were over."""
    now = clock.now()
    WebhookDelivery.objects.filter(state="pending").update(next_attempt_at=now)
    WebhookEndpoint.objects.exclude(open_until=None).update(open_until=now)


def sequences(receiver) -> list[int]:
    return [json.loads(got.body)["data"]["sequence"] for got in receiver.got]


# -- one delivery ---------------------------------------------------------------------------------


def test_it_arrives_with_the_promised_body_and_both_signatures(bank, endpoint, receiver):
    emit([happening(bank, event_id="evt_1")])
    assert deliver_due() == 1
    (got,) = receiver.got
    body = json.loads(got.body)
    assert set(body) == {"event", "timestamp", "data"}
    assert (body["event"], body["data"]["event_id"]) == ("fraud_detected", "evt_1")
    assert got.body == json.dumps(body, sort_keys=True).encode()
    assert got.headers["Content-Type"] == "application/json"
    assert got.headers["X-Webhook-Signature"] == hex_signature(SECRET, got.body)
    assert got.headers["webhook-id"] == "evt_1"
    seconds = int(got.headers["webhook-timestamp"])
    assert abs(clock.now().timestamp() - seconds) < 60
    signature = standard_signature(SECRET, "evt_1", seconds, got.body)
    assert got.headers["webhook-signature"] == signature
    row = delivery()
    assert (row.state, row.attempts, row.last_status, row.claim) == ("delivered", 1, 200, None)
    attempt = WebhookAttempt.objects.get()
    assert (attempt.status, attempt.fault, attempt.excerpt) == (200, "", "")


def test_it_arrives_once_however_often_it_was_emitted(bank, endpoint, receiver):
    same = happening(bank)
    assert emit([same, same]) == 1
    assert emit([same]) == 0
    deliver_due()
    deliver_due()
    assert len(receiver.got) == 1


def test_a_failure_is_logged_and_tried_again_with_the_same_id_and_body(bank, endpoint, receiver):
    receiver.behave = says(answer(500, b'{"error": "database timeout", "customer": "Ada"}'))
    emit([happening(bank)])
    deliver_due()
    row = delivery()
    assert (row.state, row.attempts, row.last_fault) == ("pending", 1, "answered 500")
    assert timedelta(seconds=5) < row.next_attempt_at - clock.now() < timedelta(seconds=13)
    assert WebhookAttempt.objects.get().excerpt == "error database timeout customer …"
    assert deliver_due() == 0
    receiver.behave = server.thanks
    make_due()
    assert deliver_due() == 1
    first, second = receiver.got
    assert first.body == second.body
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert delivery().state == "delivered"


def test_after_the_last_try_it_is_given_up_and_told(bank, endpoint, receiver):
    receiver.behave = says(answer(503))
    emit([happening(bank)])
    for _ in range(TRIES):
        assert delivery().state == "pending"
        deliver_due()
        make_due()
    assert (delivery().state, delivery().attempts, len(receiver.got)) == ("dead", TRIES, TRIES)
    told = OutboxEvent.objects.get(type="clients.webhook_dead.v1")
    assert told.payload["delivery"] == str(delivery().pk)
    deliver_due()
    assert len(receiver.got) == TRIES


def test_replay_sends_the_same_event_again_with_new_tries(bank, endpoint, receiver):
    receiver.behave = says(answer(503))
    emit([happening(bank, event_id="evt_1")])
    WebhookDelivery.objects.update(tries=TRIES - 1)
    deliver_due()
    assert delivery().state == "dead"
    receiver.behave = server.thanks
    assert replay(deliveries=[delivery().pk], by="tests", reason="mended") == 1
    deliver_due()
    assert (delivery().state, delivery().tries) == ("delivered", 1)
    assert {got.headers["webhook-id"] for got in receiver.got} == {"evt_1"}
    assert AuditEntry.objects.get(action="webhook.replay").reason == "mended"


def test_what_arrived_may_be_sent_again_but_not_what_waits(bank, endpoint, receiver):
    emit([happening(bank)])
    assert replay(deliveries=[delivery().pk], by="tests") == 0
    deliver_due()
    assert replay(deliveries=[delivery().pk], by="tests") == 1
    deliver_due()
    assert len(receiver.got) == 2


# -- endpoints ------------------------------------------------------------------------------------


def test_endpoints_hear_of_what_they_ask_for(bank, neighbour, receiver):
    make_endpoint(bank, receiver.url("/usual"))
    make_endpoint(bank, receiver.url("/all"), events=list(WebhookEvent))
    make_endpoint(neighbour, receiver.url("/other"), events=list(WebhookEvent))
    for event in WebhookEvent:
        emit([happening(bank, event=event)])
    deliver_due()
    heard = Counter((got.path, json.loads(got.body)["event"]) for got in receiver.got)
    assert heard == Counter(
        [
            ("/usual", "fraud_detected"),
            ("/usual", "high_risk_transaction"),
            *(("/all", event.value) for event in WebhookEvent),
        ]
    )


def test_a_url_of_the_request_is_signed_with_the_default_secret(bank, endpoint, receiver):
    emit([happening(bank, url=receiver.url("/asked?x=1"), event="transaction_approved")])
    deliver_due()
    (got,) = receiver.got
    assert got.path == "/asked?x=1"
    secret = reveal_secret(institution=bank, by="tests")
    assert got.headers["X-Webhook-Signature"] == hex_signature(secret, got.body)
    kinds = WebhookEndpoint.objects.values_list("kind", "origin").order_by("kind")
    assert kinds[0] == ("per_request", f"http://127.0.0.1:{receiver.port}")
    assert b"asked" not in bytes(delivery().url_sealed)


def test_a_paused_endpoint_gets_it_when_it_goes_on(bank, endpoint, receiver):
    change_endpoint(endpoint=endpoint, state="paused", by="tests")
    emit([happening(bank)])
    assert deliver_due() == 0
    change_endpoint(endpoint=endpoint, state="active", by="tests")
    assert deliver_due() == 1


def test_what_waits_for_a_removed_endpoint_is_given_up(bank, endpoint, receiver):
    emit([happening(bank)])
    assert remove_endpoint(endpoint=endpoint, by="tests") == 1
    assert (delivery().state, deliver_due()) == ("dead", 0)
    assert emit([happening(bank)]) == 0
    assert replay(deliveries=[delivery().pk], by="tests") == 0


def test_what_waits_goes_to_the_new_url(bank, endpoint, receiver):
    emit([happening(bank)])
    change_endpoint(endpoint=endpoint, url=receiver.url("/new"), by="tests")
    deliver_due()
    assert receiver.got[0].path == "/new"


# -- rotation -------------------------------------------------------------------------------------


def test_while_a_secret_is_rotated_both_verify(bank, endpoint, receiver):
    new = rotate_secret(institution=bank, endpoint=endpoint, by="tests")
    emit([happening(bank, event_id="evt_1")])
    deliver_due()
    (got,) = receiver.got
    seconds = int(got.headers["webhook-timestamp"])
    assert got.headers["webhook-signature"].split() == [
        standard_signature(secret, "evt_1", seconds, got.body) for secret in (new, SECRET)
    ]
    assert got.headers["X-Webhook-Signature"] == hex_signature(SECRET, got.body)


def test_after_the_overlap_only_the_new_secret_signs(bank, endpoint, receiver, monkeypatch):
    new = rotate_secret(institution=bank, endpoint=endpoint, by="tests")
    emit([happening(bank)])
    later = clock.now() + OVERLAP + timedelta(seconds=1)
    monkeypatch.setattr(claiming.clock, "now", lambda: later)
    deliver_due()
    (got,) = receiver.got
    assert got.headers["X-Webhook-Signature"] == hex_signature(new, got.body)
    assert len(got.headers["webhook-signature"].split()) == 1


def test_a_leaked_secret_ends_at_once_without_overlap(bank, endpoint, receiver):
    new = rotate_secret(
        institution=bank, endpoint=endpoint, by="tests", overlap=timedelta(0), reason="leaked"
    )
    emit([happening(bank)])
    deliver_due()
    assert receiver.got[0].headers["X-Webhook-Signature"] == hex_signature(
        new, receiver.got[0].body
    )


def test_no_more_than_two_secrets_are_ever_valid(bank, endpoint, receiver):
    for _ in range(3):
        rotate_secret(institution=bank, endpoint=endpoint, by="tests")
    emit([happening(bank)])
    deliver_due()
    assert len(receiver.got[0].headers["webhook-signature"].split()) == 2


# -- order ----------------------------------------------------------------------------------------


def test_first_tries_about_one_subject_keep_their_order(bank, endpoint, receiver):
    emit([happening(bank, subject="customer:1") for _ in range(8)])
    deliver_due()
    assert sequences(receiver) == list(range(1, 9))


def test_a_failing_one_holds_up_neither_its_subject_nor_others(bank, endpoint, receiver):
    emit([happening(bank, subject="customer:1") for _ in range(3)])
    emit([happening(bank, subject="customer:2")])
    fail = says(answer(500))
    receiver.behave = lambda c, r: (
        fail(c, r) if json.loads(r.body)["data"]["sequence"] == 1 else c.sendall(OK)
    )
    deliver_due()
    assert sorted(sequences(receiver)) == [1, 2, 3, 4]
    order = [number for number in sequences(receiver) if number < 4]
    assert order == [1, 2, 3]
    states = dict(WebhookDelivery.objects.values_list("sequence", "state"))
    assert states == {1: "pending", 2: "delivered", 3: "delivered", 4: "delivered"}


def test_a_claimed_first_try_holds_its_followers_until_it_is_recorded(bank, endpoint):
    emit([happening(bank, subject="customer:1") for _ in range(2)])
    first = claiming.claim(10, each=10, flying=Counter())
    assert [each.event_id for each in first] == [WebhookDelivery.objects.get(sequence=1).event_id]
    assert claiming.claim(10, each=10, flying=Counter()) == []


def test_a_backlog_at_one_endpoint_leaves_room_for_others(bank, receiver):
    make_endpoint(bank, receiver.url("/busy"), events=["fraud_detected"])
    make_endpoint(bank, receiver.url("/calm"), events=["high_risk_transaction"])
    emit([happening(bank) for _ in range(50)])
    emit([happening(bank, event="high_risk_transaction")])
    claimed = claiming.claim(20, each=16, flying=Counter())
    paths = Counter(each.url.rpartition("/")[2] for each in claimed)
    assert paths == {"busy": 16, "calm": 1}
    busy = next(each.endpoint_id for each in claimed if each.url.endswith("busy"))
    assert claiming.claim(20, each=16, flying=Counter({busy: 16})) == []


# -- circuits -------------------------------------------------------------------------------------


def test_a_dead_endpoint_is_left_alone_and_tried_with_one(bank, endpoint, receiver):
    receiver.behave = says(answer(500))
    emit([happening(bank) for _ in range(OPENS_AFTER)])
    deliver_due()
    endpoint.refresh_from_db()
    assert endpoint.circuit(clock.now()) == "open"
    emit([happening(bank) for _ in range(20)])
    assert deliver_due() == 0
    make_due()
    endpoint.refresh_from_db()
    assert endpoint.circuit(clock.now()) == "half-open"
    assert deliver_due() == 1  # the trial
    endpoint.refresh_from_db()
    pause = endpoint.open_until - clock.now()
    assert timedelta(seconds=55) < pause <= timedelta(seconds=60)
    receiver.behave = server.thanks
    make_due()
    assert deliver_due() == 25
    endpoint.refresh_from_db()
    assert (endpoint.circuit(clock.now()), endpoint.failures) == ("closed", 0)


def test_only_one_worker_gets_the_trial(bank, endpoint):
    emit([happening(bank) for _ in range(4)])
    WebhookEndpoint.objects.update(failures=9, open_until=clock.now())
    got = at_once(*[lambda: claiming.claim(9, each=9, flying=Counter())] * 4)
    assert sorted(map(len, got)) == [0, 0, 0, 1]


def test_a_dead_endpoint_does_not_hold_up_its_neighbour(bank, neighbour, receiver):
    make_endpoint(bank, receiver.url("/dead"))
    make_endpoint(neighbour, receiver.url("/well"))
    receiver.behave = lambda c, r: c.sendall(OK if r.path == "/well" else answer(500))
    for _ in range(12):
        emit([happening(bank), happening(neighbour)])
    deliver_due()
    assert WebhookDelivery.objects.filter(state="delivered").count() == 12


def test_a_person_may_close_the_circuit(bank, endpoint, receiver):
    WebhookEndpoint.objects.update(failures=9, open_until=clock.now() + timedelta(hours=1))
    emit([happening(bank)])
    assert deliver_due() == 0
    close_circuit(endpoint=endpoint, by="tests")
    assert deliver_due() == 1


# -- workers --------------------------------------------------------------------------------------


def test_many_deliverers_send_each_event_once(bank, endpoint, receiver):
    emit([happening(bank) for _ in range(120)])
    made = at_once(*[deliver_due] * 3, seconds=40)
    assert sum(made) == 120
    assert sorted(sequences(receiver)) == list(range(1, 121))
    assert WebhookDelivery.objects.filter(state="delivered", attempts=1).count() == 120


def test_emitting_at_once_leaves_no_gap_in_the_sequence(bank, endpoint):
    batches = [[happening(bank) for _ in range(20)] for _ in range(4)]
    assert at_once(*[lambda b=batch: emit(b) for batch in batches]) == [20] * 4
    numbers = WebhookDelivery.objects.order_by("sequence").values_list("sequence", flat=True)
    assert list(numbers) == list(range(1, 81))


class Killed(BaseException):
    """Not an Exception: nothing in the code handles it, as nothing handles a kill."""


def run(kill_at: tuple[str, int] | None, reached: set[tuple[str, int]]) -> None:
    """Runs a deliverer, killed when it comes to the given line; adds the lines it came to.

    On a thread of its own, whose connection breaks with it, as a killed process's does.
    """
    watched = {delivering.__file__, claiming.__file__, recording.__file__}

    def trace(frame, event, _):
        if frame.f_code.co_filename not in watched:
            return None
        if event == "line":
            line = (frame.f_code.co_filename, frame.f_lineno)
            reached.add(line)
            if line == kill_at:
                raise Killed
        return trace

    def work() -> None:
        sys.settrace(trace)
        try:
            deliver_due()
        except Killed:
            pass
        finally:
            sys.settrace(None)
            if connection.connection is not None:
                connection.connection.close()

    assert at_once(work) == [None]


def test_a_worker_killed_at_any_line_loses_nothing(bank, endpoint, receiver):
    def emit_two() -> None:
        WebhookDelivery.objects.all().delete()
        receiver.got.clear()
        emit([happening(bank, subject="customer:1") for _ in range(2)])

    lines: set[tuple[str, int]] = set()
    emit_two()
    run(None, lines)
    assert len(lines) > 60
    for line in sorted(lines):
        emit_two()
        run(line, set())
        make_due()  # the leases run out
        deliver_due()
        states = set(WebhookDelivery.objects.values_list("state", flat=True))
        assert states == {"delivered"}, line
        firsts = list(dict.fromkeys(sequences(receiver)))
        assert firsts == sorted(firsts), line
        assert len(firsts) == 2, line


def test_a_lease_that_ran_out_lets_a_success_count_and_a_failure_not(bank, endpoint):
    emit([happening(bank)])
    (slow,) = claiming.claim(1, each=1, flying=Counter())
    make_due()
    (quick,) = claiming.claim(1, each=1, flying=Counter())
    recording.record([Result(slow, clock.now(), Outcome("answered 500", 9, 500))])
    assert (delivery().state, delivery().claim) == ("pending", quick.claim)
    recording.record([Result(slow, clock.now(), Outcome("", 9, 200))])
    assert delivery().state == "delivered"


def test_the_slots_are_for_so_many_at_once():
    with delivering.one_of(1) as first:
        with delivering.one_of(1) as second:
            assert (first, second) == (True, False)
        with delivering.one_of(2) as another:
            assert another
    with delivering.one_of(1) as again:
        assert again


def test_without_redis_everybody_delivers(settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    with delivering.one_of(1) as free:
        assert free


def test_threads_hold_no_connections_to_the_database(bank, endpoint, receiver, monkeypatch):
    used = set()
    send = delivering.send

    def spy(*args):
        used.add((threading.current_thread().name, connection.connection is None))
        return send(*args)

    monkeypatch.setattr(delivering, "send", spy)
    emit([happening(bank) for _ in range(10)])
    deliver_due()
    assert {without for _, without in used} == {True}


# -- upkeep ---------------------------------------------------------------------------------------


def test_what_was_held_back_too_long_is_given_up(bank, endpoint):
    change_endpoint(endpoint=endpoint, state="paused", by="tests")
    emit([happening(bank)])
    assert expire_deliveries() == 0
    WebhookDelivery.objects.update(expires_at=clock.now())
    assert expire_deliveries() == 1
    assert delivery().state == "dead"
    assert OutboxEvent.objects.filter(type="clients.webhook_dead.v1").count() == 1


def test_old_settled_deliveries_are_deleted_with_their_log(bank, endpoint, receiver, settings):
    emit([happening(bank), happening(bank)])
    deliver_due()
    assert prune_deliveries() == 0
    old = clock.now() - timedelta(days=settings.WEBHOOK_RETENTION_DAYS, minutes=1)
    WebhookDelivery.objects.filter(sequence=1).update(created_at=old)
    assert prune_deliveries() == 1
    assert WebhookAttempt.objects.count() == 1
