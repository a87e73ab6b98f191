"""`manage.py adopt_environment_keys`"""

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from clients.environment_keys import adopt_environment_keys


class Command(BaseCommand):
    help = (
        "Make FRONTEND_API_KEY and ADMIN_API_KEY of the environment keys of the institution "
        "API_KEYS_INSTITUTION, and revoke those that are no longer there."
    )

    def handle(self, **_: Any) -> None:
        try:
            issued, revoked = adopt_environment_keys()
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from None
        if issued or revoked:
            self.stdout.write(f"Keys of the environment: {issued} issued, {revoked} revoked.")
