"""The room of the rule studio."""

from django.apps import AppConfig


class StudioConfig(AppConfig):
    name = "studio"
    verbose_name = "Rule studio"

    def ready(self) -> None:
        from studio.approval_pages import register
        from studio.changes import proposing  # noqa: F401  (registered by being imported)

        register()
