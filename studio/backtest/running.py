"""A backtest at work: claimed by a conditional update, alive by its progress, over but once."""

import logging
import time
from datetime import datetime, timedelta
from typing import Any, Final
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

log = logging.getLogger(__name__)

LEFT_ALONE: Final = timedelta(minutes=2)
"""Without a sign of life for so long, its worker is taken for dead."""
_TELL_EVERY: Final = 0.5  # seconds

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
    ours = _Ours(pk, attempt + 1)
    try:
        ours.end(state=_State.DONE, result=_result(pk, ours), progress=1.0)
    except Cancelled:
        log.info("Backtest %s was cancelled", pk)
    except Problem as problem:
        ours.end(state=_State.FAILED, told=problem.detail[:500])
    except Exception:
        log.exception("Backtest %s failed", pk)
        ours.end(state=_State.FAILED, told="It failed; tell an administrator.")


def _result(pk: UUID, ours: "_Ours") -> dict[str, Any]:
    asked = Backtest.objects.get(pk=pk)
    number = asked.ruleset_number
    snapshot = Ruleset.objects.values_list("snapshot", flat=True).get(number=number)
    edit, window = Edit.load(asked.edit), window_of(asked)
    result = carry_out(edit, window, Snapshot.load(snapshot), ours.tell, ours.is_over)
    return result.as_dict()


class _Ours:
    """The row, as long as this attempt has it."""

    def __init__(self, pk: UUID, attempt: int) -> None:
        self._rows = Backtest.objects.filter(pk=pk, attempt=attempt, state=_State.RUNNING)
        self._asked = self._told = 0.0
        self._over = False

    def tell(self, share: float) -> None:
        """At most every half second, so that many small portions cost no more."""
        if time.monotonic() - self._told >= _TELL_EVERY:
            self._told = time.monotonic()
            self._over = not self._rows.update(progress=share, alive_at=clock.now())

    def is_over(self) -> bool:
        """Whether it was cancelled, or given to another worker."""
        if not self._over and time.monotonic() - self._asked >= _TELL_EVERY:
            self._asked = time.monotonic()
            self._over = not self._rows.exists()
        return self._over

    def end(self, **fields: Any) -> None:
        self._rows.update(finished_at=clock.now(), **fields)


def waiting(*, now: datetime | None = None) -> list[UUID]:
    """Queued ones that nobody took within a while: their message was lost. Marked as just seen."""
    moment = now or clock.now()
    queued = Backtest.objects.filter(state=_State.QUEUED, alive_at__lt=moment - LEFT_ALONE)
    return [
        pk
        for pk in list(queued.order_by("alive_at").values_list("pk", flat=True)[:50])
        if queued.filter(pk=pk).update(alive_at=moment)
    ]


def give_up_dead(*, now: datetime | None = None) -> int:
    """Says of those whose worker has gone that they failed; how many."""
    moment = now or clock.now()
    return Backtest.objects.filter(state=_State.RUNNING, alive_at__lt=moment - LEFT_ALONE).update(
        state=_State.FAILED,
        finished_at=moment,
        told="The worker that ran it has gone. It can be started again.",
    )


def prune(*, now: datetime | None = None) -> int:
    """Deletes finished ones older than the setting says; evidence is kept elsewhere."""
    before = (now or clock.now()) - timedelta(days=settings.BACKTEST_RETENTION_DAYS)
    return Backtest.objects.filter(finished_at__lt=before).delete()[0]
