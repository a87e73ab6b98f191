from django.apps import AppConfig


class IntelligenceConfig(AppConfig):
    name = "intelligence"
    verbose_name = "Intelligence"

    def ready(self) -> None:
        from foundation.rekey import register_sealed_model
        from intelligence import checks  # noqa: F401  registers when imported
        from intelligence.lists.sealing import rekey_entry
        from intelligence.models import ListEntry

        register_sealed_model(ListEntry, rekey_entry)
