"""manage.py suggest_weights: what rules should weigh by the outcomes of their hits."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from learning.weights.errors import SuggestionRefused


class Command(BaseCommand):
    help = (
        "Work out what rules should weigh in each vertical by the outcomes of archived decisions. "
        "Nothing changes by it: suggestions wait in the admin for a person to take up."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        from learning.weights.services import suggest_weights

        try:
            runs = suggest_weights(by="manage.py suggest_weights")
        except SuggestionRefused as refused:
            raise CommandError(refused.detail) from refused
        if not runs:
            raise CommandError("No ruleset is in force; run manage.py load_rules first.")
        for run in runs:
            self.stdout.write(f"{run.vertical:14} {run.said}")
            for one in run.suggestions.order_by("code"):
                self.stdout.write(
                    f"{'':14} {one.code}: {one.weight_before:g} -> {one.weight:g} "
                    f"({one.low:.2f} to {one.high:.2f}), {one.hits:,} hits, {one.frauds:,} fraud"
                )
