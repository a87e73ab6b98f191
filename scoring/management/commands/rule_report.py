"""What each rule and all together are worth on stored decisions; see docs/rules.md."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from clients.errors import UnknownInstitutionError
from clients.models import Institution
from clients.queries import institution_of
from features.supplied import parse_moment
from foundation.files import whole_file
from rules.catalogue import CatalogueError
from rules.definition import VERTICALS
from rules.engine import CompiledBook
from scoring.reports.counting import count_cases
from scoring.reports.figures import SORTS, Report, arrange, make_report
from scoring.reports.judging import Judge, NoRulesetError, candidate_book, published_book
from scoring.reports.reading import Selection, read_cases
from scoring.reports.rendering import put_between_markers, render
from scoring.reports.truth import Verdict, read_truth


class Command(BaseCommand):
    help = (
        "Run the ruleset in force, or the catalogue's files, over an institution's stored vectors, "
        "and tell hit rate, precision and recall of each rule and of all together."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--institution", required=True, metavar="SLUG")
        parser.add_argument("--since", metavar="ISO", help="transactions from this moment on (UTC)")
        parser.add_argument("--until", metavar="ISO", help="transactions before this moment (UTC)")
        parser.add_argument("--vertical", choices=sorted(VERTICALS))
        parser.add_argument("--state", choices=["live", "canary", "shadow"], help="rules shown")
        parser.add_argument("--known-by", metavar="ISO", help="only labels known by then")
        parser.add_argument(
            "--labelled-only",
            action="store_true",
            help="leave out what has no label instead of counting it as genuine",
        )
        parser.add_argument(
            "--truth",
            type=Path,
            metavar="FILE",
            help="a synthetic world's file: its own truth instead of the labels",
        )
        parser.add_argument(
            "--candidate",
            action="store_true",
            help="the catalogue as its files stand, instead of the ruleset in force",
        )
        parser.add_argument("--sort", choices=list(SORTS), default="code")
        parser.add_argument("--format", choices=["text", "markdown", "json"], default="text")
        parser.add_argument(
            "--into", type=Path, metavar="FILE", help="put it between the markers of this page"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            book = candidate_book() if options["candidate"] else published_book()
        except (NoRulesetError, CatalogueError) as error:
            raise CommandError(str(error)) from error
        page = _page(options["into"])
        report = self._report(book, options)
        report = arrange(report, sort=options["sort"], state=options["state"])
        text = render(report, options["format"])
        if page is not None:
            _write(options["into"], put_between_markers(page, text))
        else:
            self.stdout.write(text)

    def _report(self, book: CompiledBook, options: dict[str, Any]) -> Report:
        selection = _selection(options)
        judge = Judge(book)
        labelled_only = options["labelled_only"]
        counts = count_cases(
            read_cases(selection, judge.currencies), judge, labelled_only=labelled_only
        )
        if counts.read and counts.unlabelled == counts.read and selection.truth is not None:
            raise CommandError(
                f"--truth {options['truth']}: names none of the {counts.read:,} transactions in "
                "the selection; it is the file of another world."
            )
        if not counts.together.cases:
            raise CommandError("No decision of this institution is in the selection.")
        return make_report(
            counts,
            book.snapshot,
            selection,
            ruleset=f"Ruleset {book.number}" if book.number else "The catalogue's files",
            labelled_only=labelled_only,
        )


def _selection(options: dict[str, Any]) -> Selection:
    return Selection(
        institution=_institution(options["institution"]),
        since=_moment(options, "since"),
        until=_moment(options, "until"),
        vertical=options["vertical"],
        known_by=_moment(options, "known_by"),
        truth=_truth(options["truth"]),
    )


def _institution(slug: str) -> Institution:
    try:
        return institution_of(slug)
    except UnknownInstitutionError as error:
        raise CommandError(str(error)) from None


def _truth(path: Path | None) -> Mapping[str, Verdict] | None:
    try:
        return None if path is None else read_truth(path)
    except (OSError, ValueError) as error:
        raise CommandError(f"--truth {path}: {error}") from error


def _moment(options: dict[str, Any], name: str) -> datetime | None:
    text = options[name]
    if text is None:
        return None
    try:
        return datetime.fromtimestamp(parse_moment(text).epoch, UTC)
    except ValueError as error:
        raise CommandError(f"--{name.replace('_', '-')} {error}") from error


def _page(path: Path | None) -> str | None:
    """The page to write into, looked at before the work is done."""
    if path is None:
        return None
    try:
        page = path.read_text(encoding="utf-8")
        put_between_markers(page, "")
    except (OSError, ValueError) as error:
        raise CommandError(f"{path}: {error}") from error
    return page


def _write(path: Path, page: str) -> None:
    try:
        with whole_file(path, mode=path.stat().st_mode & 0o777) as file:
            file.write(page.encode())
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror or error}.") from error
