"""Decisions over HTTP with everything stored, against the floor of the same server in the same run.

Server, database, Redis and load generator share the machine's cores, as the figures' definition
says. Rounds of floor and door alternate, so that a busy moment hits both.
"""

import contextlib
import http.client
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks._cpu import cpu_seconds
from fraudshield.launcher import machine
from fraudshield.launcher.options import read_options
from fraudshield.launcher.process import Process

FIGURES = (
    "http_rps",
    "http_vs_floor",
    "http_p99_ms",
    "sql_per_transaction",
    "http_stage_us",
    "http_cpu_us",
)
NEEDS_SERVERS = True

ROUNDS = 5
REQUESTS = 4_000  # a round of either kind
WARM_UP = 1_000
CONNECTIONS = 8
CUSTOMERS = 5_000
HOST = "127.0.0.1"
ROOT = Path(__file__).resolve().parents[1]
CHECK = "/api/v1/fraud/check"
CHANCE = random.Random(7)  # noqa: S311  (the same traffic in every run; guards nothing)


def run(wanted: set[str]) -> Iterable[dict[str, Any]]:
    import django

    django.setup()
    key = prepare()
    if "sql_per_transaction" in wanted:
        yield _count_statements(key)
    if wanted - {"sql_per_transaction"}:
        yield from _measure(wanted, key)


# --- Preparation ----------------------------------------------------------------------------
def prepare() -> str:
    """A database as after `make run`, without demo data; returns an API key."""
    from django.core.management import call_command

    from benchmarks._floor import create_table
    from clients.models import Institution, Tier
    from clients.services import create_institution, issue_api_key

    with contextlib.redirect_stdout(sys.stderr):
        call_command("migrate", verbosity=0)
        call_command("load_rules", verbosity=0)
        call_command("import_rates", verbosity=0)
    create_table()
    institution = Institution.objects.filter(slug="benchmark").first() or create_institution(
        name="Benchmark", slug="benchmark", base_currency="NGN", by="benchmark"
    )
    # Counted as any other, and never refused.
    tier = Tier.objects.get_or_create(name="benchmark", requests_per_minute=10_000_000)[0]
    return issue_api_key(institution=institution, name="benchmark", by="benchmark", tier=tier)[1]


def transaction(number: int, chance: random.Random) -> dict[str, Any]:
    """Forty fields of a customer among 5,000; every tenth customer brings trouble."""
    customer = chance.randrange(CUSTOMERS)
    trouble = customer % 10 == 0
    return {
        "transaction_id": f"bench-{time.time_ns()}-{number}",
        "user_id": f"C-{customer}",
        "amount": round(chance.lognormvariate(9, 1.5), 2),
        "currency": "NGN",
        "transaction_type": "transfer",
        "industry": "fintech",
        "use_ml": True,
        "email": f"customer{customer}@example.com",
        "phone": f"+23480{customer:08d}",
        "ip_address": f"102.89.{customer % 256}.{number % 256}",
        "user_agent": "Mozilla/5.0 (Linux; Android 13; SM-A536B) AppleWebKit/537.36 "
        "(KHTML, like Gecko) Chrome/120.0.0.0 Mobile Safari/537.36",
        "device_id": f"D-{customer}",
        "card_token": f"tok_{customer}",
        "card_bin": "506105",
        "card_last_four": f"{customer % 10_000:04d}",
        "merchant_id": f"M-{number % 300}",
        "merchant_category_code": "5411",
        "merchant_country": "NG",
        "account_age_days": 3 if trouble else 400,
        "is_vpn": trouble,
        "is_proxy": False,
        "is_tor": False,
        "transactions_last_hour": 9 if trouble else 1,
        "transactions_last_day": 11 if trouble else 2,
        "failed_login_attempts": 4 if trouble else 0,
        "credit_score": 640,
        "kyc_verified": not trouble,
        "phone_verified": True,
        "email_confirmed": True,
        "country": "NG",
        "home_country": "NG",
        "ip_country": "NG",
        "browser": "chrome",
        "os": "android",
        "device_type": "mobile",
        "gpu_info": "Adreno (TM) 640",
        "new_device": False,
        "avg_transaction_amount": 8_200.0,
        "max_transaction_amount": 91_000.0,
        "account_created_at": "2023-05-01T09:00:00Z",
    }


def floor_row(number: int, chance: random.Random) -> dict[str, Any]:
    numbers = {f"number_{i}": chance.random() for i in range(28)}
    texts = {f"text_{i}": "some text of a field" for i in range(10)}
    return {"user_id": f"C-{chance.randrange(CUSTOMERS)}", "amount": 12.5, **numbers, **texts}


# --- Statements -----------------------------------------------------------------------------
def _count_statements(key: str) -> dict[str, Any]:
    """Of one decision, besides BEGIN and COMMIT. Each shape of request is sent once before, since a
    connection prepares a statement when it first needs it."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    def send(**fields: Any) -> int:
        with CaptureQueriesContext(connection) as captured:
            answer = Client(headers={"X-API-Key": key, "Host": "localhost"}).post(
                CHECK, json.dumps(fields), content_type="application/json"
            )
        if answer.status_code != 200:
            raise RuntimeError(f"{CHECK} answered {answer.status_code}: {answer.content!r}")
        return len(captured)

    def shapes(name: str) -> dict[str, int]:
        full = transaction(0, CHANCE)
        new = dict.fromkeys(("user_id", "device_id", "card_token"), f"{name}-sql")
        return {
            "new_customer": send(user_id=name, amount=1),
            "known_customer": send(user_id=name, amount=2),
            "forty_fields_new": send(**{**full, **new}),
            "forty_fields_known": send(**{**full, **new, "transaction_id": f"{name}-again"}),
        }

    shapes("first")
    detail = shapes("second")
    return {
        "figure": "sql_per_transaction",
        "value": max(detail.values()),
        "unit": "statements",
        "detail": detail,
    }


# --- Rate -----------------------------------------------------------------------------------
def _measure(wanted: set[str], key: str) -> Iterator[dict[str, Any]]:
    with (
        tempfile.TemporaryDirectory(prefix="fraudshield-http-") as directory,
        _server(Path(directory)) as port,
    ):
        floor, ours = _rounds(port, key)
        stages = _stages(port)
    ratios = [mine["rps"] / least["rps"] for least, mine in zip(floor, ours, strict=True)]
    figures = [
        _figure("http_rps", "1/s", [r["rps"] for r in ours], floor=[r["rps"] for r in floor]),
        _figure("http_vs_floor", "ratio", ratios, digits=3),
        _figure(
            "http_p99_ms",
            "ms",
            [r["p99_ms"] for r in ours],
            p50_ms=round(median(r["p50_ms"] for r in ours), 2),
            floor_p99_ms=round(median(r["p99_ms"] for r in floor), 2),
        ),
        {
            "figure": "http_stage_us",
            "value": round(sum(stages.values()), 1),
            "unit": "us",
            "detail": stages,
        },
        _cpu_figure(floor, ours),
    ]
    yield from (figure for figure in figures if figure["figure"] in wanted)


def _cpu_figure(floor: list[dict[str, Any]], ours: list[dict[str, Any]]) -> dict[str, Any]:
    """Microseconds of CPU a request, by kind of process: steadier than rates on a busy machine."""
    detail = {
        name: {kind: round(median(r["cpu"][kind] for r in rounds), 1) for kind in rounds[0]["cpu"]}
        for name, rounds in (("floor", floor), ("ours", ours))
    }
    value = round(sum(detail["ours"].values()), 1)
    return {"figure": "http_cpu_us", "value": value, "unit": "us", "detail": detail}


def _figure(
    name: str, unit: str, rounds: list[float], *, digits: int = 1, **more: Any
) -> dict[str, Any]:
    more = {k: [round(x, 1) for x in v] if isinstance(v, list) else v for k, v in more.items()}
    return {
        "figure": name,
        "value": round(median(rounds), digits),
        "unit": unit,
        "rounds": [round(value, digits) for value in rounds],
        **more,
    }


def _rounds(port: int, key: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    floor, ours = [], []
    for number in range(ROUNDS + 1):
        count = REQUESTS if number else WARM_UP
        first = number * REQUESTS
        plain = [json.dumps(floor_row(i, CHANCE)) for i in range(count)]
        full = [json.dumps(transaction(first + i, CHANCE)) for i in range(count)]
        least = _load(port, "/floor", plain, {})
        mine = _load(port, CHECK, full, {"X-API-Key": key})
        if number:
            floor.append(least)
            ours.append(mine)
    return floor, ours


def _load(port: int, path: str, bodies: list[str], headers: dict[str, str]) -> dict[str, Any]:
    job = {
        "host": HOST,
        "port": port,
        "path": path,
        "headers": headers,
        "bodies": bodies,
        "connections": CONNECTIONS,
    }
    before = cpu_seconds()
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks._load"],
        input=json.dumps(job),
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"the load generator failed: {done.stderr.strip()[-500:]}")
    result: dict[str, Any] = json.loads(done.stdout)
    used = cpu_seconds()
    kinds = ("web", "database", "redis")
    result["cpu"] = {kind: (used[kind] - before[kind]) / len(bodies) * 1e6 for kind in kinds}
    if set(result["statuses"]) != {"200"}:
        raise RuntimeError(f"{path} answered {result['statuses']}: {result['failures']}")
    return result


@contextlib.contextmanager
def _server(directory: Path) -> Iterator[int]:
    """granian as production runs it, with the floor's address added; yields its port."""
    options = read_options()
    port = machine.free_port()
    figures = directory / "metrics"
    figures.mkdir()
    process = Process(
        name="web",
        arguments=[
            sys.executable, "-m", "granian", "--interface", "wsgi", "--host", HOST,
            "--port", str(port), "--workers", str(options.web_workers),
            "--blocking-threads", str(options.web_threads), "--log-level", "warning",
            *os.environ.get("BENCH_GRANIAN", "").split(), "fraudshield.wsgi:application",
        ],
        log=directory / "web.log",
        record=directory / "web.pid",
        directory=ROOT,
        environment={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "benchmarks._floor_settings",
            "PROMETHEUS_MULTIPROC_DIR": str(figures),
        },
    )  # fmt: skip
    process.start()
    try:
        _wait(port, process)
        yield port
    finally:
        process.stop()


def _wait(port: int, process: Process) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.is_alive:
        with contextlib.suppress(OSError, http.client.HTTPException):
            if urllib.request.urlopen(f"http://{HOST}:{port}/live", timeout=2).status == 200:
                return
        time.sleep(0.1)
    raise RuntimeError(f"the server did not start: {process.last_words()}")


# --- Where the time goes --------------------------------------------------------------------
_STAGES = ("door_stage_seconds", "scoring_stage_seconds", "request_latency_seconds")


def _stages(port: int) -> dict[str, float]:
    """Mean microseconds a decision spends in each stage, from the server's own metrics.

    `view` is what the door does besides (answer, bookkeeping); server, middleware and the way
    through the sockets come on top and are not in it.
    """
    from prometheus_client.parser import text_string_to_metric_families

    text = urllib.request.urlopen(f"http://{HOST}:{port}/metrics", timeout=10).read().decode()
    sums: dict[str, float] = {}
    counts: dict[str, float] = {}
    for family in text_string_to_metric_families(text):
        if family.name not in _STAGES:
            continue
        for sample in family.samples:
            label = sample.labels.get("stage") or sample.labels.get("endpoint", "")
            if sample.name.endswith("_sum"):
                sums[label] = sums.get(label, 0.0) + sample.value
            elif sample.name.endswith("_count"):
                counts[label] = counts.get(label, 0.0) + sample.value
    means = {label: sums[label] / counts[label] * 1e6 for label in sums if counts.get(label)}
    total, score = means.pop("fraud_check"), means.pop("score")
    inside = sum(v for k, v in means.items() if k not in {"decode", "health"})
    means = {k: v for k, v in means.items() if k not in {"health", "transactions"}}
    means["score_other"] = score - inside
    means["door_other"] = total - score - means["decode"]
    return {label: round(value, 1) for label, value in means.items()}
