"""Figures of this room for Prometheus. How far the archive lags behind is read when asked for."""

from prometheus_client import Counter

ROWS_EXPORTED = Counter("archive_rows_exported", "Decisions written to the archive.")
RUNS_FAILED = Counter("archive_runs_failed", "Exports or compactions that failed.")
