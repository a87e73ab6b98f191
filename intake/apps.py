from django.apps import AppConfig


class IntakeConfig(AppConfig):
    """The doors: HTTP and files."""

    name = "intake"
