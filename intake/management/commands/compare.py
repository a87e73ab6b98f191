from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from clients.errors import UnknownInstitutionError
from clients.models import Institution
from clients.queries import institution_of
from foundation import audit
from foundation.errors import Problem
from intake.comparing.answers import READERS
from intake.comparing.figures import Comparison, Names, gather, make_comparison
from intake.comparing.rendering import as_html, as_json, as_text
from intake.comparing.running import compare_file, others_stored
from rules.queries import published_snapshot

MOST_SHOWN = 1_000


class Command(BaseCommand):
    help = (
        "Decide recorded requests and show where another system answered otherwise, and why; see "
        "docs/switching.md. They are stored as imported data: nothing is sent, no case is opened."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="one {request, answer, label} a line")
        parser.add_argument("--format", choices=sorted(READERS), required=True)
        parser.add_argument("--institution", required=True, metavar="SLUG")
        parser.add_argument("--show", type=int, default=20, metavar="N", help="furthest apart")
        parser.add_argument(
            "--among-others",
            action="store_true",
            help="into an institution that has transactions of its own; they get mixed up",
        )
        output = parser.add_mutually_exclusive_group()
        output.add_argument("--json", action="store_true", help="as JSON")
        output.add_argument("--html", type=Path, metavar="FILE", help="as a page, too")

    def handle(self, *args: Any, **options: Any) -> None:
        if not 0 <= options["show"] <= MOST_SHOWN:
            raise CommandError(f"--show must be from 0 to {MOST_SHOWN:,}.")
        institution = _institution(options["institution"], options["among_others"])
        comparison = _compare(options, institution)
        if not comparison.transactions:
            reason = f" Line {comparison.bad[0].line}: {comparison.bad[0].message}."
            raise CommandError(f"Nothing could be compared.{reason if comparison.bad else ''}")
        if options["html"]:
            _write(options["html"], as_html(comparison))
        self.stdout.write(as_json(comparison) if options["json"] else as_text(comparison))


def _compare(options: dict[str, Any], institution: Institution) -> Comparison:
    path: Path = options["file"]
    names = Names(published_snapshot())
    try:
        results = compare_file(path, READERS[options["format"]], institution)
        tally = gather(results, names, options["show"])
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
    except Problem as problem:
        raise CommandError(
            f"{problem.detail} What was decided is stored; the same command goes on from there."
        ) from problem
    audit.record(
        actor="compare",
        action="intake.compare",
        subject=f"clients.institution:{institution.pk}",
        after={
            "file": path.name[:200],
            "format": options["format"],
            "transactions": len(tally.old),
            "bad_lines": tally.bad_lines,
        },
        institution_id=institution.pk,
    )
    return make_comparison(tally, format_name=options["format"], institution=institution.slug)


def _institution(slug: str, among_others: bool) -> Institution:
    try:
        found = institution_of(slug)
    except UnknownInstitutionError as error:
        raise CommandError(str(error)) from None
    if not among_others and others_stored(found):
        raise CommandError(
            f"{slug} has transactions of its own, whose counters and habits would be mixed up with "
            "these. Compare in an institution made for it, or use --among-others."
        )
    return found


def _write(path: Path, page: str) -> None:
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}.") from error
