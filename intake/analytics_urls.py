"""Addresses of the figures, below /api/v1/analytics/."""

from django.urls import path

from intake.views import analytics

urlpatterns = [
    path("accuracy", analytics.accuracy_view, name="analytics-accuracy"),
    path("fraud-trends", analytics.trends_view, name="analytics-trends"),
    path("transaction-patterns", analytics.patterns_view, name="analytics-patterns"),
    path("risk-distribution", analytics.distribution_view, name="analytics-distribution"),
    path("model-performance", analytics.performance_view, name="analytics-performance"),
    path("threshold-advice", analytics.advice_view, name="analytics-advice"),
    path("verticals", analytics.verticals_view, name="analytics-verticals"),
    path("verticals/<slug:vertical>", analytics.vertical_view, name="analytics-vertical"),
]
