from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "cases"
    verbose_name = "Cases"

    def ready(self) -> None:
        from cases import (
            approval_pages,
            receivers,  # noqa: F401  subscribes when imported
        )

        approval_pages.register()
