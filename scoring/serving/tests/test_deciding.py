"""What models do to decisions: who decides, who is scored beside, and what happens in an outage."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from foundation.models import OutboxEvent
from rules.engine import bucket
from rules.registry import registry as rulesets
from scoring.detectors.manifest import GRAPH
from scoring.models import Decision
from scoring.prepare import hashes_of
from scoring.replay import replay
from scoring.services import score_transaction
from scoring.serving import hearing, typical
from scoring.serving.models import ModelVersion
from scoring.serving.patience import IN_A_ROW
from scoring.serving.registry import registry
from scoring.serving.services import put_in_force, retire, split_traffic
from scoring.serving.tests.making import (
    forget_all,
    make_challenger,
    make_champion,
    make_model,
)
from scoring.tests.making import make_request, make_suspicious

pytestmark = pytest.mark.django_db


def score(client, request=None):
    return score_transaction(client=client, request=request or make_request(), source="test")


def stored(answer) -> Decision:
    return Decision.objects.select_related("transaction").get(
        transaction__external_id=answer.transaction_id
    )


def break_files(model) -> None:
    (model.folder / GRAPH).write_bytes(b"other")
    forget_all()


def test_without_any_model_the_rules_decide_alone(bank):
    answer = score(bank)

    assert (answer.ml_score, answer.model_version, answer.degraded) == (None, "", ())


def test_the_champion_takes_part_in_the_decision(bank):
    make_champion()

    answer = score(bank)  # 1,500 by transfer: margin 1.5

    assert answer.ml_probability == pytest.approx(5.5 / 8)
    assert answer.ml_score == pytest.approx(62.5)
    assert answer.model_version == "first"
    assert answer.fraud_score == int(0.6 * answer.rule_score + 0.4 * 62.5 + 0.5)
    assert stored(answer).inputs["anomaly"] == 40.0


def test_a_client_may_do_without(bank):
    make_champion()

    answer = score(bank, make_request(use_ml=False))

    assert (answer.ml_score, answer.model_version, answer.degraded) == (None, "", ())


def test_a_flagged_decision_names_what_moved_the_model(bank):
    make_champion()

    answer = score(bank, make_suspicious())

    assert answer.status == "declined"
    assert answer.ml_risk_factors[:2] == ("high_amount", "vpn_usage")
    assert score(bank, make_request(user_id="grace", amount=5.0)).ml_risk_factors == ()


def test_the_factors_are_the_same_when_the_decision_is_read_again(bank):
    make_champion()
    request = make_suspicious(transaction_id="t-1")

    assert score(bank, request).ml_risk_factors == score(bank, request).ml_risk_factors != ()


def test_challengers_are_scored_beside_and_decide_nothing(bank):
    make_champion()
    alone = score(bank)
    make_challenger(bonus=1.0)

    answer = score(bank, make_request(user_id="grace"))

    assert (answer.fraud_score, answer.model_version) == (alone.fraud_score, "first")
    [beside] = stored(answer).inputs["beside"]
    assert beside["model"] == "second"
    assert beside["ml_score"] == pytest.approx(77.5)


def test_a_challenger_decides_for_its_share_of_the_customers(bank):
    make_champion()
    split_traffic(model=make_challenger(), share=30, by="test")
    names = [f"customer {number}" for number in range(40)]

    deciding = {name: score(bank, make_request(user_id=name)) for name in names}

    places = {name: bucket("models", hashes_of({"user_id": name})["user_id"]) for name in names}
    for name, answer in deciding.items():
        chosen = "second" if places[name] < 30 else "first"
        assert answer.model_version == chosen
        [beside] = stored(answer).inputs["beside"]
        assert beside["model"] == {"first": "second", "second": "first"}[chosen]
    assert {answer.model_version for answer in deciding.values()} == {"first", "second"}


def test_a_promotion_is_seen_by_the_next_transaction(bank):
    make_champion()
    assert score(bank).model_version == "first"

    put_in_force(model=make_model("better", bonus=0.5), by="test", reason="better")

    answer = score(bank)
    assert answer.model_version == "better"
    assert answer.ml_score == pytest.approx(70.0)


def test_a_retired_challenger_is_scored_no_more(bank):
    make_champion()
    challenger = make_challenger()
    score(bank)

    retire(model=challenger, by="test")

    assert "beside" not in stored(score(bank)).inputs


def test_models_cost_no_statement(bank):
    make_champion()
    make_challenger()
    for _ in range(2):
        score(bank)

    with CaptureQueriesContext(connection) as queries:
        score(bank)

    assert len([q for q in queries if "SAVEPOINT" not in q["sql"]]) == 2


def test_a_corrupt_champion_is_replaced_by_the_recent_median_and_told_once(bank):
    champion = make_champion()
    for amount in (100.0, 1_500.0, 1_501.0):
        score(bank, make_request(amount=amount))
    break_files(champion)

    first, second = score(bank), score(bank)

    assert first.degraded == second.degraded == ("model",)
    assert (first.ml_score, first.ml_probability) == (pytest.approx(62.5), None)
    assert first.model_version == ""
    assert OutboxEvent.objects.filter(type="scoring.model_failed.v1").count() == 1
    champion.refresh_from_db()
    assert "not what was written" in champion.fault


def test_the_median_is_the_verticals_own(bank):
    champion = make_champion()
    score(bank, make_request(vertical="fintech"))
    break_files(champion)

    assert score(bank, make_request(vertical="crypto")).ml_score == 10.0
    assert score(bank, make_request(vertical="fintech")).ml_score == pytest.approx(62.5)


def test_a_quiet_vertical_keeps_its_median_beside_a_busy_one(bank, monkeypatch):
    monkeypatch.setattr(typical, "RECENT", 2)
    champion = make_champion()
    score(bank, make_request(vertical="crypto"))
    for amount in (100.0, 101.0, 102.0):
        score(bank, make_request(vertical="fintech", amount=amount))
    break_files(champion)

    assert score(bank, make_request(vertical="crypto")).ml_score == pytest.approx(62.5)


def test_what_stood_in_counts_only_until_a_model_has_spoken(bank, monkeypatch):
    """Else the ten of an outage at the very beginning would weigh like a model's word."""
    champion = make_champion()
    break_files(champion)
    for amount in (1.0, 2.0, 3.0):
        assert score(bank, make_request(amount=amount)).ml_score == 10.0
    put_in_force(model=make_model("second"), by="test", reason="it works")
    score(bank)
    break_files(ModelVersion.objects.get(version="second"))

    assert [score(bank).ml_score for _ in range(2)] == [pytest.approx(62.5)] * 2


def test_the_median_is_read_over_an_index(bank):
    score(bank)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN " + typical._MEDIAN, ["fintech", typical.RECENT])
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "tx_vertical" in plan
    assert "Sort Key: transactions_transaction.id" not in plan


def test_before_any_score_ten_stands_in(bank):
    champion = make_champion()
    break_files(champion)

    assert score(bank).ml_score == 10.0


def test_a_champion_that_is_back_decides_again(bank, monkeypatch):
    champion = make_champion()
    content = (champion.folder / GRAPH).read_bytes()
    break_files(champion)
    assert score(bank).degraded == ("model",)
    (champion.folder / GRAPH).write_bytes(content)

    assert score(bank).degraded == ("model",), "not with every transaction"
    monkeypatch.setattr(registry, "_retry_at", 0.0)

    assert score(bank).model_version == "first"
    champion.refresh_from_db()
    assert champion.fault == ""


def test_a_challenger_that_cannot_be_loaded_leaves_its_customers_to_the_champion(bank):
    make_champion()
    challenger = split_traffic(model=make_challenger(), share=50, by="test")
    break_files(challenger)

    answers = [score(bank, make_request(user_id=str(number))) for number in range(8)]

    assert {answer.model_version for answer in answers} == {"first"}
    assert not any(answer.degraded for answer in answers)


@pytest.mark.parametrize(
    "trouble", ["raises", pytest.param("slow", id="takes too long")], ids=lambda name: name
)
def test_a_model_that_fails_again_and_again_rests(bank, monkeypatch, trouble):
    champion = make_champion()
    score(bank)
    times = iter(range(10_000))
    if trouble == "slow":
        monkeypatch.setattr(hearing, "perf_counter", lambda: float(next(times)))
    else:

        def fails(self, values):
            raise RuntimeError("out of memory")

        monkeypatch.setattr("scoring.detectors.Detector.judge", fails)

    answers = [score(bank) for _ in range(IN_A_ROW + 1)]

    assert answers[-1].degraded == ("model",)
    champion.refresh_from_db()
    assert champion.fault != ""
    assert OutboxEvent.objects.filter(type="scoring.model_failed.v1").count() == 1


@pytest.mark.parametrize("state", ["champion", "split", "outage"])
@pytest.mark.parametrize("make", [make_request, make_suspicious])
def test_a_past_decision_replays_identically_when_all_has_changed(bank, state, make):
    champion = make_champion()
    split_traffic(model=make_challenger(), share=50, by="test")
    if state == "outage":
        score(bank)
        break_files(champion)
    decisions = [stored(score(bank, make(user_id=name))) for name in ("ada", "grace", "joan")]
    put_in_force(model=make_model("third", bonus=3.0), by="test", reason="new")
    ModelVersion.objects.filter(version="second").update(state="retired", share=0)
    forget_all()
    rulesets.forget()

    assert [replay(decision) for decision in decisions] == [[], [], []]
