from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from clients.errors import UnknownInstitutionError
from clients.queries import institution_of
from transactions.labels.files import SOURCES, LabelFileError, Tally, import_labels


class Command(BaseCommand):
    help = (
        "Record what transactions turned out to be, from a CSV file of chargebacks or labels; see "
        "docs/feedback.md. Bad lines are told, the others recorded; a repeat changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--institution", required=True, metavar="SLUG")
        parser.add_argument(
            "--source",
            choices=[source.value for source in SOURCES],
            default="chargeback",
            help="of lines that name none",
        )
        parser.add_argument("--dry-run", action="store_true", help="tell, and record nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            institution = institution_of(options["institution"])
        except UnknownInstitutionError as error:
            raise CommandError(str(error)) from None
        path: Path = options["file"]
        try:
            with path.open(newline="", encoding="utf-8") as file:
                tally = import_labels(
                    institution=institution,
                    file=file,
                    name=path.name,
                    by="import_labels",
                    source=options["source"],
                    dry_run=options["dry_run"],
                )
        except (OSError, LabelFileError) as error:
            raise CommandError(f"Nothing was recorded of {path.name}: {error}.") from error
        self._summarise(tally, dry_run=options["dry_run"])

    def _summarise(self, tally: Tally, *, dry_run: bool) -> None:
        counts = tally.counts
        for line, message in tally.bad:
            self.stderr.write(f"  line {line}: {message}")
        if counts["bad"] > len(tally.bad):
            self.stderr.write(f"  and {counts['bad'] - len(tally.bad):,} more")
        self.stdout.write(
            f"{tally.lines:,} lines: {counts['recorded']:,} labels recorded, "
            f"{counts['unchanged']:,} there already, {counts['passed_over']:,} passed over (not "
            f"about fraud), {counts['bad']:,} bad."
        )
        if dry_run:
            self.stdout.write("A dry run: nothing was stored.")
        elif counts["bad"] == tally.lines > 0:
            raise CommandError("Not one line could be taken.")
