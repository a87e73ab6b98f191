from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "cases"
    verbose_name = "Cases"

    def ready(self) -> None:
        from cases import (
            approval_pages,
            receivers,  # noqa: F401  subscribes when imported
        )
        from cases.files import binding as _files  # noqa: F401  registers when imported
        from cases.reports import approval_pages as report_approval_pages
        from cases.reports import binding as _reports  # noqa: F401  registers when imported

        approval_pages.register()
        report_approval_pages.register()
