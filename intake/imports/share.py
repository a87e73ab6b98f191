"""A worker's share of the file: a few hundred rows that are stored in one database transaction.

Decisions, labels, rejected rows and the run's progress past them are committed together. So a kill
at any moment leaves either all of a share or nothing, and the counts are exact.
"""

import time
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Final, NamedTuple

from django.db import (
    DatabaseError,
    DataError,
    Error,
    OperationalError,
    connection,
    transaction,
)
from psycopg2.errors import DeadlockDetected

from clients.authentication import Client
from foundation.errors import BadRequest, Conflict, Problem, Unavailable
from foundation.outbox import drain_outbox
from intake.imports import rejects
from intake.imports.decoding import decode
from intake.imports.errors import BadRow, Overtaken
from intake.imports.formats import ImportFormat, Options
from intake.imports.labels import Pending, check_truth, store_labels
from intake.imports.registry import FORMATS
from intake.imports.rejects import Reject
from intake.imports.rows import Row
from scoring.services import score_transaction

PATIENCE: Final = 5  # times that a share is tried again when Redis does not answer
PAUSE_SECONDS: Final = 2.0
TRIES: Final = 4  # of a share that PostgreSQL chose as the victim of a deadlock

# Only where nobody else has moved this worker's mark: a process that outlived its parent must not
# count a share that a later start has done as well.
_ADVANCE = """
UPDATE intake_importrun SET progress[%(place)s] = %(until)s, imported = imported + %(imported)s,
  repeated = repeated + %(repeated)s, rejected = rejected + %(rejected)s,
  labels = labels + %(labels)s
WHERE id = %(run)s AND progress[%(place)s] = %(start)s AND state = 'running'
"""


class Job(NamedTuple):
    """What all shares of a run have in common."""

    run_id: int
    client: Client
    format_name: str
    options: Options


class Share(NamedTuple):
    """Rows of one worker between two positions in event-time order (start included)."""

    job: Job
    worker: int
    start: int
    until: int
    rows: Sequence[Row]


class Tally(NamedTuple):
    imported: int = 0
    repeated: int = 0
    rejected: int = 0
    labels: int = 0

    @property
    def rows(self) -> int:
        return self.imported + self.repeated + self.rejected


def worker_of(customer: str, workers: int) -> int:
    """Always the same worker for a customer, in every process and on every day."""
    return zlib.crc32(customer.encode("utf-8", "surrogatepass")) % workers


def score_share(share: Share) -> Tally:
    """Raises Unavailable when the database is, and Overtaken when the run is no longer ours.

    First without savepoints, whose two round trips for each row would cost a sixth of the time.
    When a row fails in the database itself, nothing of the share is stored; it is done again with
    a savepoint for each row, which then tells the bad one from the rest.
    """
    pending, refused = _decoded(share)
    tally = _store_patiently(share, pending, refused)
    # History passes faster here than workers would follow: habits and outcomes would be days
    # behind the next rows.
    drain_outbox()
    return tally


def _store_patiently(share: Share, pending: Sequence[Pending], refused: Sequence[Reject]) -> Tally:
    """A decision goes on when Redis hesitates; an import has the time to ask again."""
    for _ in range(PATIENCE):
        try:
            return _store_share(share, pending, refused)
        except WithoutRedis:
            time.sleep(PAUSE_SECONDS)
    return _store_share(share, pending, refused)


def _store_share(share: Share, pending: Sequence[Pending], refused: Sequence[Reject]) -> Tally:
    if not connection.in_atomic_block:
        try:
            with _plain_transaction():
                return _store(share, pending, refused)
        except (Unavailable, DatabaseError) as error:
            if isinstance(error, Unavailable) and not _deadlocked(error):
                raise
    for tries_left in reversed(range(TRIES)):
        try:
            with transaction.atomic():
                return _store(share, pending, refused)
        except (Unavailable, OperationalError) as error:
            if not tries_left or not _deadlocked(error):
                raise
    raise AssertionError("unreachable")


class WithoutRedis(Unavailable):
    """The counters did not answer; nothing of the share was stored."""


@contextmanager
def _plain_transaction() -> Iterator[None]:
    """One database transaction without `atomic`, in which Django would set savepoints."""
    transaction.set_autocommit(False)
    try:
        yield
        transaction.commit()
    except BaseException:
        with suppress(Error):  # a lost connection has rolled back already
            transaction.rollback()
        raise
    finally:
        with suppress(Error):
            transaction.set_autocommit(True)


def _deadlocked(error: BaseException | None) -> bool:
    while error is not None and not isinstance(error, DeadlockDetected):
        error = error.__cause__
    return error is not None


def _decoded(share: Share) -> tuple[list[Pending], list[Reject]]:
    layout = FORMATS[share.job.format_name]
    pending: list[Pending] = []
    refused: list[Reject] = []
    for row in share.rows:
        try:
            pending.append(_pending(row, layout, share.job.options))
        except BadRow as problem:
            refused.append(Reject(row.number, str(problem), row.as_given()))
    return pending, refused


def _pending(row: Row, layout: ImportFormat, options: Options) -> Pending:
    if row.fault:
        raise BadRow("", row.fault)
    body, truth = layout.translate(row.number, row.fields, options)
    request = decode(body, layout.names)
    check_truth(truth, request)
    return Pending(row, request, truth)


def _store(share: Share, pending: Sequence[Pending], refused: Sequence[Reject]) -> Tally:
    job, repeated, refused = share.job, 0, list(refused)
    stored: list[Pending] = []
    for entry in pending:
        try:
            answer = score_transaction(
                client=job.client,
                request=entry.request,
                source=f"import:{job.format_name}",
                imported=True,
            )
        except (BadRequest, Conflict, DataError) as problem:
            refused.append(Reject(entry.row.number, _reason(problem), entry.row.as_given()))
            continue
        if answer.degraded and not answer.replayed:
            raise WithoutRedis(
                "Redis does not answer, so the rows would be stored without their counts."
            )
        stored.append(entry)
        repeated += answer.replayed
    tally = Tally(
        imported=len(stored) - repeated,
        repeated=repeated,
        rejected=len(refused),
        labels=store_labels(job.client.institution_id, stored, job.options.label_delay),
    )
    rejects.keep(job.run_id, refused)
    _advance(share, tally)
    return tally


def _reason(problem: Exception) -> str:
    if isinstance(problem, Conflict):
        return "its transaction_id is there already, with other fields"
    if isinstance(problem, Problem):
        return problem.detail.rstrip(".")
    return "holds a value that the database cannot store"


def _advance(share: Share, tally: Tally) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            _ADVANCE,
            {
                "place": share.worker + 1,  # PostgreSQL counts from one
                "start": share.start,
                "until": share.until,
                "run": share.job.run_id,
                **tally._asdict(),
            },
        )
        if cursor.rowcount != 1:
            raise Overtaken(
                "Another process has gone on with this import; this one stored nothing more."
            )
