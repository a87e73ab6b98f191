"""How long a change takes to be tried on a million decisions, and how much memory.

Some thousand transactions of a synthetic world are decided as the door decides them. The archive is
made of copies of these decisions, thirty days of them, each day in an order of its own and under
other ids, so that a row compresses as real ones do. Every twentieth has a label in the database.
BACKTEST_DECISIONS makes fewer copies; each figure says how many there were.

Measured in a process of its own, whose peak memory is told, the program itself included. `cpu_s` is
the CPU time of that process, all of its threads together: what it takes where nobody else wants the
cores is about half of it on two.
"""

import contextlib
import datetime as dt
import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from io import StringIO
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any

FIGURES = ("backtest_1m_s", "backtest_ruleset_1m_s")
NEEDS_SERVERS = True

DECISIONS = 1_000_000
REAL = 20_000
DAYS = 30
LABELLED_EVERY = 20
ROUNDS = 5
FIRST = dt.date(2026, 1, 1)
CHANCE = random.Random(13)  # noqa: S311  (the same history in every run; guards nothing)


def run(wanted: set[str]) -> Iterable[dict[str, Any]]:
    import django

    django.setup()
    from django.conf import settings

    number = int(os.environ.get("BACKTEST_DECISIONS", DECISIONS))
    with tempfile.TemporaryDirectory(prefix="fraudshield-backtest-bench-") as directory:
        settings.ARCHIVE_URL = f"{directory}/real"
        frauds = _decide()
        real = _read()
        settings.ARCHIVE_URL = os.environ["ARCHIVE_URL"] = f"{directory}/archive"
        _copy(real, frauds, number)
        for figure in FIGURES:
            if figure in wanted:
                yield _apart(figure)


def _apart(figure: str) -> dict[str, Any]:
    """Measured in a new process, which finds everything through the environment."""
    done = subprocess.run(  # noqa: S603  (our own module)
        [sys.executable, "-c", f"from benchmarks import backtest; backtest.measure({figure!r})"],
        check=True,
        stdout=subprocess.PIPE,
    )
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def measure(figure: str) -> None:
    """Prints the figure's line."""
    import django

    django.setup()
    work = _rule if figure == "backtest_1m_s" else _ruleset
    wall, cpu, rows = [], [], 0
    for _ in range(ROUNDS):
        began, used = perf_counter(), process_time()
        rows, changed = work()
        wall.append(round(perf_counter() - began, 2))
        cpu.append(round(process_time() - used, 2))
    line = {
        "figure": figure,
        "value": median(wall),
        "unit": "s",
        "rounds": wall,
        "cpu_s": median(cpu),
        "peak_mb": _peak_mb(),
        "decisions": rows,
        "changed": changed,
        "load": round(os.getloadavg()[0], 1),
    }
    print(json.dumps(line))


def _peak_mb() -> int:
    """The most memory that this program ever had; `getrusage` would tell its parent's."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return round(int(line.split()[1]) / 1024)
    return 0


def _rule() -> tuple[int, int]:
    """The threshold of `high_amount` halved: an amount of money, with points that depend on it."""
    from rules.queries import published_rule
    from studio.backtest.engine import backtest_rule

    before = published_rule("high_amount")
    return _told(backtest_rule(before, _halved(before), _window()))


def _ruleset() -> tuple[int, int]:
    """All built-in rules on both sides; on one the threshold of `high_amount` is halved."""
    from rules.queries import published_rule, published_snapshot
    from studio.backtest.contract import Edit
    from studio.backtest.engine import backtest_ruleset

    before = published_snapshot()
    assert before is not None  # noqa: S101  (for the type checker)
    edit = Edit(rules=(_halved(published_rule("high_amount")),))
    return _told(backtest_ruleset(before, edit.applied_to(before), _window()))


def _told(result: Any) -> tuple[int, int]:
    changed = sum(c.decisions.n for c in result.changes if c.before != c.after)
    return result.rows, changed


def _halved(rule: Any) -> Any:
    import msgspec

    parameters = tuple(
        msgspec.structs.replace(
            one, value=msgspec.structs.replace(one.value, value=one.value.value / 2)
        )
        if one.name == "threshold"
        else one
        for one in rule.definition.parameters
    )
    changed = msgspec.structs.replace(rule.definition, parameters=parameters)
    return msgspec.structs.replace(rule, definition=changed)


def _window() -> Any:
    from studio.backtest.contract import Window

    since = dt.datetime.combine(FIRST, dt.time(), dt.UTC)
    return Window(institutions=("benchmark",), since=since, until=since + dt.timedelta(days=DAYS))


def _decide() -> list[bool]:
    """Decisions in the database; whether each, in the order of serials, is a fraud."""
    from benchmarks.http import prepare
    from clients.authentication import authenticate
    from foundation.outbox import drain_outbox
    from intake.imports.decoding import decode
    from intake.synthetic.settings import Settings
    from intake.synthetic.world import World
    from scoring.services import score_transaction

    client = authenticate(prepare())
    end = dt.datetime.combine(FIRST, dt.time(), dt.UTC).timestamp()
    frauds = []
    settings = Settings(count=REAL, fraud_rate=0.01, seed=5, end=end, days=DAYS)
    for number, row in enumerate(World(settings).rows()):
        request = decode(row.fields, {})
        score_transaction(client=client, request=request, source="import", imported=True)
        frauds.append(bool(row.labels.get("true_fraud")))
        if number % 500 == 0:
            drain_outbox()
            print(f"{number:,} of {REAL:,} decided", file=sys.stderr, flush=True)
    drain_outbox()
    return frauds


def _read() -> Any:
    import polars as pl

    from features.catalogue import CATALOGUE
    from learning.archive import read
    from learning.archive.exporting import export
    from learning.archive.schema import file_schema

    with contextlib.redirect_stdout(sys.stderr):
        export()
    rows = read.scan().select(*file_schema(CATALOGUE.version)).collect()
    return rows.sort("serial").with_columns(pl.lit(None, pl.Float64).alias("ml_score"))


def _copy(real: Any, frauds: list[bool], number: int) -> None:
    """An archive of `number` rows, and labels for some of them."""
    import polars as pl

    from features.catalogue import CATALOGUE
    from learning.archive import journal
    from learning.archive.exporting import write_parts
    from learning.archive.rows import Part
    from learning.archive.store import archive_store
    from learning.models import ArchiveFile

    ArchiveFile.objects.all().delete()
    store, made = archive_store(), 0
    for place in range(DAYS):
        day = FIRST + dt.timedelta(days=place)
        count = number * (place + 1) // DAYS - made
        chosen = [CHANCE.randrange(real.height) for _ in range(count)]
        ids = list(_ids(count))
        seconds = dt.datetime.combine(day, dt.time(), dt.UTC).timestamp()
        frame = real[chosen].with_columns(
            pl.Series("transaction_id", ids),
            pl.Series("serial", range(made + 1, made + count + 1)),
            # Most decisions have a model's opinion.
            pl.Series("ml_score", [_opinion() for _ in range(count)]),
            (pl.col("occurred_at") % 86_400 + seconds).alias("occurred_at"),
        )
        journal.replace(old=[], new=write_parts(store, [Part(day, CATALOGUE.version, frame)]))
        _label(ids, [frauds[one] for one in chosen], seconds)
        made += count
        print(f"{made:,} of {number:,} archived", file=sys.stderr, flush=True)


def _opinion() -> float | None:
    return None if CHANCE.random() < 0.1 else round(100 * CHANCE.betavariate(0.5, 4), 6)


def _ids(count: int) -> Iterator[str]:
    from foundation.ids import uuid7

    return (str(uuid7()) for _ in range(count))


def _label(ids: list[str], frauds: list[bool], seconds: float) -> None:
    """Labels of transactions that are in the archive alone."""
    from django.db import connection

    from clients.models import Institution
    from foundation.ids import uuid7

    institution = Institution.objects.get(slug="benchmark").pk
    rows = StringIO()
    for place, (pk, fraud) in enumerate(zip(ids, frauds, strict=True)):
        if fraud or place % LABELLED_EVERY == 0:
            known = dt.datetime.fromtimestamp(seconds + CHANCE.uniform(86_400, 60 * 86_400), dt.UTC)
            told = [uuid7(), pk, institution, fraud, "chargeback", "", known, known]
            rows.write("\t".join(map(str, told)) + "\n")
    rows.seek(0)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # no transactions to refer to
        cursor.copy_expert(
            "COPY transactions_label (id, transaction_id, institution_id, is_fraud, source, "
            "typology, known_at, recorded_at) FROM STDIN",
            rows,
        )
        cursor.execute("RESET session_replication_role")
