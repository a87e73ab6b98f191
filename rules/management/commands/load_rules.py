"""Loads the built-in rules; see rules/sync.py for what it touches and what it leaves alone."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from rules.catalogue import CatalogueError
from rules.errors import Invalid
from rules.sync import CHANGES, Outcome, Report, check_catalogue, plan_sync, sync_catalogue


class Command(BaseCommand):
    help = "Load the built-in rules and verticals; locally edited rules are left alone."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--check",
            action="store_true",
            help="change nothing: check the files and say what a load would do",
        )

    def handle(self, *_: Any, **options: Any) -> None:
        try:
            if options["check"]:
                check_catalogue()
                report = plan_sync()
            else:
                report = sync_catalogue()
        except (CatalogueError, Invalid) as error:
            raise CommandError(f"The catalogue has a fault: {error}") from error
        self._tell(report)

    def _tell(self, report: Report) -> None:
        for outcome in Outcome:
            codes = report.codes(outcome)
            if codes and outcome is Outcome.UNCHANGED:
                self.stdout.write(f"{len(codes)} rules unchanged")
            elif codes:
                self.stdout.write(f"{len(codes)} {outcome}: {', '.join(codes)}")
        if report.verticals:
            self.stdout.write(f"verticals created: {', '.join(report.verticals)}")
        if report.published:
            self.stdout.write(f"ruleset {report.published} published and in force")
        elif any(report.codes(outcome) for outcome in CHANGES):
            self.stdout.write("Not in force yet: propose a publication to publish the changes.")
