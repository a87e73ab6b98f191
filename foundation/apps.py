"""Registers what the other rooms stand on: checks, roles, tasks."""

from django.apps import AppConfig


class FoundationConfig(AppConfig):
    name = "foundation"
    verbose_name = "System"

    def ready(self) -> None:
        from foundation import checks, receivers  # noqa: F401  (registered by being imported)
        from foundation.signin import rekeying, throttle  # noqa: F401
