from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from foundation.roles import missing_permissions, role_drift, sync_roles


class Command(BaseCommand):
    help = "Bring the roles' permissions in line with the code."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="Change nothing; fail when something differs."
        )

    def handle(self, *, check: bool, **options: Any) -> None:
        if not check:
            sync_roles()
        for name in missing_permissions():
            self.stdout.write(f"not there (yet): {name}")
        drift = role_drift()
        for role, differences in drift.items():
            self.stderr.write(f"{role}: {differences}")
        if drift:
            raise CommandError("The stored roles differ from the code: run sync_roles.")
        self.stdout.write("The roles are as in the code.")
