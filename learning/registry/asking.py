"""Comparisons that people ask for: a worker makes them, as they take longer than a click should."""

import logging
from collections.abc import Callable

from django.db import transaction
from django.utils import timezone as clock

from foundation.errors import Problem
from foundation.models import User
from foundation.permissions import require
from learning.registry.comparing import compare, other_champion
from learning.registry.errors import PromotionRefused
from learning.registry.models import ComparisonRun
from scoring.detectors import ArtefactError
from scoring.serving.models import ModelVersion
from scoring.serving.services import OPERATE

log = logging.getLogger(__name__)
State = ComparisonRun.State

CUT_OFF = "It was cut off, or no worker took it: compare again."
NO_QUEUE = "The workers' queue does not answer: compare again when it does."


@transaction.atomic
def ask_comparison(
    *, model: ModelVersion, by: User, hand_over: Callable[[int], bool]
) -> ComparisonRun:
    """Has a worker compare it with the champion, once this is committed; the row tells how it ends.

    `hand_over` gives the row's number to a worker and says whether that worked. Raises
    PromotionRefused where there is nothing to compare with, or it is being compared already.
    """
    require(by, OPERATE)
    other_champion(model)
    ModelVersion.objects.select_for_update().get(pk=model.pk)  # two may ask at once
    last = latest_run(model)
    if last is not None and last.is_running:
        raise PromotionRefused(f"{model} is being compared already; its page tells how it ends.")
    if last is not None and last.is_cut_off:
        _end(last, State.FAILED, CUT_OFF)
    run = ComparisonRun.objects.create(challenger=model, asked_by=by)

    def hand() -> None:
        if not hand_over(run.pk):
            _end(run, State.FAILED, NO_QUEUE)

    transaction.on_commit(hand)
    return run


def run_comparison(pk: int) -> None:
    """Makes the comparison, and says in the row how that ended. Nothing when it has ended."""
    run = ComparisonRun.objects.select_related("challenger", "asked_by").get(pk=pk)
    if run.state != State.RUNNING:
        return
    try:
        compare(model=run.challenger, by=run.asked_by)
    except Problem as error:
        _end(run, State.FAILED, error.detail)
    except ArtefactError as error:
        _end(run, State.FAILED, str(error))
    except Exception as error:
        log.exception("%s could not be compared", run.challenger)
        _end(run, State.FAILED, f"It could not be compared ({type(error).__name__}: {error}).")
    else:
        _end(run, State.DONE, "")


def latest_run(model: ModelVersion) -> ComparisonRun | None:
    """What was asked for last (one query)."""
    runs = ComparisonRun.objects.filter(challenger=model).select_related("asked_by")
    return runs.order_by("-asked_at").first()


def _end(run: ComparisonRun, state: str, said: str) -> None:
    """Unless it has ended already: a worker may take it up twice."""
    ComparisonRun.objects.filter(pk=run.pk, state=State.RUNNING).update(
        state=state, said=said[:400], ended_at=clock.now()
    )
