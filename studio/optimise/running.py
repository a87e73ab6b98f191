"""A curve at work: claimed by a conditional update, alive by its progress, over but once."""

import logging
from datetime import datetime, timedelta
from typing import Final

import msgspec
from django.utils import timezone as clock

from foundation.errors import Problem
from studio.backtest.contract import Window
from studio.backtest.errors import Cancelled
from studio.models import Curve
from studio.optimise.targets import Target, ladder_of
from studio.working import Held, died, lost

log = logging.getLogger(__name__)

KEPT: Final = timedelta(days=30)
State = Curve.State


def run(pk: int) -> None:
    """Claims the waiting curve and computes it. Harmless when it does not wait: of two workers one
    has it, and what was cancelled or given up stays so."""
    # Imported late: they load Polars, which a worker may do only after it has forked.
    from studio.optimise.curves import compute
    from studio.optimise.storing import pack

    waits = Curve.objects.filter(pk=pk, state=State.WAITING)
    if not waits.update(state=State.RUNNING, alive_at=clock.now()):
        return
    ours = Held(Curve.objects.filter(pk=pk, state=State.RUNNING))
    asked = Curve.objects.get(pk=pk)
    try:
        found, parts = compute(
            ladder_of(msgspec.convert(asked.target, Target)),
            msgspec.convert(asked.window, Window),
            progress=ours.tell,
            cancelled=ours.is_over,
        )
        result = msgspec.to_builtins(found)
        ours.end(state=State.DONE, progress=1.0, result=result, replicates=pack(parts))
    except Cancelled:
        log.info("Curve %s was cancelled", pk)
    except Problem as problem:
        ours.end(state=State.FAILED, error=problem.detail)
    except Exception:
        log.exception("Curve %s failed", pk)
        ours.end(state=State.FAILED, error="It failed; tell an administrator.")


def waiting(*, now: datetime | None = None) -> list[int]:
    """Those whose message was lost, each told once."""
    return lost(Curve.objects.filter(state=State.WAITING), now=now)


def give_up_dead(*, now: datetime | None = None) -> int:
    """Says of those whose worker has gone that they failed; how many. They are not begun anew: what
    took a worker with it would take the next one, too."""
    return died(Curve.objects.filter(state=State.RUNNING), now=now).update(
        state=State.FAILED, error="The worker that computed it has gone. Compute it again."
    )


def prune(*, now: datetime | None = None) -> int:
    """Deletes those that are older than KEPT."""
    return Curve.objects.filter(created_at__lt=(now or clock.now()) - KEPT).delete()[0]
