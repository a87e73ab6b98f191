from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from clients.models import Institution
from foundation.errors import Conflict
from scoring.state.errors import StateUnavailableError
from scoring.state.rebuilding import rebuild_counters, waiting


class Command(BaseCommand):
    help = (
        "Count the stored transactions anew, after Redis lost its memory or an upgrade counts "
        "other things. Decisions go on meanwhile."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--institution", metavar="SLUG", help="this one only; default: all")

    def handle(self, *args: Any, **options: Any) -> None:
        for institution in _chosen(options["institution"]):
            with tqdm(total=waiting(institution), desc=institution.slug, unit="tx") as bar:
                try:
                    counted = rebuild_counters(
                        institution, by="rebuild_counters", progress=bar.update
                    )
                except Conflict as error:
                    raise CommandError(error.detail) from None
                except StateUnavailableError as error:
                    raise CommandError(
                        f"Redis does not answer ({error}); the counters are as they were."
                    ) from None
            self.stdout.write(f"{institution.slug}: {counted:,} transactions counted.")


def _chosen(slug: str | None) -> list[Institution]:
    found = Institution.objects.filter(slug=slug) if slug else Institution.objects.all()
    if slug and not found:
        raise CommandError(f"There is no institution {slug!r}.")
    return list(found.order_by("slug"))
