"""A backtest at work: claimed by a conditional update, alive by its progress, over but once."""

import logging
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone as clock

from foundation.errors import Problem
from rules.definition import Snapshot
from rules.models import Ruleset
from studio.backtest.contract import Edit
from studio.backtest.errors import Cancelled
from studio.backtest.services import carry_out, window_of
from studio.models import Backtest
from studio.working import Held, died, lost

log = logging.getLogger(__name__)

_State = Backtest.State


def run(pk: UUID) -> None:
    """Claims the queued backtest and carries it out. Harmless when it is not queued.

    1. It is claimed: of two workers one changes the row.
    2. Between portions the row is told how far it is, and asked whether it goes on.
    3. The result is written if the row is still ours: not cancelled, not given to another.
    """
    queued = Backtest.objects.filter(pk=pk, state=_State.QUEUED)
    attempt = queued.values_list("attempt", flat=True).first()
    now = clock.now()
    if attempt is None or not queued.filter(attempt=attempt).update(
        state=_State.RUNNING, attempt=attempt + 1, started_at=now, alive_at=now
    ):
        return
    ours = Held(Backtest.objects.filter(pk=pk, attempt=attempt + 1, state=_State.RUNNING))
    try:
        result = _result(pk, ours)
        ours.end(state=_State.DONE, result=result, progress=1.0, finished_at=clock.now())
    except Cancelled:
        log.info("Backtest %s was cancelled", pk)
    except Problem as problem:
        _fail(ours, problem.detail[:500])
    except Exception:
        log.exception("Backtest %s failed", pk)
        _fail(ours, "It failed; tell an administrator.")


def _fail(ours: Held, told: str) -> None:
    ours.end(state=_State.FAILED, told=told, finished_at=clock.now())


def _result(pk: UUID, ours: Held) -> dict[str, Any]:
    asked = Backtest.objects.get(pk=pk)
    number = asked.ruleset_number
    snapshot = Ruleset.objects.values_list("snapshot", flat=True).get(number=number)
    edit, window = Edit.load(asked.edit), window_of(asked)
    result = carry_out(edit, window, Snapshot.load(snapshot), ours.tell, ours.is_over)
    return result.as_dict()


def waiting(*, now: datetime | None = None) -> list[UUID]:
    """Queued ones whose message was lost, each told once."""
    return lost(Backtest.objects.filter(state=_State.QUEUED), now=now)


def give_up_dead(*, now: datetime | None = None) -> int:
    """Says of those whose worker has gone that they failed; how many."""
    return died(Backtest.objects.filter(state=_State.RUNNING), now=now).update(
        state=_State.FAILED,
        finished_at=now or clock.now(),
        told="The worker that ran it has gone. It can be started again.",
    )


def prune(*, now: datetime | None = None) -> int:
    """Deletes finished ones older than the setting says; evidence is kept elsewhere."""
    before = (now or clock.now()) - timedelta(days=settings.BACKTEST_RETENTION_DAYS)
    return Backtest.objects.filter(finished_at__lt=before).delete()[0]
