from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from scoring.queries import find_decision
from scoring.replay import replay


class Command(BaseCommand):
    help = "Make a stored decision again and show whether the result is identical."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("id", help="our id of the transaction, or the client's transaction_id")

    def handle(self, *args: Any, **options: Any) -> None:
        decision = find_decision(options["id"])
        if decision is None:
            raise CommandError(f"No decision, or more than one, is known as {options['id']}.")
        try:
            differences = replay(decision)
        except LookupError as error:
            raise CommandError(f"The decision cannot be made again: {error}") from error
        if not differences:
            self.stdout.write(
                f"identical: {decision.status}, fraud score {decision.fraud_score}, "
                f"ruleset {decision.ruleset_number}"
            )
            return
        for difference in differences:
            self.stdout.write(f"{difference.part}:")
            self.stdout.write(f"  stored   {difference.stored}")
            self.stdout.write(f"  replayed {difference.replayed}")
        raise CommandError("The decision came out differently.")
