"""Telling the operators that a model cannot be used, once and not with every transaction."""

import logging

from django.utils import timezone as clock

from foundation.logging import redact
from foundation.outbox import publish
from scoring.events import ModelFailed
from scoring.serving.models import ModelVersion

log = logging.getLogger(__name__)


def report_fault(version: str, fault: str) -> None:
    """Notes it with the version and tells the rooms above. Of many processes that meet it, the
    first does. One query, two when it is new."""
    log.error("model %s cannot be used: %s", version, fault)
    said = redact(fault)[:500]
    rows = ModelVersion.objects.filter(version=version).exclude(fault=said)
    if rows.update(fault=said, faulted_at=clock.now()):
        publish(ModelFailed(version=version, fault=said), subject=version)


def clear_fault(version: str) -> None:
    """It works again. One query."""
    ModelVersion.objects.filter(version=version).update(fault="", faulted_at=None)
