"""States of services, from those of what they stand on."""

import pytest

from intake.health import Health
from intake.monitoring import components_of, service_list, service_states
from intake.tests.gateway_cast import call

IDLE = {"pending": 0, "oldest_seconds": 0.0, "poisoned": 0}


def health(**changes) -> Health:
    sound = {
        "status": "healthy",
        "version": "1",
        "rules_loaded": 1,
        "ruleset": 1,
        "model_loaded": True,
        "database_connected": True,
        "redis_connected": True,
        "outbox": IDLE,
        "webhooks": None,
        "switches_on": 0,
    }
    return Health(**{**sound, **changes})


@pytest.fixture
def states(monkeypatch):
    def look(**changes):
        monkeypatch.setattr("intake.monitoring.check_health", lambda: health(**changes))
        return {name: service.status for name, service in service_states().services.items()}

    return look


def test_when_all_is_well_every_service_that_is_there_is_healthy(states):
    told = states()
    absent = {name for name, state in told.items() if state == "not_available"}
    assert absent == {"notification", "batch"}
    assert {told[name] for name in told.keys() - absent} == {"healthy"}


@pytest.mark.parametrize(
    ("changes", "service", "state"),
    [
        ({"redis_connected": False}, "scoring", "degraded"),
        ({"redis_connected": False}, "storage", "healthy"),
        ({"ruleset": None}, "scoring", "unhealthy"),
        ({"ruleset": None, "redis_connected": False}, "ingest", "unhealthy"),
        ({"ruleset": None}, "analytics", "healthy"),
        ({"database_connected": False, "outbox": None}, "storage", "unhealthy"),
        ({"outbox": {**IDLE, "oldest_seconds": 61.0}}, "webhooks", "degraded"),
        ({"outbox": {**IDLE, "poisoned": 1}}, "webhooks", "degraded"),
        ({"outbox": {**IDLE, "pending": 9, "oldest_seconds": 2.0}}, "webhooks", "healthy"),
    ],
)
def test_a_service_is_as_well_as_what_it_stands_on(states, changes, service, state):
    assert states(**changes)[service] == state


def test_a_service_that_is_ill_says_why(states):
    states(ruleset=None)
    told = {service.name: service.detail for service in service_list().services}
    assert told["scoring"] == "ruleset is unhealthy"
    assert told["storage"] == ""
    assert "not there yet" in told["batch"]


def test_a_database_that_does_not_answer_hides_the_workers_state():
    assert components_of(health(database_connected=False, outbox=None))["worker"] == "unhealthy"


@pytest.mark.django_db(transaction=True)  # health looks over a connection of its own
def test_a_whole_installation_is_healthy(bank):
    told = call(bank.key, "get", "/gateway/services/status").json()
    assert (told["status"], told["components"]["database"]) == ("healthy", "healthy")
    assert told["services"]["scoring"]["status"] == "healthy"
