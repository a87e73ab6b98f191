from django.apps import AppConfig


class IntakeConfig(AppConfig):
    """The doors: HTTP and files."""

    name = "intake"

    def ready(self) -> None:
        from intake import checks  # noqa: F401  registers itself
        from intake.imports import rejects  # noqa: F401  registers what `rekey` walks
