"""Models in the registry, with files that say what can be worked out by hand."""

from pathlib import Path

from django.conf import settings

from scoring.detectors.tests.making import make_artefact
from scoring.serving.hearing import forget_patience
from scoring.serving.models import ModelVersion
from scoring.serving.registry import registry
from scoring.serving.services import put_in_force, register_model, start_shadow
from scoring.serving.typical import forget_typical


def forget_all() -> None:
    registry.forget()
    forget_patience()
    forget_typical()


def make_model(version: str = "first", **artefact) -> ModelVersion:
    made = make_artefact(Path(settings.MODELS_DIR) / version, **artefact)
    return register_model(artefact=made, card={}, by="test")


def make_champion(version: str = "first", **artefact) -> ModelVersion:
    return put_in_force(model=make_model(version, **artefact), by="test", reason="the best")


def make_challenger(version: str = "second", bonus: float = 1.0) -> ModelVersion:
    return start_shadow(model=make_model(version, bonus=bonus), by="test")
