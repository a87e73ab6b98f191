"""Limits, on the real server: exact in any window, whoever counts."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from clients.authentication import Client, ClientTier
from clients.throttling import _TAKE, Allowance, take
from foundation import redis_scripts
from foundation.errors import TooManyRequests
from foundation.redis_scripts import client as server


@pytest.fixture(autouse=True)
def nothing_taken():
    redis_scripts.forget_failure()
    with server() as redis:
        for key in redis.scan_iter("fs:rate:test:*"):
            redis.delete(key)
    yield
    redis_scripts.forget_failure()


def caller(limit: int = 3, *, seconds: int = 60, name: str = "one") -> Client:
    tier = ClientTier("tiny", limit, seconds)
    return Client(1, "bank", "NGN", 1, frozenset(), tier, throttled_as=f"test:{name}")


def let_in(client: Client, times: int) -> list[bool]:
    return [admitted(client) for _ in range(times)]


def admitted(client: Client) -> bool:
    try:
        take(client)
    except TooManyRequests:
        return False
    return True


def pass_time(client: Client, seconds: float) -> None:
    """Moves what was counted into the past."""
    key = f"fs:rate:{client.throttled_as}"
    with server() as redis:
        times = [float(time) - seconds * 1e6 for time in redis.lrange(key, 0, -1)]
        redis.delete(key)
        redis.rpush(key, *(f"{time:.0f}" for time in times))


def test_as_many_are_let_in_as_the_tier_allows_and_no_more():
    assert let_in(caller(100), 105) == [True] * 100 + [False] * 5


def test_what_is_left_is_told_with_every_request():
    client = caller(3)
    assert [take(client).left for _ in range(3)] == [2, 1, 0]
    allowance = Allowance(client.tier, left=2, seconds=60)
    assert allowance.headers() == {
        "RateLimit-Policy": '"tiny";q=3;w=60',
        "RateLimit": '"tiny";r=2;t=60',
    }


def test_a_refusal_says_when_to_come_back_and_costs_nothing():
    client = caller(2)
    let_in(client, 2)
    pass_time(client, 50)
    for _ in range(3):
        with pytest.raises(TooManyRequests) as refused:
            take(client)
        assert refused.value.headers["Retry-After"] == "10"
        assert refused.value.headers["RateLimit"] == '"tiny";r=0;t=10'
    pass_time(client, 10.1)
    assert let_in(client, 3) == [True, True, False]


def test_the_window_slides_so_that_no_minute_holds_more_than_the_limit():
    client = caller(4)
    let_in(client, 2)
    pass_time(client, 40)
    assert let_in(client, 3) == [True, True, False]
    pass_time(client, 30)  # the first two have left, the later two have not
    assert let_in(client, 3) == [True, True, False]


@pytest.mark.parametrize("kept", [1, 2, 7, 64, 999])
def test_those_that_left_the_window_are_found_among_any_number(kept):
    client = caller(1_000)
    let_in(client, 1_000 - kept)
    pass_time(client, 61)
    let_in(client, kept)
    assert take(client).left == 1_000 - kept - 1


def test_callers_are_counted_apart():
    first, second = caller(1, name="one"), caller(1, name="two")
    assert (admitted(first), admitted(second), admitted(first)) == (True, True, False)


def test_many_workers_let_in_exactly_the_limit_together():
    client = caller(50)
    with ThreadPoolExecutor(16) as workers:
        results = list(workers.map(lambda _: admitted(client), range(400)))
    assert results.count(True) == 50


def test_a_lowered_limit_counts_what_was_let_in_before():
    let_in(caller(10), 10)
    lowered = caller(5)
    with pytest.raises(TooManyRequests):
        take(lowered)
    pass_time(lowered, 60.1)
    assert let_in(lowered, 6) == [True] * 5 + [False]


def test_a_clock_set_back_keeps_the_order_and_the_limit():
    client = caller(3)
    let_in(client, 2)
    pass_time(client, -30)  # as if they had come from half a minute ahead
    assert let_in(client, 2) == [True, False]
    with server() as redis:
        times = [float(time) for time in redis.lrange(f"fs:rate:{client.throttled_as}", 0, -1)]
    assert times == sorted(times, reverse=True)


def test_a_window_of_its_own_length():
    client = caller(1, seconds=5)
    take(client)
    with pytest.raises(TooManyRequests) as refused:
        take(client)
    assert int(refused.value.headers["Retry-After"]) <= 5


def test_nothing_is_kept_of_a_caller_longer_than_the_window():
    client = caller(5)
    take(client)
    with server() as redis:
        assert 0 < redis.ttl(f"fs:rate:{client.throttled_as}") <= 60


def test_without_redis_everybody_is_let_in(settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert [take(caller(1)) for _ in range(3)] == [None] * 3


def test_the_script_is_loaded_again_after_the_server_forgot_it():
    take(caller())
    with server() as redis:
        redis.script_flush()
        assert redis.script_exists(_TAKE.sha) == [False]
    assert take(caller()).left == 1
