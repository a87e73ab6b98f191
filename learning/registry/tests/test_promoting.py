"""From a challenger to the champion, and back."""

import datetime as dt

import pytest
from django.utils import timezone as clock

from foundation import approvals
from foundation.errors import Forbidden
from foundation.models import ApprovalRequest, AuditEntry
from learning.registry.comparing import compare
from learning.registry.errors import PromotionRefused
from learning.registry.models import ModelComparison
from learning.registry.promoting import (
    previous_champion,
    promote_first,
    propose_promotion,
    roll_back,
)
from learning.registry.tests.test_paired import GOOD
from scoring.detectors.manifest import GRAPH
from scoring.services import score_transaction
from scoring.serving.services import champion, put_in_force
from scoring.serving.tests.making import make_challenger, make_champion, make_model
from scoring.tests.making import make_request

pytestmark = pytest.mark.django_db


def passed(model) -> ModelComparison:
    return ModelComparison.objects.create(
        champion=champion(), challenger=model, rows=500, frauds=40, figures=GOOD, made_by="test"
    )


def test_too_few_labels_are_no_evidence(bank, people):
    make_champion()
    challenger = make_challenger()

    with pytest.raises(PromotionRefused, match="let labels come in"):
        compare(model=challenger, by=people["grace"])


def test_a_promotion_needs_a_comparison_with_the_present_champion(people):
    make_champion()
    challenger = make_challenger()

    with pytest.raises(PromotionRefused, match="Compare second"):
        propose_promotion(model=challenger, by=people["grace"], reason="better")

    passed(challenger)
    put_in_force(model=make_model("third"), by="test", reason="meanwhile")
    with pytest.raises(PromotionRefused, match="Compare second"):
        propose_promotion(model=challenger, by=people["grace"], reason="better")


def test_the_gate_holds_back_what_did_not_pass(people):
    make_champion()
    challenger = make_challenger()
    comparison = passed(challenger)
    ModelComparison.objects.filter(pk=comparison.pk).update(objections=["Its cost is not lower."])

    with pytest.raises(PromotionRefused, match="cost is not lower"):
        propose_promotion(model=challenger, by=people["grace"], reason="better")


def test_a_second_person_puts_it_in_force(people):
    make_champion()
    challenger = make_challenger()
    passed(challenger)

    request = propose_promotion(model=challenger, by=people["grace"], reason="better")

    assert champion().version == "first"
    assert request.evidence["average_precision"]["low"] == 0.01
    with pytest.raises(Forbidden, match="own request"):
        approvals.approve(request=request, by=people["grace"])
    approvals.approve(request=request, by=people["joan"], comment="agreed")
    assert champion().version == "second"
    assert AuditEntry.objects.filter(action="approval.executed").exists()


def test_nobody_promotes_without_the_permission(people):
    make_champion()
    challenger = make_challenger()
    passed(challenger)

    with pytest.raises(Forbidden):
        propose_promotion(model=challenger, by=people["ada"], reason="better")
    with pytest.raises(Forbidden):
        roll_back(by=people["ada"], reason="worse")


def test_an_approval_that_comes_after_another_champion_fails(people):
    make_champion()
    challenger = make_challenger()
    passed(challenger)
    request = propose_promotion(model=challenger, by=people["grace"], reason="better")
    put_in_force(model=make_model("third"), by="test", reason="meanwhile")

    done = approvals.approve(request=request, by=people["joan"])

    assert done.state == ApprovalRequest.State.FAILED
    assert champion().version == "third"


def test_an_approved_model_with_broken_files_leaves_the_champion(people):
    make_champion()
    challenger = make_challenger()
    passed(challenger)
    request = propose_promotion(model=challenger, by=people["grace"], reason="better")
    (challenger.folder / GRAPH).write_bytes(b"")

    done = approvals.approve(request=request, by=people["joan"])

    assert done.state == ApprovalRequest.State.FAILED
    assert "not what was written" in done.error
    assert champion().version == "first"


def test_a_roll_back_is_one_step_and_at_once(people):
    make_champion()
    put_in_force(model=make_model("second"), by="test", reason="better")

    roll_back(by=people["grace"], reason="false alarms")

    assert champion().version == "first"
    assert previous_champion().version == "second"


def test_a_roll_back_to_files_that_are_gone_leaves_the_champion(people):
    former = make_champion()
    put_in_force(model=make_model("second"), by="test", reason="better")
    (former.folder / GRAPH).unlink()

    with pytest.raises(PromotionRefused, match="put the model's folder back"):
        roll_back(by=people["grace"], reason="false alarms")

    assert champion().version == "second"


def test_without_a_former_champion_there_is_nothing_to_roll_back_to(people):
    make_champion()
    make_challenger()

    with pytest.raises(PromotionRefused, match="No model decided before"):
        roll_back(by=people["grace"], reason="worse")


def test_an_installation_may_ask_for_approval_of_roll_backs(people, settings):
    settings.APPROVALS_REQUIRED = {"models.rollback": 1}
    make_champion()
    put_in_force(model=make_model("second"), by="test", reason="better")

    request = roll_back(by=people["grace"], reason="false alarms")

    assert champion().version == "second"
    approvals.approve(request=request, by=people["joan"])
    assert champion().version == "first"


def test_the_first_model_decides_without_approval_and_only_the_first():
    promote_first(model=make_model(), by="train_model")

    assert champion().version == "first"
    with pytest.raises(PromotionRefused, match="propose a promotion"):
        promote_first(model=make_model("second"), by="train_model")


def test_an_analyst_does_not_put_the_first_model_in_force(people):
    model = make_model()

    with pytest.raises(Forbidden):
        promote_first(model=model, by=people["ada"])
    assert champion() is None


def test_a_comparison_keeps_figures_bounds_and_curves(bank, people, monkeypatch):
    """Labels agree with the challenger; the champion does not know them apart."""
    make_champion()
    challenger = make_challenger()
    monkeypatch.setattr("learning.registry.comparing.evidence_on", _evidence)
    score_transaction(client=bank, request=make_request(), source="test")

    made = compare(model=challenger, by=people["grace"])

    assert made.passes, made.objections
    assert (made.rows, made.frauds) == (1_000, 100)
    assert made.figures["average_precision"]["low"] > 0
    assert len(made.figures["calibration_curve"][1]) == 15
    assert min(made.figures["latency_us"]) > 0
    assert made.made_at <= clock.now() + dt.timedelta(seconds=1)


def _evidence(*_, maturity):
    import numpy as np

    from learning.registry.evidence import Evidence
    from learning.registry.paired import Opinions

    fraud = np.arange(1_000) % 10 == 0
    blind, knowing = np.full(1_000, 0.1), np.where(fraud, 0.999, 0.001)
    blind[::3] += 0.01
    return Evidence(
        Opinions(100 * blind, blind),
        Opinions(100 * knowing, knowing),
        fraud,
        np.full(1_000, 50.0),
        np.arange(1_000),
    )
