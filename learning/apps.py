from django.apps import AppConfig


class LearningConfig(AppConfig):
    name = "learning"
    verbose_name = "Learning"

    def ready(self) -> None:
        from learning import checks  # noqa: F401  registers when imported
        from learning.registry import promoting  # noqa: F401  what approvals carry out
        from learning.registry.approval_pages import register

        register()
