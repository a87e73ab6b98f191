"""manage.py watch_drift: whether the traffic still is what the champion was trained on."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from learning.errors import NoBaseline


class Command(BaseCommand):
    help = "Compare the traffic of the last days with what the champion was trained on."

    def handle(self, *args: Any, **options: Any) -> None:
        from learning.drift.watching import watch_drift

        try:
            report = watch_drift(by="manage.py watch_drift")
        except NoBaseline as error:
            raise CommandError(error.detail) from error
        if report is None:
            raise CommandError("No model is in force, so there is nothing to compare with.")
        self.stdout.write(f"{report.get_verdict_display()}: {report.said}")
        for one in report.features.order_by("-psi")[:10]:
            self.stdout.write(f"{one.psi:8.3f}  {one.feature}")
