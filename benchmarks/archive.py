"""What it costs to archive decisions, to keep them and to read them.

Some thousand decisions are made as the door makes them; the rest are copies of them under other
ids, a few hours apart, which the archive cannot tell from others. The size of a row is that of the
real ones alone: copies would compress too well.
"""

import json
import random
import sys
import tempfile
from collections.abc import Iterable
from statistics import median
from time import perf_counter
from typing import Any

from benchmarks.http import CHECK, prepare, transaction

FIGURES = ("archive_rows_per_s", "archive_bytes_per_row", "archive_scan_ms", "archive_verify_per_s")
NEEDS_SERVERS = True

REAL = 5_000
COPIES = 20
ROUNDS = 5
CHANCE = random.Random(7)  # noqa: S311  (the same traffic in every run; guards nothing)


def run(wanted: set[str]) -> Iterable[dict[str, Any]]:
    import django

    django.setup()
    from django.conf import settings

    with tempfile.TemporaryDirectory(prefix="fraudshield-archive-bench-") as directory:
        settings.ARCHIVE_URL = directory
        figures = [*_write(prepare()), _scan(), _verify()]
    yield from (figure for figure in figures if figure["figure"] in wanted)


def _write(key: str) -> Iterable[dict[str, Any]]:
    from learning.archive.compacting import compact
    from learning.archive.exporting import export
    from learning.archive.status import archive_status

    _decide(key)
    export()
    compact(everything=True)
    real = archive_status()
    _copy()
    rates: list[float] = []
    begun = perf_counter()
    for _ in range(COPIES // 4):
        begun = perf_counter()
        done = export(until=archive_status().through + 4 * REAL)
        rates.append(round(done.rows / (perf_counter() - begun), 1))
    begun = perf_counter()
    compact(everything=True)
    merging = perf_counter() - begun
    yield _figure("archive_rows_per_s", "1/s", rates, compact_s=round(merging, 2))
    yield {
        "figure": "archive_bytes_per_row",
        "value": round(real.size / real.rows, 1),
        "unit": "bytes",
        "rows": real.rows,
    }


def _decide(key: str) -> None:
    from django.test import Client

    client = Client(SERVER_NAME="localhost")
    for number in range(REAL):
        body = json.dumps(transaction(number, CHANCE))
        answer = client.post(CHECK, body, "application/json", headers={"X-API-Key": key})
        if answer.status_code != 200:
            sys.exit(f"The door answered {answer.status_code}: {answer.content[:300]!r}")


def _copy() -> None:
    from django.db import connection

    from scoring.models import Decision
    from transactions.models import Transaction

    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE copies AS SELECT id, gen_random_uuid() AS copy, "
            "number * interval '3 hours' AS later "
            "FROM transactions_transaction, generate_series(1, %s) AS number",
            [COPIES],
        )
        for model, key in ((Transaction, "id"), (Decision, "transaction_id")):
            columns = [field.column for field in model._meta.concrete_fields]
            changed = {key: "copy", "occurred_at": "occurred_at + later"}
            cursor.execute(
                f"INSERT INTO {model._meta.db_table} ({', '.join(columns)}) "  # noqa: S608
                f"SELECT {', '.join(changed.get(name, f'o.{name}') for name in columns)} "
                f"FROM {model._meta.db_table} o JOIN copies ON copies.id = o.{key}"
            )


def _scan() -> dict[str, Any]:
    """Counts and sums of an institution's day by status: four columns of a day among four."""
    import polars as pl

    from learning.archive import read
    from learning.models import ArchiveFile

    day = max(ArchiveFile.objects.values_list("day", "rows"), key=lambda found: found[1])[0]
    rows, rounds = 0, []
    for _ in range(ROUNDS):
        begun = perf_counter()
        found = (
            read.scan(institution="benchmark", columns=["day", "status", "amount", "fraud_score"])
            .filter(pl.col("day") == day)
            .group_by("status")
            .agg(pl.len(), pl.col("amount").sum(), pl.col("fraud_score").mean())
            .collect()
        )
        rounds.append(round((perf_counter() - begun) * 1e3, 1))
        rows = int(found["len"].sum())
    return _figure("archive_scan_ms", "ms", rounds, rows=rows)


def _verify() -> dict[str, Any]:
    from learning.archive.verifying import verify

    begun = perf_counter()
    report = verify()
    if report.problems:
        sys.exit(f"The archive differs from the database: {report.problems[:3]}")
    rate = round(report.decisions / (perf_counter() - begun), 1)
    return _figure("archive_verify_per_s", "1/s", [rate], rows=report.decisions)


def _figure(name: str, unit: str, rounds: list[float], **more: Any) -> dict[str, Any]:
    return {"figure": name, "value": median(rounds), "unit": unit, "rounds": rounds, **more}
