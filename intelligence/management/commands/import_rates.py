from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from intelligence.models import ExchangeRate
from intelligence.services import SHIPPED, RatesFileError, import_rates


class Command(BaseCommand):
    help = "Store daily exchange rates from a CSV file: day,currency,per_usd,source."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "file", nargs="?", type=Path, default=SHIPPED, help="default: the shipped ones"
        )
        parser.add_argument(
            "--if-empty", action="store_true", help="do nothing when any rate is stored"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["if_empty"] and ExchangeRate.objects.exists():
            return
        try:
            count = import_rates(path=options["file"], actor="command")
        except (OSError, RatesFileError) as error:
            raise CommandError(f"Nothing was imported: {error}") from error
        self.stdout.write(f"{count} rates stored.")
