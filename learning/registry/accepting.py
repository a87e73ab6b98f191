"""What training made becomes a version: files in MODELS_DIR and a row, decided by nobody yet."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils import timezone as clock

from foundation.audit import Actor
from foundation.models import User
from learning.evaluation.page import as_html
from learning.export.writing import write_artefact
from learning.registry.comparing import beats_chance, has_leak_alarm
from learning.registry.promoting import PROPOSE, promote_first
from scoring.serving.models import ModelVersion
from scoring.serving.services import register_model

if TYPE_CHECKING:
    from learning.training.trained import Trained


def accept_trained(
    *, trained: Trained, card: Mapping[str, Any], by: Actor, note: str = ""
) -> ModelVersion:
    """Exports the model, registers it as a candidate, and lets it decide if none ever did, unless
    :func:`why_people_decide` says something or who trained it may not promote.

    Raises NotExportable, and ArtefactError for a model over columns that no vector has; then no
    files are left. The champion is untouched.
    """
    version = f"{clock.now():%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
    folder = Path(settings.MODELS_DIR) / version
    try:
        page = as_html(card, f"Model {version}")
        artefact = write_artefact(trained, folder, card=card, card_page=page)
        model = register_model(artefact=artefact, card=dict(card), by=by, note=note)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    is_first = not ModelVersion.objects.exclude(promoted_at=None).exists()
    may_promote = not isinstance(by, User) or by.has_perm(PROPOSE)
    if is_first and may_promote and not why_people_decide(card):
        model = promote_first(model=model, by=by)
    return model


def why_people_decide(card: Mapping[str, Any]) -> str:
    """What keeps a first model from deciding by itself, in sentences; empty if nothing does."""
    found = []
    if institution := card.get("facts", {}).get("institution"):
        found.append(
            f"It learned from {institution} alone and would decide for all, so people have to "
            "propose its promotion."
        )
    if has_leak_alarm(card):
        found.append("Its card raises a leak alarm.")
    if not beats_chance(card):
        found.append("On later days it ranked transactions not surely better than chance.")
    return " ".join(found)
