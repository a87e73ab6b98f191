"""Prometheus metrics of what all rooms stand on."""

from prometheus_client import Counter

OUTBOX_HANDLED = Counter("outbox_handled_total", "Events handled", ["subscriber"])
OUTBOX_FAILED = Counter("outbox_failed_total", "Attempts that failed", ["subscriber"])
OUTBOX_POISONED = Counter("outbox_poisoned_total", "Events set aside", ["subscriber"])
AUDIT_SEALED = Counter("audit_sealed_total", "Audit entries joined to the chain")
