"""Health, liveness, metrics and the description: without a key, and never failing."""

import json
import os
import re
import subprocess
import sys
import time
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.test import Client as HttpClient
from prometheus_client.parser import text_string_to_metric_families

from intake import health
from intake.management.commands import schema as schema_command
from intake.tests.cast import SUSPICIOUS
from intake.tests.conftest import open_bank, publish_rules
from intake.urls import urlpatterns
from scoring.detectors.manifest import GRAPH
from scoring.serving.tests.making import forget_all as forget_models
from scoring.serving.tests.making import make_champion

http = HttpClient(raise_request_exception=False)


# --- Health ---------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_it_is_healthy_when_it_can_decide():
    publish_rules()
    response = http.get("/health")
    body = response.json()
    assert response.status_code == 200
    assert (body["status"], body["version"], body["ruleset"]) == ("healthy", settings.VERSION, 1)
    assert body["rules_loaded"] >= 25
    assert (body["database_connected"], body["redis_connected"]) == (True, True)
    assert body["model_loaded"] is False
    assert body["outbox"].keys() == {"pending", "oldest_seconds", "poisoned"}
    assert body["webhooks"] == {"waiting": 0, "dead": 0, "open_circuits": 0}


@pytest.mark.django_db(transaction=True)
def test_it_says_whether_the_champion_is_loaded(settings, tmp_path):
    settings.MODELS_DIR = tmp_path / "models"
    forget_models()
    publish_rules()
    model = make_champion()
    health.forget_health()
    assert http.get("/health").json()["model_loaded"] is True

    (model.folder / GRAPH).unlink()
    forget_models()
    health.forget_health()
    body = http.get("/health").json()
    forget_models()
    health.forget_health()
    assert (body["model_loaded"], body["status"]) == (False, "degraded")


@pytest.mark.django_db(transaction=True)
def test_it_is_unhealthy_before_a_ruleset_is_published():
    response = http.get("/health")
    assert response.status_code == 503
    assert response.headers["Retry-After"]
    assert response.json()["database_connected"] is True


@pytest.mark.parametrize(
    "failure", [OperationalError("gone: password=secret"), RuntimeError("anything else")]
)
def test_it_is_unhealthy_without_a_database_and_says_nothing_more(monkeypatch, failure):
    def fail():
        raise failure

    monkeypatch.setattr(health, "published_number", fail)
    response = http.get("/health")
    assert response.status_code == 503
    assert response.json()["status"] == "unhealthy"
    assert response.json()["database_connected"] is False
    assert "secret" not in response.content.decode()


def test_it_does_not_wait_for_a_database_that_hangs(monkeypatch):
    monkeypatch.setattr(health, "_DATABASE_SECONDS", 0.2)
    monkeypatch.setattr(health, "_read_state", lambda: time.sleep(1))
    started = time.monotonic()
    assert http.get("/health").status_code == 503
    assert time.monotonic() - started < 0.9


@pytest.mark.django_db(transaction=True)
def test_without_redis_it_is_degraded_but_decides(settings):
    publish_rules()
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    response = http.get("/health")
    assert (response.status_code, response.json()["status"]) == (200, "degraded")


@pytest.mark.django_db
def test_asking_often_looks_rarely(monkeypatch):
    looks = []
    monkeypatch.setattr(health, "_ask_database", lambda: looks.append(1))
    for _ in range(20):
        http.get("/health")
    assert len(looks) <= 2


def test_alive_needs_nothing():
    assert http.get("/live").json() == {"status": "alive"}


@pytest.mark.parametrize("path", ["/health", "/live", "/metrics", "/api/schema", "/docs"])
def test_state_can_only_be_read(path):
    response = HttpClient(enforce_csrf_checks=True).post(path, {})
    assert response.status_code == 405
    assert response.headers["Allow"] == "GET, HEAD"
    assert response.headers["Content-Type"] == "application/problem+json"


# --- Metrics --------------------------------------------------------------------------------
def families(text: str) -> dict:
    return {family.name: family for family in text_string_to_metric_families(text)}


def value(found: dict, family: str, sample: str, **labels: str) -> float:
    samples = found[family].samples if family in found else []
    return sum(s.value for s in samples if s.name == sample and labels.items() <= s.labels.items())


@pytest.mark.django_db
def test_metrics_count_what_was_decided():
    publish_rules()
    _, bank = open_bank("bank")
    before = families(http.get("/metrics").content.decode())
    answer = bank.send(SUSPICIOUS).json()
    after = families(http.get("/metrics").content.decode())

    def grown(family: str, sample: str, **labels: str) -> float:
        return value(after, family, sample, **labels) - value(before, family, sample, **labels)

    labels = {"industry": "fintech", "status": answer["status"]}
    assert grown("fraud_checks", "fraud_checks_total", **labels) == 1
    assert grown("fraud_score", "fraud_score_sum") == answer["fraud_score"]
    latency = "request_latency_seconds"
    assert grown(latency, f"{latency}_count", endpoint="fraud_check") == 1
    buckets = {s.labels["le"] for s in after["fraud_score"].samples if "le" in s.labels}
    assert {float(b) for b in buckets} == {0, 20, 40, 60, 80, 100, float("inf")}
    assert value(after, "active_rules_total", "active_rules_total") >= 25


@pytest.mark.django_db
def test_labels_take_no_value_from_what_clients_send():
    publish_rules()
    _, bank = open_bank("bank")
    bank.check(industry="made-up-industry")
    bank.get("/api/v1/decisions/made-up-id")
    http.get("/made-up-path")
    assert "made-up" not in http.get("/metrics").content.decode()


@pytest.mark.django_db
def test_metrics_do_without_the_database(monkeypatch):
    def fail():
        raise OperationalError("gone")

    monkeypatch.setattr("intake.metrics.published_number", fail)
    response = http.get("/metrics")
    assert response.status_code == 200
    assert "active_rules_total" not in families(response.content.decode())


SEVERAL_PROCESSES = """
import multiprocessing, django
django.setup()
from intake.metrics import LATENCY, StateCollector, render_metrics
StateCollector.collect = lambda self: []
def work():
    LATENCY.labels("fraud_check").observe(0.01)
processes = [multiprocessing.get_context("fork").Process(target=work) for _ in range(3)]
for process in processes: process.start()
for process in processes: process.join()
print(render_metrics().decode())
"""


def test_figures_of_several_processes_add_up(tmp_path):
    environment = {
        **os.environ,
        "PROMETHEUS_MULTIPROC_DIR": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "fraudshield.settings",
    }
    done = subprocess.run(
        [sys.executable, "-c", SEVERAL_PROCESSES],
        env=environment,
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    latency = "request_latency_seconds"
    found = families(done.stdout)
    assert value(found, latency, f"{latency}_count", endpoint="fraud_check") == 3


# --- Description ----------------------------------------------------------------------------
def addresses(patterns, before: str = "/"):
    """Every address of the doors, as OpenAPI writes it."""
    for pattern in patterns:
        path = before + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(pattern.pattern))
        inner = getattr(pattern, "url_patterns", None)
        yield from [path] if inner is None else addresses(inner, path)


def nameless(path: str) -> str:
    """The path without the names of its parts that vary."""
    return re.sub(r"{\w+}", "{}", path)


ADDRESSES = set(addresses(urlpatterns))
PAGES = {"/api/schema", "/openapi.json", "/docs", "/metrics"}
"""Not described: the description itself, and what speaks no JSON."""


def test_the_description_is_openapi_3_1_and_names_every_address():
    described = http.get("/api/schema").json()
    assert described["openapi"] == "3.1.0"
    named = {nameless(path) for path in described["paths"]}
    there = {nameless(path) for path in ADDRESSES - PAGES}
    assert named <= there
    assert {path for path in there if path.removeprefix("/gateway") not in named | PAGES} == set()
    request = described["components"]["schemas"]["FraudCheck"]
    assert request["required"] == ["amount", "user_id"]
    assert len(request["properties"]) > 300
    assert all("$ref" in part or part.keys() for part in request["properties"].values())


def test_the_kept_description_is_up_to_date():
    call_command("schema", "--check", stdout=StringIO())


def test_a_stale_description_is_noticed(tmp_path, monkeypatch):
    kept = tmp_path / "openapi.json"
    monkeypatch.setattr(schema_command, "kept_schema", lambda: kept)
    with pytest.raises(CommandError, match="run: manage"):
        call_command("schema", "--check")
    call_command("schema", stdout=StringIO())
    call_command("schema", "--check", stdout=StringIO())
    kept.write_text(json.dumps({}))
    with pytest.raises(CommandError):
        call_command("schema", "--check")


@pytest.mark.django_db
def test_every_example_of_the_description_works():
    publish_rules()
    _, bank = open_bank("bank")
    described = http.get("/api/schema").json()
    operation = described["paths"]["/api/v1/fraud/check"]["post"]
    examples = operation["requestBody"]["content"]["application/json"]["examples"]
    for example in examples.values():
        answer = bank.send(example["value"])
        assert answer.status_code == 200, answer.content
    shown = operation["responses"]["200"]["content"]["application/json"]["example"]
    assert shown.keys() == answer.json().keys()


def test_the_documentation_page_loads_nothing_from_elsewhere():
    response = http.get("/docs")
    page = response.content.decode()
    assert response.status_code == 200
    assert "http://" not in page
    assert "https://" not in page
    assert "<script>" not in page
    policy = response.headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    for name in page.split('"'):
        if name.startswith("/static/"):
            assert finders.find(name.removeprefix("/static/")), name


def test_swagger_ui_is_told_where_the_description_is():
    script = Path(finders.find("intake/docs.js")).read_text()
    assert "dataset.schema" in script
    assert 'data-schema="/api/schema"' in http.get("/docs").content.decode()
