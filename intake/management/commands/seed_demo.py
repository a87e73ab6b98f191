import json
import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from clients.authentication import authenticate
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
        path: Path = options["write"]
        access = seed_access(_read(path))
        _write(path, {**_read(path), **access})
        with tqdm(total=options["count"], desc="demo traffic", unit="tx", leave=False) as bar:
            made = seed_traffic(
                authenticate(access["api_key"]),
                lambda number, _: bar.update(number - bar.n),
                count=options["count"],
            )
        self.stdout.write(f"Demo data is there ({made} transactions new).")


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return {}
    return content if isinstance(content, dict) else {}


def _write(path: Path, content: dict[str, Any]) -> None:
    """Replace the file as a whole, readable by its owner alone."""
    partial = path.with_suffix(".partial")
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(content, file, indent=2)
    partial.replace(path)
