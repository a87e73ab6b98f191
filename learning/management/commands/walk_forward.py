"""manage.py walk_forward DIR --out PREDS.parquet: predict a recorded history day by day."""

import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from learning.arguments import days, minutes, seconds, votes, whole
from learning.errors import BadHistory


class Command(BaseCommand):
    help = (
        "Live through a recorded history day by day: train on what is known, predict each day "
        "before its labels, train again. DIR holds history_events.parquet, history_labels.parquet "
        "and day_K_events.parquet, day_K_labels.parquet for each day (docs/models.md)."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", metavar="DIR", type=Path)
        parser.add_argument("--out", type=Path, required=True, help="Parquet: tx_id and p")
        parser.add_argument("--retrain-days", type=whole, default=7, help="0: never; default 7")
        parser.add_argument("--seconds", type=seconds, default=150.0, help="for the search; 150")
        parser.add_argument("--seeds", type=votes, default=3, help="models that vote; 3")
        parser.add_argument(
            "--maturity-days",
            type=days,
            help="when a transaction without label "
            "is taken as genuine; read off the labels if not given",
        )
        parser.add_argument(
            "--utc-offset",
            type=minutes,
            default=0.0,
            metavar="MINUTES",
            help="of the customers' clocks; 0",
        )
        parser.add_argument("--checkpoints", type=Path, help="folder to go on from when stopped")

    def handle(self, *args: Any, **options: Any) -> None:
        # Late: XGBoost takes seconds, and Polars must not start its threads before a fork.
        from learning.training.checkpoints import Checkpoints
        from learning.training.trainer import Settings
        from learning.walk_forward.days import look_into
        from learning.walk_forward.walking import Plan, walk

        if checkpoints := options["checkpoints"]:
            try:
                checkpoints.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise CommandError(
                    f"{checkpoints} cannot be a folder of checkpoints: {error.strerror}."
                ) from error
        started = time.monotonic()

        def say(line: str) -> None:
            self.stdout.write(f"{time.monotonic() - started:7.1f} s  {line}")

        settings = Settings(
            seconds=options["seconds"],
            seeds=tuple(range(options["seeds"])),
            anomaly=False,
            checkpoints=Checkpoints(checkpoints),
        )
        plan = Plan(
            settings, options["retrain_days"], options["utc_offset"], options["maturity_days"]
        )
        try:
            walk(look_into(options["folder"]), options["out"], plan, say)
        except BadHistory as error:
            raise CommandError(str(error)) from error
        say(f"written: {options['out']}")
