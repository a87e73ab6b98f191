from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from cases.links.rebuilding import customers_to_do, rebuild_links
from clients.errors import UnknownInstitutionError
from clients.queries import institution_of

ACTOR = "command:rebuild_links"


class Command(BaseCommand):
    help = "Make anew who used which device, card, address or payee, while decisions go on."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--institution", metavar="SLUG", help="default: all of them")
        parser.add_argument(
            "--after", type=int, default=0, metavar="ID", help="go on after this customer"
        )

    def handle(self, *, institution: str | None, after: int, **options: Any) -> None:
        try:
            scope = None if institution is None else institution_of(institution).pk
        except UnknownInstitutionError as error:
            raise CommandError(str(error)) from None
        done = links = 0
        with tqdm(total=customers_to_do(scope, after), desc="customers", unit="") as bar:
            for progress in rebuild_links(actor=ACTOR, institution_id=scope, after=after):
                bar.update(progress.customers - done)
                bar.set_postfix_str(f"up to {progress.last}", refresh=False)
                done, links = progress.customers, progress.links
        self.stdout.write(f"{links:,} links made of {done:,} customers.")
