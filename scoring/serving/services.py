"""Changing which models are in use. Each change is audited and seen by every process at once.

Who may decide about the champion, and after whose approval, is `learning/registry`'s part.
"""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.validators import slug_re
from django.db import transaction
from django.db.models import F, Sum
from django.utils import timezone as clock

from foundation.audit import Actor, actor_name, record
from foundation.outbox import publish
from foundation.permissions import require
from scoring.detectors import Artefact, Detector
from scoring.events import ModelPromoted
from scoring.serving.errors import ModelRefused
from scoring.serving.models import ModelRegistry, ModelVersion

OPERATE = "scoring.operate_modelversion"
MOST_CHALLENGERS = 3
"""Each is scored with every transaction."""

State = ModelVersion.State


@transaction.atomic
def register_model(
    *, artefact: Artefact, card: dict[str, Any], by: Actor, note: str = ""
) -> ModelVersion:
    """A new candidate, whose folder in MODELS_DIR is named as its version. Raises ArtefactError
    for one that could not be used, and ModelRefused for one that is somewhere else."""
    require(by, OPERATE)
    _check_place(artefact.folder)
    Detector(artefact)
    model = ModelVersion.objects.create(
        version=artefact.folder.name,
        digest=artefact.digest,
        catalogue_version=artefact.manifest.catalogue_version,
        card=card,
        note=note[:300],
        made_by=actor_name(by),
    )
    _record(model, by, "registered", {}, note)
    return model


@transaction.atomic
def start_shadow(*, model: ModelVersion, by: Actor, reason: str = "") -> ModelVersion:
    """Scores it beside the champion from now on, without effect.

    Raises ModelRefused, and ArtefactError for files that do not work.
    """
    require(by, OPERATE)
    lock_registry()
    model = _locked(model)
    if model.state not in {State.CANDIDATE, State.RETIRED}:
        raise ModelRefused(f"{model} is a {model.get_state_display()} already.")
    if ModelVersion.objects.filter(state=State.SHADOW).count() >= MOST_CHALLENGERS:
        raise ModelRefused(f"{MOST_CHALLENGERS} challengers at most: retire one first.")
    model.detector()
    return _move(model, State.SHADOW, by, reason)


@transaction.atomic
def split_traffic(*, model: ModelVersion, share: int, by: Actor, reason: str = "") -> ModelVersion:
    """Lets a challenger decide for `share` percent of the customers, by their hash; 0 ends it.

    Raises ModelRefused when challengers together would decide for more than half.
    """
    require(by, "scoring.promote_modelversion")
    lock_registry()
    model = _locked(model)
    if model.state != State.SHADOW:
        raise ModelRefused(f"{model} is no challenger: put it beside the champion first.")
    others = ModelVersion.objects.filter(state=State.SHADOW).exclude(pk=model.pk)
    taken = others.aggregate(taken=Sum("share"))["taken"] or 0
    if not 0 <= share <= 50 - taken:
        raise ModelRefused(f"Between 0 and {50 - taken} percent: the champion keeps half at least.")
    before, model.share = model.share, share
    model.save(update_fields=["share", "changed_at"])
    _bump()
    _record(model, by, "split", {"share": before}, reason)
    return model


@transaction.atomic
def retire(*, model: ModelVersion, by: Actor, reason: str = "") -> ModelVersion:
    """Takes a challenger or candidate out of use. Raises ModelRefused for the champion."""
    require(by, OPERATE)
    lock_registry()
    model = _locked(model)
    if model.state == State.CHAMPION:
        raise ModelRefused("The champion is replaced by promoting another model, not retired.")
    if model.state == State.RETIRED:
        raise ModelRefused(f"{model} is retired already.")
    return _move(model, State.RETIRED, by, reason)


@transaction.atomic
def put_in_force(*, model: ModelVersion, by: Actor, reason: str) -> ModelVersion:
    """Makes it the champion and retires the one before. The caller has asked who may.

    Raises ModelRefused for the present champion, and ArtefactError for files that do not work:
    then the champion stays.
    """
    lock_registry()
    model = _locked(model)
    if model.state == State.CHAMPION:
        raise ModelRefused(f"{model} decides already.")
    model.detector()
    before = ModelVersion.objects.select_for_update().filter(state=State.CHAMPION).first()
    if before is not None:
        _move(before, State.RETIRED, by, f"{model} takes over. {reason}".strip())
    model.promoted_at = clock.now()
    model.save(update_fields=["promoted_at"])
    model = _move(model, State.CHAMPION, by, reason)
    publish(
        ModelPromoted(version=model.version, before=before.version if before else ""),
        subject=model.version,
    )
    return model


def champion() -> ModelVersion | None:
    """The model in force (one query)."""
    return ModelVersion.objects.filter(state=State.CHAMPION).first()


def revision() -> int:
    """Of the models in use; 0 before there was any (one query)."""
    return ModelRegistry.objects.values_list("revision", flat=True).first() or 0


def _check_place(folder: Path) -> None:
    """A name that leads out of the directory would be found by nobody, or find another's files."""
    place = Path(settings.MODELS_DIR)
    if not slug_re.fullmatch(folder.name) or (place / folder.name).resolve() != folder.resolve():
        raise ModelRefused(f"{folder} is no folder of a model in {place}.")


def _move(model: ModelVersion, state: State, by: Actor, reason: str) -> ModelVersion:
    before = {"state": model.state, **({"share": model.share} if model.share else {})}
    model.state, model.share = state, 0
    model.save(update_fields=["state", "share", "changed_at"])
    _bump()
    _record(model, by, "moved", before, reason)
    return model


def _locked(model: ModelVersion) -> ModelVersion:
    return ModelVersion.objects.select_for_update().get(pk=model.pk)


def lock_registry() -> None:
    """One change at a time, until the transaction ends. Who compares with the champion first locks
    first: another change may be under way."""
    ModelRegistry.objects.get_or_create(id=ModelRegistry.ONLY)
    ModelRegistry.objects.select_for_update().get(id=ModelRegistry.ONLY)


def _bump() -> None:
    ModelRegistry.objects.filter(id=ModelRegistry.ONLY).update(revision=F("revision") + 1)


def _record(
    model: ModelVersion, by: Actor, happening: str, before: dict[str, Any], reason: str
) -> None:
    record(
        actor=by,
        action=f"model.{happening}",
        subject=f"scoring.modelversion:{model.version}",
        before=before,
        after={"state": model.state, "share": model.share, "digest": model.digest},
        reason=reason,
    )
