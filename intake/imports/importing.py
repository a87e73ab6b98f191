"""Import a file: survey it, put its rows in event-time order, and hand them out window by window.

1. The file's columns are checked and its content is fingerprinted; a lock keeps others off it.
2. A new run surveys the file (rows, order); a known one goes on after its last committed share.
3. A window of rows is shared out by customer. Each worker stores its share, with the progress past
   it, in one database transaction.
4. At the end, however it comes about, the rejects are written to their file.
"""

import os
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from django.db import InterfaceError, OperationalError, connection

from clients.authentication import Client, ClientTier
from clients.models import Institution
from foundation.errors import Unavailable
from intake.imports import runs
from intake.imports.errors import CannotImport, Overtaken
from intake.imports.formats import ImportFormat, Options
from intake.imports.labels import LabelTeller
from intake.imports.ordering import sorted_rows, survey
from intake.imports.progress import Progress
from intake.imports.reading import Source, open_source
from intake.imports.registry import FORMATS
from intake.imports.rejects import check_target, write_rejects
from intake.imports.rows import Row
from intake.imports.share import Job, Share, worker_of
from intake.imports.team import Alone, Team, Workers
from intake.models import ImportRun

SHARE: Final = 250
"""Rows of one worker in one database transaction: half a second's work, which is what a kill costs
and what another request for a customer who is new in it waits for at most."""

SPAN_SECONDS: Final = 6 * 3_600
"""Of the events' time in one window: workers drift by two windows, a share may be done again, and
what comes a day behind the newest event is not counted."""


@dataclass(frozen=True, slots=True)
class Order:
    """What the command was asked to do."""

    path: Path
    format_name: str
    institution: Institution
    options: Options
    rejects: Path
    workers: int = 1
    limit: int | None = None
    restart: bool = False


Say = Callable[[str], None]
Watch = Callable[[ImportRun], Progress]


def import_file(order: Order, *, say: Say, watch: Watch) -> ImportRun:
    """The run as it stands when this start is over. `say` gets notices, `watch` makes the bar.

    Raises CannotImport with what is wrong and what helps. KeyboardInterrupt passes, with the run
    paused and nothing lost.
    """
    layout = FORMATS[order.format_name]
    source = open_source(order.path)
    _check_columns(order.path, source, layout, say)
    check_target(order.rejects)
    facts = runs.facts_of(order.path)
    with runs.only_one(order.institution, facts):
        run = runs.begin(
            institution=order.institution,
            file=facts,
            format_name=order.format_name,
            options=order.options,
            workers=order.workers,
            restart=order.restart,
            survey=lambda: survey(source.rows(only=layout.time_columns), layout.event_time),
        )
        _tell(run, order, say)
        if run.state != ImportRun.State.FINISHED:
            _carry_out(run, order, source, watch)
    return run


def _check_columns(path: Path, source: Source, layout: ImportFormat, say: Say) -> None:
    if source.columns is None:
        return
    missing = layout.missing(source.columns)
    if missing:
        raise CannotImport(
            f"{path.name} lacks columns of the format {layout.name}: {', '.join(missing)}. "
            f"It has: {', '.join(source.columns[:20])}."
        )
    if ignored := layout.ignored(source.columns):
        say(f"Columns that are not used: {', '.join(ignored)}.")


def _tell(run: ImportRun, order: Order, say: Say) -> None:
    if run.state == ImportRun.State.FINISHED:
        day = f"{run.finished_at:%Y-%m-%d}"
        say(f"{run.file_name} was imported on {day}; use --restart to go through it again.")
        return
    if run.done:
        say(f"Going on after {run.done:,} of {run.rows:,} rows.")
        if len(run.progress) != order.workers:
            say(f"With {len(run.progress)} workers, as it was begun: their marks differ.")
    elif runs.earlier_contents(run):
        say(f"Another content came under the name {run.file_name} before; this is a new import.")
    if not run.in_order:
        say("The file is not in event-time order; its rows are sorted first.")


def _carry_out(run: ImportRun, order: Order, source: Source, watch: Watch) -> None:
    before = order.path.stat()
    progress = watch(run)
    try:
        _feed(run, order, source, progress)
        _check_unchanged(order.path, before)
    except Overtaken:
        raise
    except (Unavailable, OperationalError, InterfaceError) as error:
        reason = getattr(error, "detail", "") or "The database does not answer."
        raise CannotImport(
            f"{reason} Whole shares of rows are stored; the same command goes on after them."
        ) from error
    except Exception:
        if connection.is_usable():
            _leave(run, order)
        raise
    except BaseException:  # an interrupt
        if _reconnected():
            _leave(run, order)
        raise
    finally:
        progress.close()
    run.refresh_from_db()
    write_rejects(run, order.rejects)
    if min(run.progress) >= run.rows:
        runs.finish(run)
    else:
        runs.pause(run)


def _leave(run: ImportRun, order: Order) -> None:
    """Ended early: show what was rejected so far."""
    run.refresh_from_db()
    write_rejects(run, order.rejects)
    runs.pause(run)


def _reconnected() -> bool:
    """An interrupt may come between any two lines, those of a transaction's end too; a new
    connection knows nothing of it. False without a database."""
    connection.close()
    try:
        connection.connect()
    except OperationalError:
        return False
    return True


def _check_unchanged(path: Path, before: os.stat_result) -> None:
    after = path.stat()
    if (after.st_size, after.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
        raise CannotImport(
            f"{path.name} was changed while it was read. Check what was imported, "
            "and use --restart to go through it as it is now."
        )


def _feed(run: ImportRun, order: Order, source: Source, progress: Progress) -> None:
    end = run.rows if order.limit is None else min(order.limit, run.rows)
    marks = list(run.progress)
    job = _job(run, order)
    layout = FORMATS[order.format_name]
    teller = LabelTeller(order.institution.pk, layout)
    position = min(marks)
    with (
        closing(_rows_from(run, order, source, position)) as rows,
        _team(len(marks)) as team,
    ):
        windows = _windows(rows, SHARE * len(marks), layout)
        while position < end:
            window = next(windows, [])[: end - position]
            if not window:
                raise CannotImport(f"{order.path.name} has fewer rows than a moment ago.")
            for tally in team.take(_shares(job, window, position, marks)):
                progress.advance(tally.rows)
            teller.passed(window)
            position += len(window)
            marks = [max(mark, position) for mark in marks]
        for tally in team.rest():
            progress.advance(tally.rows)
    if position >= run.rows:
        teller.rest()


def _windows(rows: Iterable[Row], most: int, layout: ImportFormat) -> Iterator[list[Row]]:
    """Rows in portions of so many at most, none of which spans more than `SPAN_SECONDS`."""
    window: list[Row] = []
    first: float | None = None
    for row in rows:
        at = layout.event_time(row.fields)
        apart = first is not None and at is not None and at - first > SPAN_SECONDS
        if window and (len(window) == most or apart):
            yield window
            window, first = [], None
        window.append(row)
        first = at if first is None else first
    if window:
        yield window


def _job(run: ImportRun, order: Order) -> Job:
    institution = order.institution
    client = Client(
        institution_id=institution.pk,
        institution_slug=institution.slug,
        base_currency=institution.base_currency,
        key_id=0,
        scopes=frozenset({"score"}),
        tier=ClientTier("import", 0),
        throttled_as="",
    )
    return Job(run.pk, client, order.format_name, Options(**run.options))


def _rows_from(run: ImportRun, order: Order, source: Source, skip: int) -> Generator[Row]:
    if run.in_order:
        return source.rows(skip)
    return sorted_rows(source.rows(), FORMATS[order.format_name].event_time, skip)


def _team(workers: int) -> Team:
    return Alone() if workers == 1 else Workers(workers, connection.settings_dict["NAME"])


def _shares(job: Job, window: Sequence[Row], position: int, marks: Sequence[int]) -> list[Share]:
    """The window's rows by worker. A worker whose mark lies further on has done its part of them
    before the last interruption."""
    layout, until = FORMATS[job.format_name], position + len(window)
    parts: list[list[Row]] = [[] for _ in marks]
    for place, row in enumerate(window, start=position):
        worker = worker_of(layout.customer(row.fields), len(marks))
        if place >= marks[worker]:
            parts[worker].append(row)
    return [
        Share(job, worker, mark, until, part)
        for worker, (mark, part) in enumerate(zip(marks, parts, strict=True))
        if mark < until
    ]
