"""The pages of models."""

import pytest
from django.test import Client
from django.urls import reverse

from foundation.models import ApprovalRequest
from learning.registry.charts import card_figures, side_by_side
from learning.registry.models import ModelComparison
from learning.registry.presenting import further_figures, headlines, so_far
from learning.registry.tests.test_paired import GOOD
from scoring.detectors.manifest import CARD_PAGE
from scoring.services import score_transaction
from scoring.serving.models import ModelVersion
from scoring.serving.services import champion, put_in_force
from scoring.serving.tests.making import make_challenger, make_champion, make_model
from scoring.tests.making import make_request
from transactions.models import Transaction
from transactions.services import record_label

pytestmark = pytest.mark.django_db
CURVES = {
    "recall_curve": [[(0.1, 0.5), (1.0, 0.1)], [(0.1, 0.9), (1.0, 0.1)]],
    "calibration_curve": [[(0.1, 0.2)], [(0.1, 0.1)]],
}


@pytest.fixture
def browse(people):
    clients = {}
    for name, user in people.items():
        clients[name] = Client()
        clients[name].force_login(user)
    return clients


def address(name, model):
    return reverse(f"admin:scoring_modelversion_{name}", args=[model.pk])


def compared(model):
    return ModelComparison.objects.create(
        champion=champion(),
        challenger=model,
        rows=1_500,
        frauds=40,
        figures={**GOOD, **CURVES},
        made_by="test",
    )


def test_the_list_says_who_decides(browse):
    make_champion()
    make_challenger()

    page = browse["grace"].get(reverse("admin:scoring_modelversion_changelist")).content.decode()

    assert "champion" in page
    assert "challenger" in page


def test_a_challengers_page_shows_both_side_by_side_with_curves(browse):
    make_champion()
    challenger = make_challenger()
    compared(challenger)

    page = browse["grace"].get(address("change", challenger)).content.decode()

    assert "passes the gate" in page
    assert "0.5000" in page
    assert "+0.0100 to +0.0500" in page
    assert page.count('<polyline class="ml-champion"') == 2
    assert page.count('<polyline class="ml-challenger"') == 2
    assert "400 resamples" in page


def test_a_challenger_says_what_a_comparison_waits_for(browse, bank):
    """Both scored two transactions; one turned out fraud, and nobody knows of the other."""
    make_champion()
    challenger = make_challenger()
    for name in ("one", "two"):
        score_transaction(client=bank, request=make_request(transaction_id=name), source="test")
    row = Transaction.objects.get(external_id="one")
    for _ in range(2):  # two sources may say so
        record_label(transaction_row=row, is_fraud=True, source="chargeback", by="test")
    record_label(transaction_row=row, is_fraud=True, source="customer", by="test")

    found = so_far(champion(), challenger)

    assert (found.frauds, found.genuine, found.is_enough) == (1, 0, False)
    page = browse["grace"].get(address("change", challenger)).content.decode()
    assert "labels have to come in first" in page
    assert "no model is in force" not in page.lower()


def test_labels_of_what_one_of_them_did_not_score_do_not_count(bank):
    make_champion()
    score_transaction(client=bank, request=make_request(transaction_id="one"), source="test")
    challenger = make_challenger()
    row = Transaction.objects.get(external_id="one")
    record_label(transaction_row=row, is_fraud=True, source="chargeback", by="test")

    assert so_far(champion(), challenger).frauds == 0


def test_a_comparison_with_an_earlier_champion_asks_for_another(browse):
    make_champion()
    challenger = make_challenger()
    compared(challenger)
    put_in_force(model=make_model("third"), by="test", reason="meanwhile")

    page = browse["grace"].get(address("change", challenger)).content.decode()

    assert "compare again before a promotion" in page


@pytest.mark.parametrize(
    ("figures", "told"),
    [
        ({"average_precision": 0.61234, "rows": 9.0}, [("0.612", "average precision")]),
        ({"average_precision": None}, []),
        (None, []),
    ],
)
def test_headlines_are_what_the_card_has(figures, told):
    assert headlines({"figures": figures}) == told


def test_no_figure_stands_twice():
    card = {"figures": {"average_precision": 0.5, "rows": 40_000.0}}

    assert further_figures(card) == {"figures: rows": 40_000}


def test_a_challenger_goes_all_the_way_by_clicks(browse):
    """Beside the champion, promoted by two people, and back again."""
    make_champion()
    model = make_model("second", bonus=1.0)
    grace, joan = browse["grace"], browse["joan"]

    grace.post(address("shadow", model), {"reason": "looks good"})
    grace.post(address("split", model), {"reason": "try it", "share": 10})
    model.refresh_from_db()
    assert (model.state, model.share) == ("shadow", 10)
    compared(model)
    grace.post(address("promote", model), {"reason": "better"})
    request = ApprovalRequest.objects.get()
    shown = joan.get(reverse("admin:foundation_approvalrequest_change", args=[request.pk]))
    assert "Promotion of model second" in shown.content.decode()
    assert "+0.0100 to +0.0500" in shown.content.decode()
    joan.post(
        reverse("admin:foundation_approvalrequest_approve", args=[request.pk]), {"comment": "yes"}
    )
    assert champion().version == "second"

    grace.post(address("rollback", model), {"reason": "false alarms"})
    assert champion().version == "first"


def test_a_refusal_is_said_on_the_page(browse):
    make_champion()
    challenger = make_challenger()

    answer = browse["grace"].post(address("promote", challenger), {"reason": "better"})

    assert "Compare second with the champion first first." in answer.content.decode()
    assert champion().version == "first"


def test_the_card_runs_nothing(browse, models_dir):
    files = {CARD_PAGE: b"<h1>How it did</h1>"}
    model = make_model("with-card", more=files)

    answer = browse["grace"].get(address("card", model))

    assert answer.content == files[CARD_PAGE]
    assert "sandbox" in answer["Content-Security-Policy"]
    assert "script-src" not in answer["Content-Security-Policy"]


def test_analysts_do_not_see_models(browse):
    model = make_champion()

    for name in ("change", "promote", "card"):
        assert browse["ada"].get(address(name, model)).status_code in {302, 403}


def test_what_cannot_be_used_says_so(browse):
    model = put_in_force(model=make_model(), by="test", reason="only one")
    ModelVersion.objects.filter(pk=model.pk).update(fault="model.onnx is gone")

    assert "model.onnx is gone" in browse["grace"].get(address("change", model)).content.decode()


def test_figures_of_a_card_are_told_one_by_one():
    card = {"rows": 12, "auc": 0.123456789, "by_week": [1, 2], "test": {"AP": 0.7, "curve": [1]}}

    assert card_figures(card) == {"rows": 12, "auc": 0.123457, "test: AP": 0.7}
    assert side_by_side(GOOD)[-1].champion == "no groups"
