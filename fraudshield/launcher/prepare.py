"""Brings the database up to date: migrations, built-in rules, demo data. Run as a module.

One process for all of them, as loading Django takes longer than most of them do.
"""

import os
import sys
from pathlib import Path

import django
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import DatabaseError


def prepare(demo_file: str | None) -> None:
    call_command("migrate", interactive=False, verbosity=1 if os.environ.get("VERBOSE") else 0)
    call_command("check", databases=["default"])  # refuses demo data outside demo mode
    call_command("load_lists")
    call_command("load_rules")
    call_command("import_rates", if_empty=True)
    # After an upgrade that counts other things; who has very many decides when.
    call_command("rebuild_counters", if_incomplete=True, at_most=100_000)
    if demo_file:
        call_command("seed_demo", write=Path(demo_file))
    else:
        call_command("collectstatic", interactive=False, verbosity=0)
    call_command("adopt_environment_keys")


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fraudshield.settings")
    django.setup()
    try:
        prepare(sys.argv[1] if len(sys.argv) > 1 else None)
    except (CommandError, DatabaseError) as error:
        sys.exit(f"{type(error).__name__}: {error}")
