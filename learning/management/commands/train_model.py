"""manage.py train_model: train on the archive, register a candidate."""

import datetime as dt
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from learning.arguments import days, seconds
from learning.errors import BadHistory, TrainingBusy


def moment(text: str) -> dt.datetime:
    """A day (its first moment in UTC) or a time; for argparse."""
    told = dt.datetime.fromisoformat(text)
    return told if told.tzinfo else told.replace(tzinfo=dt.UTC)


class Command(BaseCommand):
    help = (
        "Train a model on archived decisions and the labels known by now. It becomes a candidate "
        "(Models in the admin) and decides nothing until it is promoted, unless it is the first."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--institution", help="only this one's decisions; by slug")
        parser.add_argument("--since", type=moment, help="decisions from this day on")
        parser.add_argument("--known-by", type=moment, help="as it was known then; now")
        parser.add_argument("--seconds", type=seconds, default=300.0, help="for the search; 300")
        parser.add_argument(
            "--maturity-days",
            type=days,
            help="age from which a transaction "
            "without label is genuine; read off the labels if not given",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        from learning.teaching import train_model

        started = time.monotonic()

        def say(line: str) -> None:
            self.stdout.write(f"{time.monotonic() - started:7.1f} s  {line}")

        try:
            model = train_model(
                by="manage.py train_model",
                known_by=options["known_by"],
                since=options["since"],
                institution=options["institution"],
                seconds=options["seconds"],
                maturity_days=options["maturity_days"],
                say=say,
            )
        except (BadHistory, TrainingBusy) as error:
            raise CommandError(str(error)) from error
        say(f"registered as {model.version}")
