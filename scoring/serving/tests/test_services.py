"""Changing which models are in use."""

import pytest

from foundation.errors import Forbidden
from foundation.models import AuditEntry, OutboxEvent, User
from scoring.detectors import ArtefactError, CorruptArtefact
from scoring.detectors.manifest import GRAPH
from scoring.serving.errors import ModelRefused
from scoring.serving.models import ModelVersion
from scoring.serving.services import (
    MOST_CHALLENGERS,
    champion,
    put_in_force,
    retire,
    revision,
    split_traffic,
    start_shadow,
)
from scoring.serving.tests.making import make_challenger, make_champion, make_model

pytestmark = pytest.mark.django_db


def test_a_new_model_is_a_candidate_and_decides_nothing():
    model = make_model()

    assert model.state == "candidate"
    assert (champion(), revision()) == (None, 0)


def test_each_change_raises_the_revision_and_is_audited():
    make_champion()
    first = revision()
    challenger = make_challenger()
    split_traffic(model=challenger, share=10, by="test")
    retire(model=challenger, by="test", reason="no better")

    assert revision() > first
    entries = AuditEntry.objects.filter(subject="scoring.modelversion:second").order_by("pk")
    assert [entry.action for entry in entries] == [
        "model.registered",
        "model.moved",
        "model.split",
        "model.moved",
    ]
    assert entries.last().reason == "no better"
    assert entries.last().before == {"state": "shadow", "share": 10}


def test_a_promotion_retires_the_champion_and_tells_the_rooms_above():
    make_champion()
    put_in_force(model=make_challenger(), by="test", reason="better")

    states = dict(ModelVersion.objects.values_list("version", "state"))
    assert states == {"first": "retired", "second": "champion"}
    event = OutboxEvent.objects.filter(type="scoring.model_promoted.v1").latest("pk")
    assert (event.payload["version"], event.payload["before"]) == ("second", "first")


def test_a_broken_model_does_not_replace_the_champion():
    make_champion()
    other = make_model("second")
    (other.folder / GRAPH).write_bytes(b"")

    with pytest.raises(CorruptArtefact):
        put_in_force(model=other, by="test", reason="better")

    assert champion().version == "first"


def test_what_makes_no_sense_is_refused():
    first, challenger = make_champion(), make_challenger()

    with pytest.raises(ModelRefused, match="decides already"):
        put_in_force(model=first, by="test", reason="again")
    with pytest.raises(ModelRefused, match="not retired"):
        retire(model=first, by="test")
    with pytest.raises(ModelRefused, match="challenger already"):
        start_shadow(model=challenger, by="test")
    with pytest.raises(ModelRefused, match="no challenger"):
        split_traffic(model=first, share=5, by="test")


@pytest.mark.parametrize("share", [-1, 51])
def test_the_champion_keeps_half_of_the_customers(share):
    make_champion()

    with pytest.raises(ModelRefused, match="half"):
        split_traffic(model=make_challenger(), share=share, by="test")


def test_challengers_share_what_is_given_away():
    make_champion()
    split_traffic(model=make_challenger("second"), share=40, by="test")

    with pytest.raises(ModelRefused, match="Between 0 and 10"):
        split_traffic(model=make_challenger("third"), share=11, by="test")


def test_few_are_scored_with_every_transaction():
    for number in range(MOST_CHALLENGERS):
        make_challenger(f"c{number}")

    with pytest.raises(ModelRefused, match="retire one first"):
        make_challenger("one-more")


def test_nobody_operates_models_without_the_permission():
    person = User.objects.create_user("grace")

    with pytest.raises(Forbidden):
        start_shadow(model=make_model(), by=person)
    with pytest.raises(Forbidden):
        retire(model=make_model("other"), by=person)


def test_a_model_whose_files_are_gone_is_not_scored_beside(models_dir):
    model = make_model()
    (models_dir / model.version / GRAPH).unlink()

    with pytest.raises(ArtefactError):
        start_shadow(model=model, by="test")
    model.refresh_from_db()
    assert model.state == "candidate"
