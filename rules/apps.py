"""Registers what is executed when a publication was approved."""

from django.apps import AppConfig


class RulesConfig(AppConfig):
    name = "rules"
    verbose_name = "Rules"

    def ready(self) -> None:
        from rules import publishing  # noqa: F401  (registered by being imported)
        from rules.approval_pages import register
        from rules.switching import throwing  # noqa: F401  (the same)

        register()
