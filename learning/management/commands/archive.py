import datetime as dt
import sys
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from learning.archive.status import Status, archive_status, count_decisions
from learning.archive.store import shown_url
from learning.errors import ArchiveBusy, ArchiveMoved, StoreError, WrongRowCountError

BUSY = "Another process writes the archive at this moment; try again when it is done."
HELP = """
status    how far the archive reaches and what it holds
export    write what it lacks
compact   merge small files, also of days that still grow
verify    compare it with the database, day by day; exit code 1 when they differ
repair    verify, then write differing days again and remove files that are not the archive's
files     paths or URLs of its files, for other tools
"""


def day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text} is no day; one is 2026-11-21") from None


class Command(BaseCommand):
    help = "Decisions with their vectors in Parquet files." + HELP

    def add_arguments(self, parser: ArgumentParser) -> None:
        what = parser.add_subparsers(dest="what", required=True)
        what.add_parser("status")
        export = what.add_parser("export")
        export.add_argument(
            "--until", type=int, metavar="SERIAL", help="Stop there; status names the last one."
        )
        what.add_parser("compact")
        for name in ("verify", "repair", "files"):
            part = what.add_parser(name)
            part.add_argument("--since", type=day, metavar="DAY")
            part.add_argument("--until", type=day, metavar="DAY", help="Exclusive.")

    def handle(self, *, what: str, **options: Any) -> None:
        since, until = options.get("since"), options.get("until")
        if since and until and since >= until:
            raise CommandError(f"No day lies between {since} and {until}, which is exclusive.")
        try:
            getattr(self, what)(options)
        except (ArchiveBusy, ArchiveMoved):
            raise CommandError(BUSY) from None
        except (StoreError, WrongRowCountError) as error:
            raise CommandError(str(error)) from error

    def status(self, options: dict[str, Any]) -> None:
        status = archive_status()
        decisions = count_decisions()
        self.stdout.write(
            f"Archive         {shown_url()}\n"
            f"Database        {decisions:,} decisions, last serial {status.last_serial:,}\n"
            f"Archived        {status.rows:,} decisions, through serial {status.through:,}\n"
            f"Waiting         {decisions - status.rows:,} decisions, the oldest for "
            f"{status.waiting.lag_seconds:,.0f} s\n"
            f"Files           {status.files:,}, {_size(status)}\n"
            f"Days            {_days(status)}\n"
            f"Last export     {_last_run(status)}"
        )
        if status.open_writer_seconds is not None:
            self.stdout.write(
                f"Open            a writing transaction, for {status.open_writer_seconds:,.0f} s"
            )

    def export(self, options: dict[str, Any]) -> None:
        from learning.archive.exporting import export

        status = archive_status()
        last = min(status.last_serial, options["until"] or status.last_serial)
        with self._progress(last - status.through) as bar:
            done = export(until=options["until"], advance=bar.update)
        if not done.settled:
            raise CommandError(
                "A transaction that writes has been open for long; nothing can be exported until "
                "it ends. See pg_stat_activity."
            )
        self.stdout.write(
            f"{done.rows:,} decisions exported into {done.files:,} files; "
            f"the archive reaches through serial {done.through:,}."
        )

    def compact(self, options: dict[str, Any]) -> None:
        from learning.archive.compacting import compact

        with self._progress(archive_status().files, " files") as bar:
            done = compact(everything=True, advance=bar.update)
        self.stdout.write(f"{done.merged:,} files merged into {done.into:,}.")

    def verify(self, options: dict[str, Any]) -> None:
        report = self._verified(options)
        if report.problems:
            raise CommandError(f"{len(report.problems):,} differences.")

    def repair(self, options: dict[str, Any]) -> None:
        from learning.archive.repairing import remove_strangers, rewrite_days

        report = self._verified(options)
        rows = rewrite_days(report.days)
        remove_strangers(report.strangers)
        self.stdout.write(
            f"{len(report.days):,} days written again with {rows:,} decisions; "
            f"{len(report.strangers):,} files removed."
        )

    def files(self, options: dict[str, Any]) -> None:
        from learning.archive import read

        for address in read.files(since=options["since"], until=options["until"]):
            self.stdout.write(address)

    def _verified(self, options: dict[str, Any]) -> Any:
        from learning.archive.verifying import Period, verify

        with self._progress(archive_status().through) as bar:
            report = verify(Period(options["since"], options["until"]), bar.update)
        for problem in report.problems:
            self.stderr.write(problem)
        self.stdout.write(
            f"{report.decisions:,} decisions compared with {report.files:,} files: "
            f"{len(report.days):,} days differ."
        )
        return report

    @contextmanager
    def _progress(self, total: int, unit: str = " rows") -> Iterator[Any]:
        """A bar on a terminal, nothing elsewhere."""
        hidden = not sys.stderr.isatty()
        with tqdm(total=max(total, 0), unit=unit, file=sys.stderr, disable=hidden) as bar:
            yield bar


def _size(status: Status) -> str:
    each = status.size / status.rows if status.rows else 0
    return f"{status.size / 1e6:,.1f} MB, {each:,.0f} bytes a decision"


def _days(status: Status) -> str:
    if not status.days:
        return "none"
    return f"{status.days:,}, {status.first_day} to {status.last_day}"


def _last_run(status: Status) -> str:
    state = status.state
    if state.is_failing:
        return f"failed {state.failed_at:%Y-%m-%d %H:%M:%S} UTC: {state.error}"
    return f"{state.exported_at:%Y-%m-%d %H:%M:%S} UTC" if state.exported_at else "never"
