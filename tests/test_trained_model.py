"""A model trained on the archive decides in running processes: every step of its life."""

import json
import time

import pytest

from tests.system import Load, running, wait_for

# Two months of one institution; night payments of young accounts are often fraud.
HISTORY = """
import random
from datetime import UTC, datetime, timedelta
from clients.authentication import authenticate
from scoring.services import score_transaction
from scoring.tests.making import make_request
from transactions.models import Transaction
from transactions.services import Told, record_labels
chance = random.Random(4)
client = authenticate({key!r})
now, told = datetime.now(UTC), []
for number in range(700):
    at = now - timedelta(days=60) + timedelta(days=55) * number / 700
    young = chance.random() < 0.3
    fraud = young and chance.random() < 0.5
    request = make_request(
        user_id=f"h{{number % 80}}", transaction_id=f"h-{{number}}", occurred_at=at.timestamp(),
        amount=chance.lognormvariate(9 if fraud else 7, 1),
        supplied={{"account_age_days": chance.uniform(1, 9) if young else chance.uniform(90, 900)}},
    )
    score_transaction(client=client, request=request, source="test", imported=True)
    told.append((f"h-{{number}}", fraud, at + timedelta(days=3)))
rows = dict(Transaction.objects.values_list("external_id", "pk"))
record_labels([Told(rows[name], fraud, "chargeback", at) for name, fraud, at in told], by="test")
"""
TRAINED = """
import json
from scoring.serving.models import ModelVersion
print(json.dumps(list(ModelVersion.objects.order_by("pk").values_list("version", "state"))))
"""
BESIDE = """
from scoring.serving.models import ModelVersion
from scoring.serving.services import split_traffic, start_shadow
model = ModelVersion.objects.get(version={version!r})
start_shadow(model=model, by="test")
split_traffic(model=model, share=50, by="test")
"""
PROMOTE = """
from scoring.serving.models import ModelVersion
from scoring.serving.services import put_in_force
put_in_force(model=ModelVersion.objects.get(version={version!r}), by="test", reason="better")
"""
STORED = """
import json
from scoring.models import Decision
from scoring.replay import replay
from scoring.serving.models import Explanation
row = Decision.objects.select_related("transaction").get(transaction__external_id={name!r})
found = Explanation.objects.filter(pk=row.pk).first()
print(json.dumps({{
    "beside": row.inputs.get("beside", []),
    "replayed": replay(row) == [],
    "explained": found and {{
        "base": found.base, "margin": found.margin,
        "sum": sum(one["contribution"] for one in found.factors),
        "model": found.model_version,
        "ml_score": row.ml_score,
    }},
}}))
"""
SUSPICIOUS = {"amount": 900_000, "account_age_days": 2, "is_vpn": True}


def told(system, code, **fields):
    return json.loads(system.manage("shell", "-c", code.format(**fields)).strip().splitlines()[-1])


def versions(system):
    """Each with where it stands, the oldest first."""
    return told(system, TRAINED)


def deciding(system, count):
    """Which models decide just now, in all workers."""
    seen = set()
    for _ in range(count):
        status, body, _ = system.check(user_id="ada")
        assert status == 200, body
        seen.add(body["model_version"])
    return seen


@pytest.fixture(scope="module")
def system(tmp_path_factory, module_postgres, module_redis):
    directory = tmp_path_factory.mktemp("system")
    with running(directory, module_postgres.url, module_redis.url, workers=2) as system:
        system.start_worker()
        system.manage("shell", "-c", HISTORY.format(key=system.key))
        system.manage("archive", "export")
        system.manage("train_model", "--seconds", "0")
        yield system


@pytest.fixture(scope="module")
def first(system):
    """The first model of an installation is put in force by training itself."""
    [[version, state]] = versions(system)
    assert state == "champion"
    return version


def test_the_trained_model_takes_part_in_decisions(system, first):
    status, body, _ = system.check(transaction_id="m-1", user_id="ada", **SUSPICIOUS)

    assert (status, body["model_version"]) == (200, first)
    assert 0 <= body["ml_score"] <= 100
    assert body["fraud_score"] == int(0.6 * body["rule_score"] + 0.4 * body["ml_score"] + 0.5)
    assert body["status"] != "approved"
    assert body["ml_risk_factors"], "the codes of the actual model"
    assert body["degraded"] == []


def test_the_worker_explains_it_and_all_adds_up(system, first):
    system.check(transaction_id="m-2", user_id="ada", **SUSPICIOUS)
    wait_for(lambda: told(system, STORED, name="m-2")["explained"], "the explanation", 60)

    found = told(system, STORED, name="m-2")

    explained = found["explained"]
    assert explained["model"] == first
    assert explained["base"] + explained["sum"] == pytest.approx(explained["margin"], abs=1e-5)
    assert found["replayed"]


def test_a_second_model_is_scored_beside_and_decides_for_the_same_customers(system, first):
    system.manage("train_model", "--seconds", "0")
    second = versions(system)[-1][0]
    system.manage("shell", "-c", BESIDE.format(version=second))

    def of_each():
        answers = [system.check(user_id=f"split-{number}")[1] for number in range(40)]
        return [answer["model_version"] for answer in answers]

    wait_for(lambda: second in of_each(), "both models to decide", 10)
    once, again = of_each(), of_each()

    assert once == again, "the same customers each time"
    assert set(once) == {first, second}
    system.check(transaction_id="m-3", user_id="split-1")
    found = told(system, STORED, name="m-3")
    assert {one["model"] for one in found["beside"]} == {first, second} - {once[1]}
    assert found["replayed"]


def test_running_processes_follow_a_promotion_within_five_seconds(system, first):
    second = versions(system)[-1][0]
    with Load(system, clients=2) as load:
        system.manage("shell", "-c", PROMOTE.format(version=second))
        begun = time.monotonic()

        wait_for(lambda: deciding(system, 12) == {second}, "all workers to follow", 5)
        assert time.monotonic() - begun < 5
    assert load.statuses() == {200}, "nobody was refused meanwhile"
    assert not any(body["degraded"] for body in load.acknowledged().values())


def test_a_corrupt_champion_degrades_and_is_told(system, first):
    """Its median stands in, operators are told, and the way back is a promotion."""
    second = versions(system)[-1][0]
    graph = system.directory / "models" / second / "model.onnx"
    content = graph.read_bytes()
    graph.write_bytes(content[: len(content) // 2])
    system.manage("shell", "-c", BESIDE.format(version=first).replace("share=50", "share=0"))

    def degraded():
        return [system.check(user_id="ada")[1]["degraded"] for _ in range(12)]

    wait_for(lambda: degraded() == [["model"]] * 12, "all workers to do without", 10)
    body = system.check(transaction_id="m-4", user_id="ada")[1]
    assert body["model_version"] == ""
    assert 0 <= body["ml_score"] <= 100
    assert told(system, STORED, name="m-4")["replayed"]
    assert system.get("/health")[1]["status"] == "degraded"
    log = system.directory / "processes.log"
    wait_for(lambda: "system alert: model" in log.read_text(), "the alert")

    system.manage("shell", "-c", PROMOTE.format(version=first))
    wait_for(lambda: degraded() == [[]] * 12, "the model before to decide", 10)
