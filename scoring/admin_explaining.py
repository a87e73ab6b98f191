"""What moved the model, on a decision's page: told where it is known, asked for where it is not."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.contrib import messages
from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme

from foundation.admin_parts import person
from foundation.errors import Problem
from scoring.models import Decision
from scoring.serving.asking import ask_explanation, is_explained_within
from scoring.serving.telling import factors_told
from scoring.tasks import explain_later

WAIT_SECONDS: Final = 1.5
"""So long the page waits for the worker before it says to look again."""

_NOTHING: Final = 0.05  # points that would be shown as 0.0


@dataclass(frozen=True, slots=True)
class Step:
    """A factor as a bar from 0 to 100, like the ML score that it moved."""

    words: str
    points: float
    start: float

    @property
    def x(self) -> float:
        return round(max(0.0, min(self.start, self.start + self.points)), 2)

    @property
    def width(self) -> float:
        return round(max(0.5, min(abs(self.points), 100.0 - self.x)), 2)

    @property
    def signed(self) -> str:
        """
        >>> Step("", -3.21, 40.0).signed
        '\N{MINUS SIGN}3.2'
        """
        return f"{self.points:+.1f}".replace("-", "\N{MINUS SIGN}")


@dataclass(frozen=True, slots=True)
class Moved:
    """From what the model makes of an average transaction (`start`) to its score of this one."""

    start: float
    steps: Sequence[Step]


def moved(decision: Decision) -> Moved | None:
    """None while nobody has explained it, or without a model (one query)."""
    if not decision.model_version or decision.ml_score is None:
        return None
    told = factors_told(decision, currency=decision.transaction.currency)
    if told is None:
        return None
    start = place = decision.ml_score - sum(factor.points for factor in told)
    steps = []
    for factor in told:
        if abs(factor.points) >= _NOTHING:
            steps.append(Step(factor.words, factor.points, place))
        place += factor.points
    return Moved(start, steps)


def explain_for(request: HttpRequest, decision: Decision) -> None:
    """Asks for it, and says on the next page what came of that."""
    try:
        wanted = ask_explanation(decision=decision, by=person(request))
    except Problem as problem:
        messages.error(request, problem.detail)
        return
    if wanted and not explain_later(str(decision.pk)):
        messages.error(
            request,
            "The queue of the worker does not answer, so nobody can explain it now. Try again "
            "later.",
        )
    elif not wanted or is_explained_within(decision, WAIT_SECONDS):
        messages.success(request, "What moved the model is told below.")
    else:
        messages.info(
            request,
            "The worker is asked. Reload the page in a few seconds; if nothing has come after a "
            "minute, no worker runs.",
        )


def way_back(request: HttpRequest, otherwise: str) -> str:
    """The page of this site that asked, never another site."""
    wanted = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure()):
        return wanted
    return otherwise
