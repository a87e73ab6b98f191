import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from clients.errors import UnknownInstitutionError
from clients.models import Institution
from clients.queries import institution_of
from features.supplied import parse_moment
from foundation.money import is_currency
from intake.imports.errors import CannotImport
from intake.imports.formats import ImportFormat, Options
from intake.imports.importing import Order, import_file
from intake.imports.progress import Progress, progress_on
from intake.imports.reading import fingerprint
from intake.imports.registry import FORMATS
from intake.models import ImportRun

MOST_WORKERS = 32
INTERRUPTED = 130
DAY = 86_400.0


class Command(BaseCommand):
    help = (
        "Feed recorded transactions from a CSV, Parquet or JSON Lines file through the pipeline, "
        "in event-time order. Started again it goes on where it ended; a repeat changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--format", required=True, choices=sorted(FORMATS))
        parser.add_argument("--institution", required=True, metavar="SLUG")
        parser.add_argument("--epoch", metavar="ISO", help="when the file's relative time begins")
        parser.add_argument("--currency", help="of rows that name none")
        parser.add_argument("--label-delay-days", type=float, default=7.0, metavar="DAYS")
        parser.add_argument("--limit", type=int, metavar="N", help="stop after the first N rows")
        parser.add_argument("--rejects", type=Path, metavar="FILE", help="for rows not taken")
        parser.add_argument("--restart", action="store_true", help="begin with the first row again")
        parser.add_argument("--workers", type=int, default=1, metavar="N", help="processes")

    def handle(self, *args: Any, **options: Any) -> None:
        began = datetime.now(UTC)
        try:
            with _terminable():
                run = import_file(_order(options), say=self._say, watch=self._watch)
        except CannotImport as problem:
            raise CommandError(str(problem)) from None
        except KeyboardInterrupt:
            self._say("Stopped. What was done is stored; the same command goes on from there.")
            sys.exit(INTERRUPTED)
        self._summarise(run, _rejects_path(options), began)
        if run.rejected and run.rejected == run.done:
            raise CommandError("Not one row could be taken.")

    def _say(self, text: str) -> None:
        self.stderr.write(text, self.style.NOTICE)

    def _watch(self, run: ImportRun) -> Progress:
        return progress_on(sys.stderr, run.file_name, total=run.rows, done=run.done)

    def _summarise(self, run: ImportRun, rejects: Path, began: datetime) -> None:
        seconds = (datetime.now(UTC) - began).total_seconds()
        left = run.rows - run.done
        lines = [
            f"{run.file_name}: {run.done:,} of {run.rows:,} rows done"
            + (f", {left:,} left for a later start." if left else "."),
            f"  imported  {run.imported:>12,}",
            f"  repeated  {run.repeated:>12,}  (were there already, unchanged)",
            f"  rejected  {run.rejected:>12,}" + (f"  see {rejects}" if run.rejected else ""),
            f"  labels    {run.labels:>12,}",
        ]
        if began <= run.resumed_at:
            lines.append(f"This start took {seconds:,.1f} s.")
        self.stdout.write("\n".join(lines))


@contextmanager
def _terminable() -> Iterator[None]:
    """A polite SIGTERM stops the import as Ctrl-C does."""
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _interrupt(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _order(options: dict[str, Any]) -> Order:
    """Raises CannotImport for options that make no sense together."""
    layout = FORMATS[options["format"]]
    if not 1 <= options["workers"] <= MOST_WORKERS:
        raise CannotImport(f"--workers must be from 1 to {MOST_WORKERS}.")
    if options["limit"] is not None and options["limit"] < 1:
        raise CannotImport("--limit must be at least 1.")
    if not 0 <= options["label_delay_days"] <= 3_650:
        raise CannotImport("--label-delay-days must be from 0 to 3,650.")
    return Order(
        path=options["file"],
        format_name=layout.name,
        institution=_institution(options["institution"]),
        options=Options(
            currency=_currency(options["currency"], layout),
            epoch=_epoch(options["epoch"], layout),
            label_delay=options["label_delay_days"] * DAY,
            id_prefix=_id_prefix(options["file"], layout),
        ),
        rejects=_rejects_path(options),
        workers=options["workers"],
        limit=options["limit"],
        restart=options["restart"],
    )


def _institution(slug: str) -> Institution:
    try:
        found = institution_of(slug)
    except UnknownInstitutionError as error:
        raise CannotImport(str(error)) from None
    if not found.is_active:
        raise CannotImport(f"The institution {slug} is not active.")
    return found


def _currency(given: str | None, layout: ImportFormat) -> str | None:
    if given is None:
        return layout.default_currency
    if not is_currency(given.upper()):
        raise CannotImport("--currency must be a three-letter code of ISO 4217, such as EUR.")
    return given.upper()


def _epoch(given: str | None, layout: ImportFormat) -> float | None:
    if given is None:
        return layout.default_epoch
    if layout.default_epoch is None:
        raise CannotImport(f"--epoch means nothing for {layout.name}: its rows have whole times.")
    try:
        return parse_moment(given).epoch
    except ValueError:
        raise CannotImport(
            "--epoch must be a day or a time in ISO 8601, such as 2018-04-01."
        ) from None


def _id_prefix(path: Path, layout: ImportFormat) -> str:
    """Of the ids that rows get. Native rows come from many files, so theirs name the content."""
    if layout.default_epoch is not None:
        return f"{layout.name}-"
    return f"import-{fingerprint(path)[:12]}-" if path.is_file() else ""


def _rejects_path(options: dict[str, Any]) -> Path:
    return options["rejects"] or Path(f"{options['file'].name}.rejects.csv")
