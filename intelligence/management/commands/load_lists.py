"""Loads the lists that come with the product; see lists/builtin.py for what it leaves alone."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from intelligence.lists.builtin import load_builtin


class Command(BaseCommand):
    help = "Load the built-in lists; in demo mode with a few example entries."

    def handle(self, *_: Any, **options: Any) -> None:
        loaded = load_builtin(actor="load_lists", demo=settings.DEMO)
        for each in loaded:
            if each.created or each.added or each.ended:
                self.stdout.write(f"{each.name}: {each.added} entries added, {each.ended} ended")
        if not any(each.created or each.added or each.ended for each in loaded):
            self.stdout.write(f"{len(loaded)} lists unchanged")
