from functools import partial
from time import sleep
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from clients.errors import UnknownInstitutionError
from clients.models import Institution
from clients.queries import institution_of
from foundation.errors import Conflict
from foundation.redis_scripts import RedisUnavailableError
from scoring.state.rebuilding import beyond, is_complete, rebuild_counters, waiting


class Command(BaseCommand):
    help = (
        "Count the stored transactions anew, after Redis lost its memory or an upgrade counts "
        "other things. Decisions go on meanwhile."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--institution", metavar="SLUG", help="this one only; default: all")
        parser.add_argument(
            "--if-incomplete", action="store_true", help="only where a window cannot be told"
        )
        parser.add_argument(
            "--at-most",
            type=int,
            metavar="N",
            help="leave alone who has more transactions to count",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            for institution in _chosen(options["institution"]):
                if not options["if_incomplete"] or not is_complete(institution):
                    self._rebuild(institution, options["at_most"])
        except Conflict as error:
            raise CommandError(error.detail) from None
        except RedisUnavailableError as error:
            raise CommandError(
                f"Redis does not answer ({error}); run it again when it does."
            ) from None

    def _rebuild(self, institution: Institution, at_most: int | None) -> None:
        number = waiting(institution)
        if at_most is not None and number > at_most:
            self.stdout.write(
                f"{institution.slug}: {number:,} transactions to count; run rebuild_counters."
            )
            return
        with tqdm(total=number, desc=institution.slug, unit="tx", disable=None) as bar:
            counted = rebuild_counters(
                institution,
                by="rebuild_counters",
                progress=bar.update,
                settle=partial(self._settle, institution.slug),
            )
        older = beyond(institution)
        self.stdout.write(
            f"{institution.slug}: {counted:,} transactions counted."
            + (f" {older:,} are older than the longest window reaches." if older else "")
        )

    def _settle(self, slug: str, seconds: float) -> None:
        self.stderr.write(
            f"{slug}: the new counters are in use. Waiting {seconds:.0f} s for decisions that were "
            "under way and counted with the old ones, to count them here too."
        )
        sleep(seconds)


def _chosen(slug: str | None) -> list[Institution]:
    if slug is None:
        return list(Institution.objects.order_by("slug"))
    try:
        return [institution_of(slug)]
    except UnknownInstitutionError as error:
        raise CommandError(str(error)) from None
