"""The doors' addresses."""

from django.urls import include, path

from intake.doors import check_door
from intake.formats.native import NATIVE
from intake.views import feedback, reading, schema, state

urlpatterns = [
    path("api/v1/fraud/check", check_door(NATIVE, endpoint="fraud_check"), name="fraud-check"),
    # A client's transaction ID may hold any printable character, slashes included.
    path("api/v1/decisions/<path:transaction_id>", reading.decision, name="decision"),
    path("api/v1/transactions/<path:transaction_id>", reading.transaction, name="transaction"),
    path("api/v1/feedback", feedback.feedback, name="feedback"),
    path("api/v1/feedback/bulk", feedback.bulk, name="feedback-bulk"),
    path("api/v1/analytics/", include("intake.analytics_urls")),
    path("", include("intake.sentra_urls")),
    path("", include("intake.views.gateway.urls")),
    path("", include("intake.sentinel_urls")),
    path("", include("intake.case_urls")),
    path("", include("intake.change_urls")),
    path("api/v1/webhooks/", include("intake.webhook_urls")),
    path("api/schema", schema.schema, name="schema"),
    path("docs", schema.docs, name="docs"),
    path("health", state.health, name="health"),
    path("live", state.live, name="live"),
    path("metrics", state.metrics, name="metrics"),
]
