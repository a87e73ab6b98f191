"""What training made becomes a version that can decide."""

from pathlib import Path

import pytest
from django.conf import settings

from learning.export.errors import NotExportable
from learning.export.tests.making import make_trained
from learning.registry import accepting
from learning.registry.accepting import accept_trained
from learning.registry.comparing import _fairness
from learning.teaching import _summary
from scoring.detectors import ForeignArtefact
from scoring.detectors.manifest import CARD, CARD_PAGE
from scoring.serving.services import champion

pytestmark = pytest.mark.django_db
FIGURES = {"AP": 0.7, "rows": 2_000.0, "frauds": 40.0, "roc_auc": 0.9}
EVALUATION = {"figures": FIGURES, "fairness": {}}


@pytest.fixture(autouse=True)
def plain_page(monkeypatch):
    monkeypatch.setattr(accepting, "as_html", lambda card, name: f"<h1>{name}</h1>")


def accept():
    return accept_trained(trained=make_trained(), card=EVALUATION, by="train_model")


def test_the_first_model_decides_at_once_and_the_next_waits():
    first = accept()
    second = accept()

    assert champion() == first
    assert second.state == "candidate"
    assert second.card["figures"]["AP"] == 0.7
    assert {path.name for path in second.folder.iterdir()} > {CARD, CARD_PAGE}


def test_a_first_model_with_a_leak_alarm_waits_for_people():
    leaking = {**EVALUATION, "leaks": {"passed": False}}

    model = accept_trained(trained=make_trained(), card=leaking, by="train_model")

    assert (model.state, champion()) == ("candidate", None)


def test_a_first_model_of_one_institution_waits_for_people_and_says_why():
    card = {**EVALUATION, "facts": {"institution": "north-bank"}}

    model = accept_trained(trained=make_trained(), card=card, by="train_model")

    assert (model.state, champion()) == ("candidate", None)
    assert "It learned from north-bank alone" in _summary(model)


@pytest.mark.parametrize(
    ("figures", "decides"),
    [
        ({"rows": 2_000.0, "frauds": 40.0, "roc_auc": 0.55}, False),  # 1.09 deviations of a coin
        ({"rows": 2_000.0, "frauds": 40.0, "roc_auc": 0.58}, True),  # 1.74
        ({"rows": 2_000.0, "frauds": 40.0, "roc_auc": 0.41}, False),
        ({"rows": 20.0, "frauds": 2.0, "roc_auc": 0.8}, False),  # too few to be sure
        ({"rows": 20.0, "frauds": 0.0}, False),
    ],
)
def test_a_first_model_that_is_not_surely_better_than_chance_waits(figures, decides):
    card = {**EVALUATION, "figures": figures}

    model = accept_trained(trained=make_trained(), card=card, by="train_model")

    assert (champion() == model) is decides


@pytest.mark.parametrize(
    ("where", "fault"),
    [("write_artefact", NotExportable("no")), ("register_model", ForeignArtefact("no"))],
)
def test_what_cannot_be_used_leaves_nothing_behind(monkeypatch, where, fault):
    first = accept()

    def fails(*args, **kwargs):
        raise fault

    monkeypatch.setattr(accepting, where, fails)
    with pytest.raises(type(fault)):
        accept()

    assert champion() == first
    assert [path.name for path in Path(settings.MODELS_DIR).iterdir()] == [first.version]


def test_fairness_is_the_worst_of_the_cards_groups():
    card = {"fairness": {"sex": {"ratio": 0.9}, "region": {"ratio": 0.7}, "age": {}}}
    assert (_fairness(card), _fairness({}), _fairness({"fairness": {}})) == (0.7, None, None)
