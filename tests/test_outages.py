"""PostgreSQL and Redis really stop and come back, under load."""

import time

import psycopg2
import pytest

from tests.system import Load, running, wait_for


@pytest.fixture(scope="module")
def system(tmp_path_factory, module_postgres, module_redis):
    directory = tmp_path_factory.mktemp("system")
    with running(directory, module_postgres.url, module_redis.url) as system:
        system.start_worker()
        yield system


def ask(postgres, sql, *params):
    connection = psycopg2.connect(postgres.url)
    try:
        with connection.cursor() as cursor:
            cursor.execute(sql, params)
            return cursor.fetchall()
    finally:
        connection.close()


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_without_postgresql_nothing_is_acknowledged_that_was_not_stored(
    system, module_postgres, end
):
    with Load(system) as load:
        wait_for(lambda: len(load.acknowledged()) > 50, "decisions before the outage")
        getattr(module_postgres, end)()
        wait_for(lambda: 503 in load.statuses(), "503 during the outage")
        status, health, _ = system.get("/health")
        assert status == 503
        assert health["database_connected"] is False
        assert system.get("/live")[0] == 200
        module_postgres.start()
        before = len(load.acknowledged())
        wait_for(lambda: len(load.acknowledged()) > before + 50, "decisions after the outage")
    assert load.statuses() == {200, 503}
    refused = [headers for status, _, headers in load.answers.values() if status == 503]
    assert all(int(headers["retry-after"]) >= 1 for headers in refused)
    stored = dict(
        ask(
            module_postgres,
            "SELECT t.external_id, d.status FROM transactions_transaction t "
            "JOIN scoring_decision d ON d.transaction_id = t.id",
        )
    )
    for name, body in load.acknowledged().items():
        assert stored[name] == body["status"]


def test_nothing_is_half_stored(module_postgres, system):
    counts = ask(
        module_postgres,
        "SELECT (SELECT count(*) FROM transactions_transaction), "
        "(SELECT count(*) FROM scoring_decision), "
        "(SELECT count(*) FROM transactions_transactionkey WHERE kind = 't'), "
        "(SELECT count(*) FROM foundation_outboxevent WHERE type LIKE 'scoring.%%')",
    )[0]
    assert len(set(counts)) == 1
    assert counts[0] > 100


def test_what_was_refused_can_be_repeated(system):
    first = system.check(user_id="again", transaction_id="again-1")
    second = system.check(user_id="again", transaction_id="again-1")
    assert first[0] == second[0] == 200
    assert first[1] == second[1]


def test_without_redis_decisions_go_on_and_followups_are_made_up_for(
    system, module_postgres, module_redis
):
    module_redis.stop()
    slowest = 0.0
    with Load(system) as load:
        for number in range(30):
            begun = time.monotonic()
            status, body, _ = system.check(
                user_id="r", transaction_id=f"redis-{time.time()}-{number}"
            )
            slowest = max(slowest, time.monotonic() - begun)
            assert status == 200
            assert body["degraded"] == ["counters"]
    assert load.statuses() == {200}
    assert slowest < 5, "a decision waited for Redis"
    assert pending(module_postgres) > 0
    module_redis.start()
    wait_for(lambda: not system.check(user_id="r")[1]["degraded"], "decisions with all parts")
    wait_for(lambda: pending(module_postgres) == 0, "the follow-ups to be handled", seconds=60)


def pending(postgres) -> int:
    return int(
        ask(postgres, "SELECT count(*) FROM foundation_outboxevent WHERE handled_at IS NULL")[0][0]
    )


def test_activity_counts_every_decision_exactly_once(system, module_postgres):
    wait_for(lambda: pending(module_postgres) == 0, "the follow-ups to be handled", seconds=60)
    decisions, counted = ask(
        module_postgres,
        "SELECT (SELECT count(*) FROM scoring_decision), "
        "(SELECT sum(decisions) FROM scoring_decisionactivity)",
    )[0]
    assert decisions == counted
