from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from clients.models import Institution
from scoring.profiles.rebuilding import customers_of, rebuild_profiles

ACTOR = "command:rebuild_profiles"


class Command(BaseCommand):
    help = "Make customers' profiles anew from stored transactions, while decisions go on."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--institution", metavar="SLUG", help="default: all of them")
        parser.add_argument(
            "--after", type=int, default=0, metavar="ID", help="go on after this customer"
        )

    def handle(self, *, institution: str | None, after: int, **options: Any) -> None:
        scope = None if institution is None else _number_of(institution)
        done = transactions = 0
        with tqdm(total=customers_of(scope, after), desc="customers", unit="") as bar:
            for progress in rebuild_profiles(actor=ACTOR, institution_id=scope, after=after):
                bar.update(progress.customers - done)
                bar.set_postfix_str(f"up to {progress.last}", refresh=False)
                done, transactions = progress.customers, progress.transactions
        self.stdout.write(f"{done:,} profiles made from {transactions:,} transactions.")


def _number_of(slug: str) -> int:
    number = Institution.objects.filter(slug=slug).values_list("pk", flat=True).first()
    if number is None:
        raise CommandError(f"No institution is called {slug}.")
    return number
