from typing import Any

from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = (
        "Bring the database up to date: tables, built-in rules, exchange rates and lists. "
        "Repeating it changes nothing."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        say = {"stdout": self.stdout, "stderr": self.stderr}
        call_command("migrate", interactive=False, verbosity=options["verbosity"], **say)
        call_command("load_rules", **say)
        call_command("import_rates", if_empty=True, **say)
        if "load_lists" in get_commands():
            call_command("load_lists", **say)
        self.stdout.write("The database is ready.")
