import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from features.supplied import parse_moment
from intake.synthetic.output import WRITERS, write
from intake.synthetic.sending import CannotSend, Sender, Summary
from intake.synthetic.settings import HOUR, Settings
from intake.synthetic.world import Row, World

LARGEST: Final = 5_000_000
FASTEST: Final = 5_000.0
USUAL_RATE: Final = 50.0
LEAD: Final = 300.0  # seconds by which the door lets an event be ahead of its clock


class Command(BaseCommand):
    help = (
        "Make up the transactions of customers with habits and fraudsters with plans, and write "
        "them to a file (JSON Lines, CSV or Parquet) or send them to a server."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--count", type=int, required=True, metavar="N", help="transactions")
        parser.add_argument(
            "--fraud-rate", type=float, default=0.01, metavar="SHARE", help="0 to 0.5; 0.01"
        )
        parser.add_argument("--seed", type=int, default=7, help="the same seed, the same world; 7")
        parser.add_argument(
            "--end", metavar="ISO", help="when the world ends; otherwise at this hour's beginning"
        )
        parser.add_argument("--days", type=int, default=90, help="how long it lasts; 90")
        target = parser.add_mutually_exclusive_group(required=True)
        target.add_argument("--out", type=Path, metavar="FILE", help=".jsonl, .csv or .parquet")
        target.add_argument("--send", metavar="URL", help="such as http://127.0.0.1:8000")
        parser.add_argument("--key", help="API key, with --send")
        parser.add_argument("--rate", type=float, metavar="TPS", help="transactions/s, with --send")

    def handle(self, *args: Any, **options: Any) -> None:
        settings = _settings(options)
        sender = _target(options, settings)
        end = datetime.fromtimestamp(settings.end, UTC)
        self.stderr.write(
            f"{settings.count:,} transactions of {settings.days} days up to "
            f"{end:%Y-%m-%d %H:%M} UTC, {settings.fraud_count:,} of them fraud, "
            f"seed {settings.seed}."
        )
        tally = Tally()
        try:
            with tqdm(total=settings.count, unit="tx", desc="planning", file=sys.stderr) as bar:
                rows = tally.over(_begun(World(settings).rows(), bar))
                if sender:
                    self._send(rows, sender, bar.update)
                else:
                    self._write(rows, options["out"], bar.update)
        except KeyboardInterrupt:
            raise CommandError("Stopped; no file is left behind.", returncode=130) from None
        self.stdout.write(tally.text())

    def _write(self, rows: Iterable[Row], path: Path, update: Callable[[int], Any]) -> None:
        try:
            write(_counted(rows, update), path)
        except OSError as error:
            raise CommandError(_unwritable(path, error)) from error
        self.stdout.write(f"{path} is written. To import it:")
        self.stdout.write(
            f"  python manage.py import_transactions {path} --format native --institution SLUG"
        )

    def _send(self, rows: Iterable[Row], sender: Sender, update: Callable[[int], Any]) -> None:
        self.stdout.write(
            "A server that has seen newer transactions stores rows more than 24 hours older and "
            "counts them nowhere: send the past to an institution of its own."
        )
        try:
            summary = sender.send(rows, update)
        except CannotSend as problem:
            raise CommandError(str(problem)) from problem
        self.stdout.write(_summary_text(summary))
        if not summary.answers[200]:
            raise CommandError("Not one transaction was decided.")


class Tally:
    """Counts rows as they go by."""

    def __init__(self) -> None:
        self.rows = self.frauds = self.reported = 0

    def over(self, rows: Iterable[Row]) -> Iterator[Row]:
        for row in rows:
            self.rows += 1
            self.frauds += row.labels["true_fraud"]
            self.reported += row.labels.get("is_fraud", False)
            yield row

    def text(self) -> str:
        return (
            f"{self.rows:,} transactions, {self.frauds:,} of them fraud; "
            f"{self.reported:,} of these are reported by the end."
        )


def _begun(rows: Iterable[Row], bar: Any) -> Iterator[Row]:
    """The rows; the bar says so when the first one is there, for planning takes a while."""
    for number, row in enumerate(rows):
        if number == 0:
            bar.set_description("writing down")
        yield row


def _counted(rows: Iterable[Row], update: Callable[[int], Any]) -> Iterator[Row]:
    """The rows, with the bar moved every hundred of them."""
    number = 0
    for number, row in enumerate(rows, start=1):
        yield row
        if number % 100 == 0:
            update(100)
    update(number % 100)


def _settings(options: dict[str, Any]) -> Settings:
    count, rate, days = options["count"], options["fraud_rate"], options["days"]
    if not 1 <= count <= LARGEST:
        raise CommandError(f"--count must be from 1 to {LARGEST:,}.")
    if not 0 <= rate <= 0.5:
        raise CommandError(
            "--fraud-rate is a share from 0 to 0.5, such as 0.01 for one in a hundred."
        )
    if not 7 <= days <= 366:
        raise CommandError("--days must be from 7 to 366.")
    return Settings(count, rate, options["seed"], _end(options["end"]), days)


def _end(given: str | None) -> float:
    if given is None:
        return datetime.now(UTC).timestamp() // HOUR * HOUR
    try:
        return parse_moment(given).epoch
    except ValueError:
        raise CommandError(
            "--end must be a day or a time in ISO 8601, such as 2026-01-31."
        ) from None


def _target(options: dict[str, Any], settings: Settings) -> Sender | None:
    """Who sends the rows; None where they go to a file. Making them up takes long, so all that can
    be wrong with either is asked first.
    """
    key, rate = options["key"], options["rate"]
    if options["send"] is None:
        _check_file(options["out"])
        if key is not None or rate is not None:
            raise CommandError("--key and --rate go with --send.")
        return None
    if not key:
        raise CommandError("--send needs --key, an API key with the scope score.")
    if rate is not None and not 0 < rate <= FASTEST:
        raise CommandError(f"--rate is in transactions a second, up to {FASTEST:,.0f}.")
    if settings.end > datetime.now(UTC).timestamp() + LEAD:
        raise CommandError("--end lies in the future; a server refuses what has not happened yet.")
    try:
        sender = Sender(options["send"], key, rate or USUAL_RATE)
        sender.check()
    except CannotSend as problem:
        raise CommandError(str(problem)) from problem
    return sender


def _check_file(path: Path) -> None:
    if path.suffix.lower() not in WRITERS:
        raise CommandError(f"--out must end in one of {', '.join(WRITERS)}; {path.name} does not.")
    try:
        there = path.absolute().parent.is_dir() and not path.is_dir()
    except OSError as error:
        raise CommandError(_unwritable(path, error)) from error
    if not there:
        raise CommandError(f"There is no directory {path.parent} to write {path.name} to.")


def _unwritable(path: Path, error: OSError) -> str:
    return f"{path} cannot be written: {error.strerror or error}."


def _summary_text(summary: Summary) -> str:
    answers = ", ".join(f"{status}: {n:,}" for status, n in sorted(summary.answers.items()))
    decisions = ", ".join(f"{n:,} {status}" for status, n in sorted(summary.decisions.items()))
    lines = [f"Answers by status: {answers or 'none'}.", f"Decisions: {decisions or 'none'}."]
    if summary.retries:
        lines.append(f"Sent again after 429 or 503: {summary.retries:,} times.")
    if summary.refusal:
        lines.append(f"The first that was not decided: {summary.refusal}")
    return "\n".join(lines)
