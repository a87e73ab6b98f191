import json
from pathlib import Path
from typing import Any

import msgspec
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from tqdm import tqdm

from clients.authentication import authenticate
from foundation.files import whole_file
from intake.demo import COUNT, seed_access, seed_traffic


class Command(BaseCommand):
    help = (
        "Create the demo's institution, users, API key and traffic. Repeating it changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--write", type=Path, required=True, help="file for the credentials")
        parser.add_argument("--count", type=int, default=COUNT, help="transactions to make up")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("Demo data is only for demo mode: set DEMO=1 or do without.")
        if options["count"] < 0:
            raise CommandError("--count must be 0 or more.")
        access = _access(options["write"])
        with tqdm(total=options["count"], desc="demo traffic", unit="tx", leave=False) as bar:
            made = seed_traffic(
                authenticate(access["api_key"]),
                lambda number, _: bar.update(number - bar.n),
                count=options["count"],
            )
        self.stdout.write(f"Demo data is there ({made} transactions new).")


def _access(path: Path) -> dict[str, Any]:
    """Who may enter, written down; nobody is let in whose key could not be."""
    try:
        kept = _read(path)
        with transaction.atomic(), whole_file(path) as file:
            access = seed_access(kept)
            file.write(json.dumps({**kept, **access}, indent=2).encode())
    except OSError as error:
        why = error.strerror or error
        raise CommandError(f"{path} cannot be written: {why}. Nothing was made.") from error
    return access


class _Kept(msgspec.Struct):
    """What is relied on of an earlier file; it may hold more."""

    api_key: str | None = None
    users: dict[str, dict[str, str]] = {}


def _read(path: Path) -> dict[str, Any]:
    """What the file held before; nothing when it is not there or is something else."""
    try:
        content: dict[str, Any] = json.loads(path.read_bytes())
        msgspec.convert(content, _Kept)
    except (FileNotFoundError, ValueError, RecursionError, msgspec.ValidationError):
        return {}
    return content
