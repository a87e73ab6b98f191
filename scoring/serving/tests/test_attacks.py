"""Registry and running processes under attack: what is wrong is refused or told, and decisions
go on."""

import threading

import pytest
from django.db import IntegrityError

from foundation.errors import Forbidden
from foundation.models import User
from scoring.detectors import read_artefact
from scoring.detectors.tests.making import make_artefact
from scoring.models import Decision
from scoring.replay import replay
from scoring.services import score_transaction
from scoring.serving.errors import ModelRefused
from scoring.serving.loaded import Loaded, ModelsInUse
from scoring.serving.models import ModelRegistry, ModelVersion
from scoring.serving.registry import Registry
from scoring.serving.services import put_in_force, register_model, revision
from scoring.serving.tests.making import forget_all, make_champion, make_model
from scoring.tests.making import make_request

pytestmark = pytest.mark.django_db


def score(client, **fields):
    return score_transaction(client=client, request=make_request(**fields), source="test")


@pytest.mark.parametrize(
    "name", ["..", "../outside", "a b", "<script>", "first/../../outside", ".hidden", "naïve"]
)
def test_a_version_is_named_like_a_folder_of_models_dir_and_lies_there(models_dir, name):
    made = make_artefact(models_dir / "real")
    object.__setattr__(made, "folder", models_dir / name)

    with pytest.raises(ModelRefused, match="no folder of a model"):
        register_model(artefact=made, card={}, by="test")


def test_a_folder_elsewhere_with_a_good_name_is_refused(tmp_path):
    made = make_artefact(tmp_path / "elsewhere" / "first")

    with pytest.raises(ModelRefused):
        register_model(artefact=made, card={}, by="test")


def test_nobody_registers_a_model_without_the_permission(models_dir):
    made = make_artefact(models_dir / "first")

    with pytest.raises(Forbidden):
        register_model(artefact=made, card={}, by=User.objects.create_user("eve", is_staff=True))
    assert not ModelVersion.objects.exists()


def test_a_name_is_taken_once():
    model = make_model("first")

    with pytest.raises(IntegrityError):
        register_model(artefact=read_artefact(model.folder), card={}, by="test")


def test_a_row_that_is_gone_leaves_running_processes_as_they_are(bank):
    make_champion()
    before = score(bank)
    ModelVersion.objects.all().delete()

    after = score(bank)

    assert after.model_version == before.model_version == "first"
    decision = Decision.objects.get(transaction__external_id=after.transaction_id)
    assert replay(decision) == []
    forget_all()  # a new process has only the registry to go by
    assert (score(bank).ml_score, score(bank).degraded) == (None, ())


def test_a_registry_that_begins_anew_is_followed(bank):
    """Restored from a copy, say: its revision is below what this process has loaded."""
    make_champion()
    put_in_force(model=make_model("second", bonus=1.0), by="test", reason="better")
    assert score(bank).model_version == "second"
    before = revision()
    ModelRegistry.objects.all().delete()

    assert score(bank).model_version == "", "no revision, no models"
    put_in_force(model=ModelVersion.objects.get(version="first"), by="test", reason="restored")
    assert revision() < before
    assert score(bank).model_version == "first"


def test_whatever_loading_raises_the_rules_decide(bank, monkeypatch):
    def fails(self):
        raise MemoryError

    champion = make_champion()
    monkeypatch.setattr(ModelVersion, "detector", fails)

    answer = score(bank)

    assert answer.degraded == ("model",)
    champion.refresh_from_db()
    assert "MemoryError" in champion.fault


def test_decisions_while_models_swap_are_of_one_model_or_the_other(models_dir):
    """Eight threads ask while the revision moves two hundred times; nobody gets a mixture."""
    loaded = {
        name: Loaded(name, 0, make_model(name, bonus=bonus).detector())
        for name, bonus in (("first", 0.0), ("second", 1.0))
    }
    registry = Registry(
        lambda revision: ModelsInUse(revision, loaded["second" if revision % 2 else "first"])
    )
    moved, wrong = [1], []
    margins = {name: one.detector.judge([None] * 1_000).margin for name, one in loaded.items()}

    def ask():
        for _ in range(300):
            champion = registry.models_for(moved[0]).champion
            if champion.detector.judge([None] * 1_000).margin != margins[champion.version]:
                wrong.append(champion.version)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for number in range(2, 202):
        moved[0] = number
    for thread in threads:
        thread.join(60)

    assert wrong == []
    assert registry.models_for(201).champion.version == "second"
