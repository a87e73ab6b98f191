"""The counters on the real server, against the plainest way of counting."""

import random
from concurrent.futures import ThreadPoolExecutor

import pytest

from features.windows.happening import FLAGS
from foundation import redis_scripts
from foundation.redis_scripts import client, run_many, run_script
from scoring.state.counters import ask, decode, encode, state_name
from scoring.state.opening import begin_state
from scoring.tests.counting import SCRIPT, Plain, make_recording

T0 = 1_700_000_000.0
HOUR, DAY = 3_600, 86_400


def forget(redis):
    for key in redis.scan_iter("fs:{*", count=100_000):
        redis.delete(key)


@pytest.fixture
def state():
    """A complete and empty state of institution 1 for the tests' plan."""
    redis_scripts.forget_failure()
    redis = client()
    forget(redis)
    begin_state(state_name(1, SCRIPT), -1e300)
    yield redis
    forget(redis)


def record(recording):
    return decode(ask(recording, SCRIPT), recording.happening, SCRIPT)


def answers(record_id, **fields):
    return record(make_recording(record_id, **fields)).answers


def decide(recording, outcome):
    arguments = encode(recording, SCRIPT, outcome=FLAGS[outcome])
    run_script(SCRIPT, state_name(1, SCRIPT), arguments)


@pytest.mark.parametrize("seed", range(3))
def test_they_count_as_the_plainest_way_does(state, seed):
    rng = random.Random(seed)  # noqa: S311
    plain, at, sent = Plain(), T0, []
    for number in range(400):
        at += rng.choice([0, 0.5, 7, 60, 900, 20_000, 200_000][: rng.randint(1, 7)])
        late = rng.random() < 0.15
        when = at - rng.choice([1, 300, HOUR, 20 * HOUR, 26 * HOUR]) if late else at
        kinds = rng.sample(
            ["card", "device", "ip", "email", "phone", "merchant", "beneficiary"], rng.randint(0, 7)
        )
        recording = make_recording(
            number,
            occurred_at=when,
            amount=rng.choice([5.0, 9.99, 10.0, 1234.56, 0.0]),
            customer=rng.randrange(3),
            **{kind: rng.randrange(4) for kind in kinds},
        )
        if sent and rng.random() < 0.1:
            recording = rng.choice(sent)  # a repeat
        elif not record_is_late(plain, recording):
            sent.append(recording)
        assert record(recording).answers == plain.record(recording), number
        if recording in sent and recording.record_id not in decided(plain):
            outcome = rng.choice(["approved", "declined", None])
            decided(plain).add(recording.record_id)
            if outcome:
                for _ in range(2):  # the second time it changes nothing
                    decide(recording, outcome)
                plain.decide(recording, outcome)


def record_is_late(plain, recording):
    return recording.happening.occurred_at < plain.newest - DAY


def decided(plain):
    return plain.__dict__.setdefault("decided", set())


def test_a_window_ends_with_the_event_and_leaves_out_what_is_older(state):
    answers(1, customer=1, occurred_at=T0)
    answers(2, customer=1, occurred_at=T0 + 2 * HOUR)
    found = answers(3, customer=1, occurred_at=T0 + 2 * HOUR + 60)
    assert found["customer_count_1h"] == 2
    assert found["customer_count_24h"] == 3


def test_a_retry_adds_nothing_and_is_told_what_the_first_try_was(state):
    payment = make_recording(1, customer=1, merchant=1, card=1, marks={"time": ()})
    first = record(payment)
    assert first.answers["customer_repeated_payment_10m"] is False
    assert record(payment) == first
    again = make_recording(2, customer=1, merchant=1, card=1)
    assert record(again).answers["customer_count_1h"] == 2


def test_a_retry_after_the_answer_was_forgotten_takes_its_own_try_for_nothing(state):
    payment = make_recording(1, customer=1, merchant=1, marks={"time": ()})
    record(payment)
    for key in state.scan_iter("fs:{1}:*:a1", count=100_000):
        state.delete(key)
    second = record(payment)
    assert second.answers["customer_count_1h"] == 1
    assert "customer_repeated_payment_10m" not in second.answers
    assert second.marks == {}


def test_amounts_that_begin_alike_are_told_apart(state):
    answers(1, customer=1, merchant=1, amount=1_500_000.0)
    found = answers(2, customer=1, merchant=1, amount=1_500_000.5)
    assert found["customer_repeated_payment_10m"] is False


def test_an_event_of_the_future_does_not_count_for_an_earlier_one(state):
    answers(1, customer=1, occurred_at=T0 + 250)
    assert answers(2, customer=1, occurred_at=T0)["customer_count_10m"] == 1
    assert answers(3, customer=1, occurred_at=T0 + 300)["customer_count_10m"] == 3


def test_an_event_more_than_a_day_late_is_not_counted_and_knows_nothing(state):
    answers(1, customer=1, occurred_at=T0)
    late = record(make_recording(2, customer=1, occurred_at=T0 - DAY - 1))
    assert late.late
    assert late.answers == {}
    assert answers(3, customer=1, occurred_at=T0)["customer_count_30d"] == 2


def test_windows_that_reach_before_the_beginning_are_missing(state):
    state.hset(state_name(1, SCRIPT), "complete_since", T0 - 2 * HOUR)
    found = answers(1, customer=1, card=1, occurred_at=T0)
    assert found["customer_count_1h"] == 1
    assert found["customer_distinct_card_1h"] == 1
    assert "customer_count_24h" not in found
    assert "customer_distinct_card_24h" not in found


def test_a_state_that_is_not_there_is_told_and_nothing_is_recorded(state):
    forget(state)
    recording = make_recording(1, customer=1)
    assert ask(recording, SCRIPT) == b"nothing"
    assert not list(state.scan_iter("fs:{*", count=100_000))


def test_institutions_do_not_see_each_other(state):
    begin_state(state_name(2, SCRIPT), -1e300)
    answers(1, customer=1)
    assert answers(1, customer=1, institution_id=2)["customer_count_1h"] == 1


def test_marks_are_what_was_told_last_before_the_event(state):
    record(make_recording(1, customer=1, occurred_at=T0, marks={"time": (), "place": (6.5, 3.4)}))
    second = make_recording(2, customer=1, occurred_at=T0 + 60, marks={"time": ()})
    assert record(second).marks == {"time": (T0,), "place": (T0, 6.5, 3.4)}
    third = record(make_recording(3, customer=1, occurred_at=T0 + 90))
    assert third.marks == {"time": (T0 + 60,), "place": (T0, 6.5, 3.4)}
    assert record(make_recording(4, customer=1, occurred_at=T0 - 60)).marks == {}


def test_distinct_is_exact_to_a_thousand_and_an_estimate_beyond(state):
    for number in range(1_000):
        found = answers(number, merchant=1, customer=number, occurred_at=T0 + number)
    assert found["merchant_distinct_customer_24h"] == 1_000
    for number in range(1_000, 12_000):
        found = answers(number, merchant=1, customer=number, occurred_at=T0 + number)
    assert found["merchant_distinct_customer_24h"] == pytest.approx(12_000, rel=0.1)
    stored = next(state.scan_iter("*~customer*", count=100_000))
    assert all(state.zcard(key) <= 4_000 for key in state.scan_iter("*~customer*", count=10_000))
    assert stored


def test_an_estimate_becomes_exact_again_when_the_crowd_has_gone(state):
    for number in range(6_000):
        answers(number, merchant=1, customer=number, occurred_at=T0)
    later, found = T0, {}
    for number in range(6_000, 6_300):  # two quiet months
        later += DAY / 5
        found = answers(number, merchant=1, customer=number, occurred_at=later)
    assert found["merchant_distinct_customer_24h"] == 5


def test_a_busy_merchant_keeps_no_more_than_its_buckets(state):
    rng = random.Random(3)  # noqa: S311
    at = T0
    for number in range(8_000):
        at += rng.random() * 2_000  # a hundred days
        answers(number, merchant=1, customer=rng.randrange(5), occurred_at=at)
    (key,) = [k for k in state.scan_iter("*:merchant:*", count=100_000) if b"~" not in k]
    assert state.hlen(key) < 60
    assert state.memory_usage(key) < 60_000


def test_sixteen_writers_at_once_lose_nothing(state):
    def write(writer):
        for number in range(50):
            answers(f"{writer}-{number}", customer=1, merchant=writer, amount=0.1)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(write, range(16)))
    found = answers("last", customer=1, merchant=99, amount=0.1)
    assert found["customer_count_1h"] == 801
    assert found["customer_sum_1h"] == pytest.approx(80.1, abs=1e-9)
    assert found["customer_distinct_merchant_30d"] == 17


def test_hot_entities_are_named_by_kind(state):
    for number in range(500):
        answers(number, ip=1, customer=number % 7)
    found = [member.split(b":")[0] for member in state.zrange(*_hot(state))]
    assert found == [b"ip"]


def _hot(state):
    (key,) = [key for key in state.scan_iter("fs:{1}:*", count=100_000) if b":hot:" in key]
    return key, 0, -1


@pytest.mark.slow
def test_a_merchant_with_200_000_events_is_answered_right_and_stays_small(state):
    """Four customers pay in turn, every thirteen seconds for thirty days."""
    name, events = state_name(1, SCRIPT), 200_000
    for first in range(0, events, 1_000):
        batch = [_payment(number) for number in range(first, first + 1_000)]
        run_many(SCRIPT, [(name, encode(recording, SCRIPT)) for recording in batch])
    found = record(_payment(events)).answers
    held = {window: _within(events, seconds) for window, seconds in SPANS.items()}
    assert found["merchant_sum_1h"] == pytest.approx(held["1h"] * 2.5)
    assert found["merchant_sum_24h"] == pytest.approx(held["24h"] * 2.5)
    assert found["merchant_sum_30d"] == pytest.approx(held["30d"] * 2.5)
    assert found["merchant_distinct_customer_24h"] == 4
    (key,) = [k for k in state.scan_iter("*:merchant:*", count=100_000) if b"~" not in k]
    assert state.memory_usage(key) < 150_000


SPANS = {"1h": HOUR, "24h": DAY, "30d": 30 * DAY}


def _payment(number):
    return make_recording(
        number, merchant=1, customer=number % 4, amount=2.5, occurred_at=T0 + number * 13
    )


def _within(last, seconds):
    """How many of the payments up to the last lie in its window, to the bucket."""
    length = seconds // 120
    begin = (int(T0 + last * 13) // length - 119) * length
    return sum(T0 + number * 13 >= begin for number in range(last + 1))
