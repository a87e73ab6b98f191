"""Prometheus metrics of deliveries."""

from prometheus_client import Counter, Histogram

ATTEMPTS = Counter("webhook_attempts_total", "Attempts to deliver a webhook", ["result"])
DEAD = Counter("webhook_dead_total", "Deliveries given up")
LATENCY = Histogram(
    "webhook_latency_seconds",
    "Time that receivers took",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0),
)
