"""How many webhooks one worker delivers in a second, to an endpoint on this machine.

From deliveries that wait to deliveries that are recorded as delivered, with their log: claims,
signatures, HTTP and results. Every one is about another transaction.
"""

import subprocess
import sys
import time
from collections.abc import Iterable
from statistics import median
from typing import Any

FIGURES = ("webhooks_per_s",)
NEEDS_SERVERS = True

ROUNDS = 5
DELIVERIES = 2_000
WARM_UP = 200


def run(wanted: set[str]) -> Iterable[dict[str, Any]]:
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    receiver = subprocess.Popen(
        [sys.executable, "-m", "benchmarks._receiver"], stdout=subprocess.PIPE, text=True
    )
    try:
        assert receiver.stdout is not None  # noqa: S101
        institution = _endpoint(int(receiver.stdout.readline()))
        _deliver(institution, WARM_UP)
        rounds = [round(_deliver(institution, DELIVERIES), 1) for _ in range(ROUNDS)]
    finally:
        receiver.kill()
        receiver.wait()
    yield {
        "figure": "webhooks_per_s",
        "value": median(rounds),
        "unit": "deliveries/s",
        "rounds": rounds,
    }


def _endpoint(port: int) -> Any:
    from clients.services import create_institution
    from clients.webhooks.services import add_endpoint

    institution = create_institution(name="Benchmark", slug="benchmark", by="benchmark")
    url = f"http://127.0.0.1:{port}/hook"
    add_endpoint(institution=institution, name="benchmark", url=url, by="benchmark")
    return institution


def _deliver(institution: Any, count: int) -> float:
    """Deliveries a second."""
    from django.utils import timezone

    from clients.webhooks.delivering import deliver_due
    from clients.webhooks.emitting import Occurrence, emit
    from clients.webhooks.models import WebhookDelivery
    from foundation.ids import uuid7

    now = timezone.now()
    flag = {"flag_type": "velocity", "score": 60, "rule": "velocity", "severity": "high"}
    data = {"transaction_id": "T-1", "fraud_score": 87, "flags": [{**flag, "reason": "9 of 5"}] * 4}
    occurrences = [
        Occurrence(
            institution_id=institution.pk,
            event="fraud_detected",
            event_id=f"evt_{uuid7().hex}",
            subject=f"transaction:{uuid7()}",
            occurred_at=now,
            data=data,
            reference=f"T-{number}",
        )
        for number in range(count)
    ]
    emit(occurrences)
    began = time.perf_counter()
    made = deliver_due()
    seconds = time.perf_counter() - began
    waiting = WebhookDelivery.objects.exclude(state="delivered").count()
    assert (made, waiting) == (count, 0)  # noqa: S101
    return count / seconds
