"""Addresses of the sentinel format."""

from django.urls import path

from intake.views import schema, sentinel

urlpatterns = [
    path("check-transaction", sentinel.check, name="sentinel-check"),
    path("check-transaction-vertical", sentinel.check_vertical, name="sentinel-check-vertical"),
    path("check-transactions-batch", sentinel.check_batch, name="sentinel-check-batch"),
    path("rules/metadata", sentinel.rules, name="sentinel-rules"),
    path("rules/categories", sentinel.categories, name="sentinel-categories"),
    path("rules/count", sentinel.count, name="sentinel-count"),
    path("status", sentinel.status, name="sentinel-status"),
    path("verticals", sentinel.verticals, name="sentinel-verticals"),
    path("verticals/<str:vertical>/config", sentinel.vertical_config, name="sentinel-config"),
    path("verticals/<str:vertical>/metrics", sentinel.vertical_figures, name="sentinel-figures"),
    path("verticals/<str:vertical>/rules", sentinel.vertical_rules, name="sentinel-vertical-rules"),
    path("openapi.json", schema.schema, name="openapi"),
]
