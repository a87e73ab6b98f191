from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from clients.authentication import Client, ClientTier
from intake.demo import seed_institution, seed_sample


class Command(BaseCommand):
    help = (
        "Score a small sample for the demo's institution: 50 transactions of 10 customers. "
        "Repeating it changes nothing."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("Demo data is only for demo mode: set DEMO=1 or do without.")
        institution = seed_institution()
        client = Client(
            institution_id=institution.pk,
            institution_slug=institution.slug,
            base_currency=institution.base_currency,
            key_id=0,
            scopes=frozenset({"score"}),
            tier=ClientTier("sample", 0),
            throttled_as="",
        )
        made = seed_sample(client)
        self.stdout.write(f"The sample is there ({made} transactions new).")
