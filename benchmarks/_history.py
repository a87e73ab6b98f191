"""A million decisions in an archive, for figures of the studio.

Some thousand transactions of a synthetic world are decided as the door decides them. The archive is
made of copies of these decisions, thirty days of them, each day in an order of its own and under
other ids, so that a row compresses as real ones do. Every twentieth has a label in the database.
"""

import contextlib
import datetime as dt
import os
import random
import sys
from collections.abc import Iterator
from io import StringIO
from typing import Any

DECISIONS = 1_000_000
REAL = 20_000
DAYS = 30
LABELLED_EVERY = 20
FIRST = dt.date(2026, 1, 1)
TYPOLOGIES = ("account_takeover", "card_testing", "mule_account", "")
CHANCE = random.Random(13)  # noqa: S311  (the same history in every run; guards nothing)


def make(directory: str) -> None:
    """The database and the archive; `ARCHIVE_URL` names it to this process and its children.

    BACKTEST_DECISIONS makes fewer copies.
    """
    from django.conf import settings

    number = int(os.environ.get("BACKTEST_DECISIONS", DECISIONS))
    settings.ARCHIVE_URL = f"{directory}/real"
    frauds = _decide()
    real = _read()
    settings.ARCHIVE_URL = os.environ["ARCHIVE_URL"] = f"{directory}/archive"
    _copy(real, frauds, number)


def window() -> Any:
    """All of it."""
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
        _label(frame, [frauds[one] for one in chosen])
        made += count
        print(f"{made:,} of {number:,} archived", file=sys.stderr, flush=True)


def _opinion() -> float | None:
    return None if CHANCE.random() < 0.1 else round(100 * CHANCE.betavariate(0.5, 4), 6)


def _ids(count: int) -> Iterator[str]:
    from foundation.ids import uuid7

    return (str(uuid7()) for _ in range(count))


_LABELS = "id, transaction_id, institution_id, is_fraud, source, typology, known_at, recorded_at"
_TRANSACTIONS = (
    "id, institution_id, external_id, occurred_at, received_at, source, vertical, "
    "transaction_type, amount, currency, customer_id, hash_version, sealed"
)


def _label(frame: Any, frauds: list[bool]) -> None:
    """Labels of some of these decisions, and as much of their transactions as readers ask for."""
    from clients.models import Institution
    from foundation.ids import uuid7

    institution = Institution.objects.get(slug="benchmark").pk
    labels, transactions = StringIO(), StringIO()
    told = frame.select("transaction_id", "occurred_at", "vertical", "amount", "currency")
    for place, (row, fraud) in enumerate(zip(told.iter_rows(), frauds, strict=True)):
        if not fraud and place % LABELLED_EVERY:
            continue
        pk, seconds, vertical, amount, currency = row
        at = dt.datetime.fromtimestamp(seconds, dt.UTC)
        known = at + dt.timedelta(days=CHANCE.uniform(1, 60))
        typology = CHANCE.choice(TYPOLOGIES) if fraud else ""
        _line(labels, uuid7(), pk, institution, fraud, "chargeback", typology, known, known)
        _line(
            transactions, pk, institution, pk, at, at, "benchmark", vertical, "", amount or 0,
            currency, 0, 1, r"\\x",
        )  # fmt: skip
    _load("transactions_transaction", _TRANSACTIONS, transactions)
    _load("transactions_label", _LABELS, labels)


def _line(to: StringIO, *values: object) -> None:
    to.write("\t".join(map(str, values)) + "\n")


def _load(table: str, columns: str, rows: StringIO) -> None:
    from django.db import connection

    rows.seek(0)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # none has a customer's row
        cursor.copy_expert(f"COPY {table} ({columns}) FROM STDIN", rows)
        cursor.execute("RESET session_replication_role")
