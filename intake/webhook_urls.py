"""Addresses of webhooks, below /api/v1/webhooks/."""

from django.urls import path

from intake.views import webhooks

urlpatterns = [
    path("endpoints", webhooks.endpoints, name="webhook-endpoints"),
    path("endpoints/<uuid:pk>", webhooks.endpoint, name="webhook-endpoint"),
    path("endpoints/<uuid:pk>/test", webhooks.test, name="webhook-test"),
    path("endpoints/<uuid:pk>/secret", webhooks.endpoint_secret, name="webhook-endpoint-secret"),
    path("secret", webhooks.default_secret, name="webhook-secret"),
    path("deliveries", webhooks.deliveries, name="webhook-deliveries"),
    path("deliveries/<uuid:pk>", webhooks.delivery, name="webhook-delivery"),
    path("deliveries/<uuid:pk>/replay", webhooks.replay_one, name="webhook-replay"),
    path("replay", webhooks.replay_many, name="webhook-replay-many"),
]
