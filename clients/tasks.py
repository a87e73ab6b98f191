"""Background work of this room. Each task may run twice without harm."""

from celery import shared_task
from django.conf import settings

from clients.accounts.lockout import prune_attempts
from clients.accounts.sessions import prune_sessions
from clients.webhooks.delivering import deliver_due, one_of
from clients.webhooks.upkeep import expire_deliveries, prune_deliveries


@shared_task(name="clients.tasks.deliver_webhooks")
def deliver_webhooks() -> None:
    with one_of(settings.WEBHOOK_DELIVERERS) as free:
        if free:
            deliver_due()


@shared_task(name="clients.tasks.tidy_webhooks")
def tidy_webhooks() -> None:
    expire_deliveries()
    prune_deliveries()


@shared_task(name="clients.tasks.tidy_accounts")
def tidy_accounts() -> None:
    prune_attempts()
    prune_sessions()
