from django.apps import AppConfig


class ScoringConfig(AppConfig):
    name = "scoring"
    verbose_name = "Scoring"

    def ready(self) -> None:
        from scoring import catalogue_sync, receivers  # noqa: F401  subscribe when imported
        from scoring.list_sources import register_sources
        from scoring.profiles import receivers as follow_profiles  # noqa: F401
        from scoring.serving import receivers as follow_models  # noqa: F401
        from scoring.state import following, labels  # noqa: F401

        register_sources()
