import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone as clock
from tqdm import tqdm

from cases.volume.generating import NAME, generate_workbench
from cases.volume.plan import Volume
from foundation.errors import Problem


class Command(BaseCommand):
    help = (
        "Fill an institution of its own with made-up transactions, decisions, alerts and cases, to "
        "see and measure the workbench at volume. In demo mode only. All of it is synthetic."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--transactions", type=int, default=1_000_000, metavar="N")
        parser.add_argument("--alerts", type=int, default=100_000, metavar="N")
        parser.add_argument("--cases", type=int, default=20_000, metavar="N")
        parser.add_argument("--seed", type=int, default=7, help="the same seed, the same world; 7")

    def handle(
        self, *, transactions: int, alerts: int, cases: int, seed: int, **options: Any
    ) -> None:
        volume = Volume(transactions, alerts, cases, clock.now(), seed)
        try:
            with tqdm(total=transactions, unit="tx", file=sys.stderr, desc="writing") as bar:
                generate_workbench(volume, told=bar.update)
        except (Problem, ValueError) as problem:
            raise CommandError(getattr(problem, "detail", str(problem))) from None
        self.stdout.write(
            f"{transactions:,} transactions, {alerts:,} alerts and {cases:,} cases of the "
            f"institution “{NAME}”. All of them are synthetic: made up, about nobody."
        )
