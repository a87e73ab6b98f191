"""`manage.py schema`: writes the API's description; with --check compares it with what is kept."""

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from intake.openapi import build_schema


def kept_schema() -> Path:
    """Where the description is kept, for readers of the repository and for comparing."""
    return Path(settings.BASE_DIR) / "docs" / "openapi.json"


class Command(BaseCommand):
    help = "Writes docs/openapi.json; with --check fails when it is not up to date."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="compare, write nothing")

    def handle(self, **options: Any) -> None:
        path = kept_schema()
        text = json.dumps(build_schema(), indent=1, ensure_ascii=False) + "\n"
        if not options["check"]:
            path.write_text(text, encoding="utf-8")
            self.stdout.write(f"Wrote {path}.")
        elif not path.is_file() or path.read_text(encoding="utf-8") != text:
            raise CommandError("docs/openapi.json is out of date; run: manage.py schema")
        else:
            self.stdout.write("docs/openapi.json is up to date.")
