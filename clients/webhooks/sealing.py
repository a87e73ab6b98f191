"""What of webhooks is stored encrypted: secrets, and URLs, which may carry keys of their own."""

from collections.abc import Iterable
from uuid import UUID

from clients.webhooks.models import WebhookDelivery, WebhookEndpoint, WebhookSecret
from foundation.crypto import seal, unseal
from foundation.rekey import register_sealed_model


def seal_url(owner: type[WebhookEndpoint] | type[WebhookDelivery], pk: UUID, url: str) -> bytes:
    return seal(url.encode(), context=_context(owner._meta.model_name, pk))


def url_of(row: WebhookEndpoint | WebhookDelivery) -> str:
    """The row's own URL; a delivery without one goes to its endpoint's."""
    if row.url_sealed is None:
        return url_of(row.endpoint)
    return unseal(row.url_sealed, context=_context(row._meta.model_name, row.pk)).decode()


def seal_secret(pk: UUID, secret: str) -> bytes:
    return seal(secret.encode(), context=_context("webhooksecret", pk))


def secret_of(row: WebhookSecret) -> str:
    return unseal(row.sealed, context=_context("webhooksecret", row.pk)).decode()


def _context(model: str | None, pk: UUID) -> bytes:
    return f"clients.{model}:{pk}".encode()


def _rekey_endpoint(row: WebhookEndpoint) -> Iterable[str]:
    row.url_sealed = seal_url(WebhookEndpoint, row.pk, url_of(row))
    return ("url_sealed",)


def _rekey_delivery(row: WebhookDelivery) -> Iterable[str]:
    if row.url_sealed is None:
        return ()
    row.url_sealed = seal_url(WebhookDelivery, row.pk, url_of(row))
    return ("url_sealed",)


def _rekey_secret(row: WebhookSecret) -> Iterable[str]:
    row.sealed = seal_secret(row.pk, secret_of(row))
    return ("sealed",)


def register_sealed() -> None:
    register_sealed_model(WebhookEndpoint, _rekey_endpoint)
    register_sealed_model(WebhookDelivery, _rekey_delivery)
    register_sealed_model(WebhookSecret, _rekey_secret)
