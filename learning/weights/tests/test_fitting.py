"""Weights from outcomes that are known by construction."""

from dataclasses import replace

import numpy as np
import pytest

from learning.weights.evidence import Outcomes, RuleFacts, evidence
from learning.weights.fitting import TooLittle, fit_weights
from scoring.formula import rule_score


def made(
    *, rows=8_000, weights=(1.0, 1.0, 1.0), families=("a", "b", "c"), seed=1, risks=(2.5, 2.5, 0.0)
):
    """Three rules worth half a point each; hits raise the log odds of fraud by `risks`."""
    chance = np.random.default_rng(seed)
    hit = chance.random((rows, 3)) < 0.15
    odds = -4.0 + hit @ np.asarray(risks)
    fraud = chance.random(rows) < 1 / (1 + np.exp(-odds))
    facts = tuple(RuleFacts(f"rule_{n}", families[n], 0.5, weights[n]) for n in range(3))
    return Outcomes(facts, hit * 0.5, fraud, np.arange(rows))


def test_a_rule_that_cries_wolf_should_weigh_less():
    fitted = fit_weights(made(), 40)
    found = {one.rule.code: one for one in fitted.suggestions}
    quiet = found["rule_2"]
    assert quiet.weight < 0.3
    assert quiet.high < 1.0
    assert quiet.hits > 1_000
    assert fitted.after.average_precision > fitted.before.average_precision


def test_a_rule_that_tells_more_than_it_weighs_should_weigh_more():
    fitted = fit_weights(made(weights=(1.0, 0.2, 1.0), risks=(2.5, 4.0, 2.5)), 40)
    [one] = [each for each in fitted.suggestions if each.rule.code == "rule_1"]
    assert one.low > 0.2
    assert one.weight > 0.5


def test_weights_that_are_right_may_stay():
    fitted = fit_weights(made(risks=(2.0, 2.0, 2.0)), 40)
    assert fitted.suggestions == ()
    assert fitted.before == fitted.after


def test_no_weight_is_negative_or_above_what_a_vertical_allows():
    fitted = fit_weights(made(weights=(0.3, 1.0, 1.0), risks=(5.0, 1.0, -3.0)), 40)
    assert fitted.suggestions
    for one in fitted.suggestions:
        assert 0 <= one.low <= one.weight <= one.high <= 5.0


def test_a_rule_with_few_hits_gets_no_suggestion():
    outcomes = made()
    worth = outcomes.worth.copy()
    worth[20:, 2] = 0.0
    fitted = fit_weights(replace(outcomes, worth=worth), 40)
    assert "rule_2" not in {one.rule.code for one in fitted.suggestions}


def test_many_hits_of_one_customer_are_no_more_evidence_than_one():
    """Each row ten times: a weight that is surely another is not, when ten rows are one's."""
    few = made(rows=800, seed=3)
    again = np.repeat(np.arange(800), 10)
    many = replace(few, worth=few.worth[again], fraud=few.fraud[again], customer=again)
    strangers = replace(many, customer=np.arange(8_000))

    def width(outcomes):
        fitted = fit_weights(outcomes, 40)
        return [one.high - one.low for one in fitted.suggestions if one.rule.code == "rule_2"]

    assert width(many) == [] or width(many)[0] > 2 * width(strangers)[0]


def test_the_score_of_later_days_is_the_formulas():
    """Two of one family count once."""
    from dataclasses import dataclass

    from learning.weights.fitting import _Judge

    @dataclass
    class Hit:
        family: str
        score: float
        weight: float
        confidence: float = 1.0
        effect: str = "score"

    outcomes = made(families=("a", "a", "b"), weights=(1.0, 0.5, 2.0), rows=200)
    told = _Judge(outcomes, 0, 40)._scores({})
    for row in range(200):
        hits = [
            Hit(rule.family, 100 * worth, rule.weight)
            for rule, worth in zip(outcomes.rules, outcomes.worth[row], strict=True)
            if worth
        ]
        assert told[row] == pytest.approx(rule_score(hits))


@pytest.mark.parametrize(
    ("outcomes", "sentence"),
    [
        (made(rows=300), "50 and 500 are needed"),
        (made(risks=(0.0, 0.0, 0.0)), "say nothing about fraud"),
    ],
    ids=["few labels", "rules that know nothing"],
)
def test_where_nothing_can_be_said_the_reason_is(outcomes, sentence):
    with pytest.raises(TooLittle, match=sentence):
        fit_weights(outcomes, 40)


def test_frauds_of_long_ago_alone_judge_nothing():
    outcomes = made()
    fraud = outcomes.fraud.copy()
    fraud[outcomes.later() :] = False
    with pytest.raises(TooLittle, match="on later days; 10 are needed"):
        fit_weights(replace(outcomes, fraud=fraud), 40)


def test_evidence_adds_up_as_the_noisy_or_multiplies():
    both = 1 - (1 - 0.3) * (1 - 0.6)
    assert evidence(0.3) + evidence(0.6) == pytest.approx(evidence(both))
    assert np.isfinite(evidence(1.0))
