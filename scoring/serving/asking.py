"""Somebody wants to know what moved the model on a decision that the worker has not explained."""

import time
from typing import Final

from foundation.audit import record
from foundation.models import User
from foundation.permissions import require
from scoring.detectors import ArtefactError, read_artefact
from scoring.detectors.manifest import explainer
from scoring.detectors.rows import RowMaker
from scoring.models import Decision
from scoring.serving.errors import ModelRefused
from scoring.serving.models import Explanation, ModelVersion

SEE: Final = "scoring.view_decision"
_LOOK_AGAIN: Final = 0.1


def ask_explanation(*, decision: Decision, by: User) -> bool:
    """Whether the worker has to explain it; False when there is an explanation. Audited.

    The caller has looked whether the person sees this decision's institution. Raises ModelRefused
    when there is nothing to explain, or no files to explain it with.
    """
    require(by, SEE)
    if not decision.model_version:
        raise ModelRefused("No model took part in this decision: there is nothing to explain.")
    if is_explained(decision):
        return False
    _check_files(decision.model_version)
    record(
        actor=by,
        action="decision.explanation_asked",
        subject=f"scoring.decision:{decision.pk}",
        after={"model": decision.model_version},
        institution_id=decision.institution_id,
    )
    return True


def is_explained(decision: Decision) -> bool:
    """One query."""
    return Explanation.objects.filter(pk=decision.pk).exists()


def is_explained_within(decision: Decision, seconds: float) -> bool:
    """Waits so long at most. A worker at leisure takes a tenth of a second; one query for each."""
    until = time.monotonic() + seconds
    while not (done := is_explained(decision)) and time.monotonic() < until:
        time.sleep(_LOOK_AGAIN)
    return done


def _check_files(version: str) -> None:
    """What the worker would only find out later, and say to nobody who waits."""
    model = ModelVersion.objects.filter(version=version).first()
    if model is None:
        raise ModelRefused(f"The model {version} is not known here any more.")
    try:
        artefact = read_artefact(model.folder, digest=model.digest)
        for number in range(artefact.manifest.boosters):
            artefact.read(explainer(number))
        RowMaker(artefact.manifest.columns)
    except ArtefactError as error:
        raise ModelRefused(f"The model cannot explain it: {error}") from error
    if not artefact.manifest.boosters:
        raise ModelRefused(f"The model {version} has nothing to explain with.")
