"""Each task calls one service, and does no harm when it runs twice."""

import pytest

from foundation import audit, tasks
from foundation.models import AuditEntry


@pytest.mark.django_db
def test_every_task_may_run_twice():
    audit.record(actor=None, action="x.y", subject="z")
    for task in (tasks.prune_outbox, tasks.seal_audit_chain, tasks.expire_approvals):
        task()
        task()
    assert AuditEntry.objects.get().sequence == 1
