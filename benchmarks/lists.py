"""What a transaction pays for the lists, with 100,000 entries, and for enrichment.

Twelve identifiers and four texts, a hit among them in one transaction of fifty. Every transaction
has other identifiers; e-mail domains, carriers and graphics units repeat, as they do. The figure of
the database is its own processor time (Linux alone tells it), without that of an empty statement.
"""

from collections.abc import Callable, Iterable, Sequence
from statistics import median
from time import process_time
from typing import Any

from benchmarks._cpu import cpu_seconds

FIGURES = ("list_lookup_db_us", "list_lookup_python_us", "enrich_new_us", "enrich_known_us")
NEEDS_SERVERS = True

ROUNDS = 5
CALLS = 6_000
ENTRIES = 100_000
EVERY = 50  # one transaction of so many has a listed value
NAMES = (
    "user_id", "email", "phone", "ip_address", "device_id", "current_device_fingerprint",
    "canvas_fingerprint", "webgl_fingerprint", "card_token", "merchant_id", "beneficiary_id",
    "bank_account_id",
)  # fmt: skip
TEXTS = {
    "email_domain": "mail.example.com",
    "mobile_carrier": "mtn",
    "gpu_info": "Adreno (TM) 640",
    "card_bin": "45717399",
}


def run(wanted: set[str]) -> Iterable[dict[str, Any]]:
    import django

    django.setup()
    if wanted & {"list_lookup_db_us", "list_lookup_python_us"}:
        _prepare()
        yield from _look_up(wanted)
    if wanted & {"enrich_new_us", "enrich_known_us"}:
        yield from _enrich(wanted)


def _prepare() -> None:
    from django.core.management import call_command
    from django.db import connection
    from django.utils import timezone

    from intelligence.kinds import KINDS
    from intelligence.lists.checking import Draft, make_entry
    from intelligence.models import List, ListEntry

    call_command("migrate", verbosity=0)
    kinds = [code for code, kind in KINDS.items() if not kind.local]
    row = List.objects.create(name="benchmark", title="Benchmark", kinds=kinds)
    now = timezone.now()
    entries = [
        make_entry(
            row,
            Draft(value=f"device-{number}", kind="device", reason="A benchmark."),
            by="benchmark",
            now=now,
        )
        for number in range(ENTRIES)
    ]
    ListEntry.objects.bulk_create(entries, batch_size=5_000)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE intelligence_listentry")


def _look_up(wanted_figures: set[str]) -> Iterable[dict[str, Any]]:
    from django.db import connection

    asked = [_hashes(number) for number in range(CALLS)]
    connection.ensure_connection()
    database, python = [], []
    for _ in range(ROUNDS):
        bare = _database_seconds(asked, with_lists=False)
        full = _database_seconds(asked, with_lists=True)
        database.append(round((full - bare) / CALLS * 1e6, 1))
        python.append(round(_python_seconds(asked) / CALLS * 1e6, 1))
    if "list_lookup_db_us" in wanted_figures and cpu_seconds():
        yield _figure("list_lookup_db_us", database)
    if "list_lookup_python_us" in wanted_figures:
        yield _figure("list_lookup_python_us", python)


def _hashes(number: int) -> dict[str, list[bytes]]:
    from features.identifiers import PURPOSES
    from foundation.crypto import keyed_hash

    found = {name: [keyed_hash(f"{name}-{number}", purpose=PURPOSES[name])] for name in NAMES}
    if number % EVERY == 0:
        found["device_id"] = [keyed_hash(f"device-{number}", purpose="device")]
    return found


def _database_seconds(asked: Sequence[dict[str, list[bytes]]], *, with_lists: bool) -> float:
    """Processor time of the database for all of the transactions."""
    from foundation.prepared import fetch_one
    from foundation.sql import Fragment
    from intelligence.lookup import select, wanted

    fragments = []
    for hashes in asked:
        params: list[Any] = [1]
        sql = select(wanted(hashes=hashes, texts=TEXTS), 1, params) if with_lists else "NULL"
        fragments.append(Fragment(f"SELECT %s::bigint, {sql}", params))
    hits = 0
    start = cpu_seconds()["database"]
    for fragment in fragments:
        row = fetch_one(fragment)
        hits += row is not None and row[1] is not None
    seconds = cpu_seconds()["database"] - start
    assert hits == (-(-CALLS // EVERY) if with_lists else 0)  # noqa: S101
    return seconds


def _python_seconds(asked: Sequence[dict[str, list[bytes]]]) -> float:
    from intelligence.lookup import pairs, read, select, wanted

    start = process_time()
    for hashes in asked:
        question = wanted(hashes=hashes, texts=TEXTS)
        select(question, 1, [])
        pairs(read(None, question))
    return process_time() - start


def _enrich(wanted: set[str]) -> Iterable[dict[str, Any]]:
    from intelligence.enrichment import enrich, texts_to_look_up

    def seconds(make: Callable[[int], dict[str, str]], start: int) -> float:
        all_raw = [make(start + number) for number in range(CALLS)]
        began = process_time()
        for raw in all_raw:
            texts_to_look_up(raw, {}, enrich(raw, {}))
        return process_time() - began

    cases = {"enrich_new_us": _customer, "enrich_known_us": lambda n: _customer(n % 500)}
    for figure, make in cases.items():
        if figure in wanted:
            seconds(make, 0)
            times = [seconds(make, CALLS * (1 + each)) for each in range(ROUNDS)]
            yield _figure(figure, [round(time / CALLS * 1e6, 1) for time in times])


def _customer(number: int) -> dict[str, str]:
    return {
        "phone": f"+2348031{number:06}",
        "email": f"customer{number}@gmail.com",
        "ip_address": f"102.89.{number >> 8 & 255}.{number & 255}",
    }


def _figure(name: str, rounds: list[float]) -> dict[str, Any]:
    return {"figure": name, "value": median(rounds), "unit": "microseconds", "rounds": rounds}
