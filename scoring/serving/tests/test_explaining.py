"""Explanations: rows of their own, exact and additive, in plain words. The model is a real one."""

import numpy as np
import pytest
import xgboost

from foundation.outbox import drain_outbox
from scoring.detectors.manifest import explainer
from scoring.detectors.tests.making import ALIGNMENT, COLUMNS, make_artefact
from scoring.models import Decision
from scoring.services import score_transaction
from scoring.serving.explaining import OTHERS, explain, explainer_of
from scoring.serving.models import Explanation
from scoring.serving.services import put_in_force, register_model
from scoring.serving.telling import factors_told, words_of
from scoring.tasks import explain_decision
from scoring.tests.making import make_request, make_suspicious

pytestmark = pytest.mark.django_db


def boosters():
    rng = np.random.default_rng(0)
    rows = np.column_stack(
        [rng.lognormal(9, 3, 400), rng.integers(0, 2, 400), rng.integers(0, 2, 400)]
    ).astype(np.float32)
    rows[rng.random(rows.shape) < 0.2] = np.nan
    danger = np.log(np.nan_to_num(rows[:, 0], nan=1.0)) + 4 * np.nan_to_num(rows[:, 1])
    data = xgboost.DMatrix(
        rows,
        danger > 12,
        feature_names=[column.name for column in COLUMNS],
        feature_types=["q", "q", "c"],
        enable_categorical=True,
    )
    settings_of = {"objective": "binary:logistic", "max_depth": 3, "nthread": 1}
    return [xgboost.train({**settings_of, "seed": seed}, data, 5) for seed in (0, 1)]


@pytest.fixture
def champion(models_dir):
    explainer_of.cache_clear()
    files = {explainer(i): bytes(b.save_raw("ubj")) for i, b in enumerate(boosters())}
    artefact = make_artefact(models_dir / "explained", more=files, boosters=2)
    model = register_model(artefact=artefact, card={}, by="test")
    yield put_in_force(model=model, by="test", reason="the only one")
    explainer_of.cache_clear()


def decide(client, request) -> Decision:
    answer = score_transaction(client=client, request=request, source="test")
    return Decision.objects.get(transaction__external_id=answer.transaction_id)


def test_flagged_decisions_are_explained_by_the_worker(bank, champion):
    flagged, plain = (
        decide(bank, make_suspicious()),
        decide(bank, make_request(user_id="grace", amount=5.0)),
    )
    assert (flagged.status, plain.status) == ("declined", "approved")

    drain_outbox()

    assert list(Explanation.objects.values_list("pk", flat=True)) == [flagged.pk]


def test_contributions_add_up_to_the_margin(bank, champion):
    decision = decide(bank, make_suspicious())

    explain([str(decision.pk)])

    told = Explanation.objects.get()
    row = np.array([[500_000.0, 1.0, 1.0]], np.float32)
    data = xgboost.DMatrix(
        row,
        feature_names=[column.name for column in COLUMNS],
        feature_types=["q", "q", "c"],
        enable_categorical=True,
    )
    margin = np.mean(
        [b.predict(data, output_margin=True) for b in explainer_of("explained").boosters]
    )
    assert told.margin == pytest.approx(margin, abs=1e-5)
    assert told.base + sum(one["contribution"] for one in told.factors) == pytest.approx(
        margin, abs=1e-5
    )
    assert {one["name"] for one in told.factors} <= {column.name for column in COLUMNS}
    assert {one["name"]: one["value"] for one in told.factors}["ip_is_vpn"] is True
    points = ALIGNMENT.at(told.base) + sum(one["points"] for one in told.factors)
    assert points == pytest.approx(ALIGNMENT.at(float(margin)), abs=0.01)


def test_a_decision_is_explained_once(bank, champion):
    decision = decide(bank, make_suspicious())

    assert [explain([str(decision.pk)]) for _ in range(2)] == [1, 0]


def test_any_decision_of_a_model_is_explained_on_demand(bank, champion):
    decision = decide(bank, make_request())

    explain_decision(str(decision.pk))

    assert Explanation.objects.filter(pk=decision.pk).exists()


def test_decisions_without_a_model_have_nothing_to_explain(bank, champion):
    decision = decide(bank, make_request(use_ml=False))

    assert explain([str(decision.pk)]) == 0


def test_a_model_whose_files_are_gone_explains_nothing(bank, champion):
    decision = decide(bank, make_suspicious())
    (champion.folder / explainer(1)).unlink()

    assert explain([str(decision.pk)]) == 0
    drain_outbox()  # nobody's event is set aside for it


def test_factors_are_told_in_words_and_points(bank, champion):
    decision = decide(bank, make_suspicious())
    assert factors_told(decision, currency="NGN") is None

    explain([str(decision.pk)])

    told = {factor.name: factor for factor in factors_told(decision, currency="NGN")}
    assert "500,000" in told["amount"].words
    assert told["ip_is_vpn"].words.endswith(": yes")
    assert told["ip_is_vpn"].points > 0


def test_the_rest_is_told_together():
    assert words_of(OTHERS, None, "NGN") == "Everything else together"
