"""Webhooks in the admin: endpoints with their circuits, and what was delivered to them."""

from clients.webhooks.admin.deliveries import WebhookDeliveryAdmin
from clients.webhooks.admin.endpoints import WebhookEndpointAdmin

__all__ = ["WebhookDeliveryAdmin", "WebhookEndpointAdmin"]
