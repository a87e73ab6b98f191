from django.apps import AppConfig


class ClientsConfig(AppConfig):
    name = "clients"
    verbose_name = "Clients"

    def ready(self) -> None:
        from clients import checks  # noqa: F401  (registered by being imported)
        from clients.accounts import checks as account_checks  # noqa: F401  likewise
        from clients.accounts import rekeying  # noqa: F401  registers what `rekey` walks
        from clients.queries import people_of, visible_institution_ids
        from clients.webhooks.sealing import register_sealed
        from foundation.admin_parts import scope_by

        scope_by(visible_institution_ids, people_of)
        register_sealed()
