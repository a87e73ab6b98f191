"""The figures at the door: every address, its parameters, whose figures, and wrong ones."""

import pytest

from intake.openapi.figures import OPERATIONS
from intake.tests.cast import SUSPICIOUS, wrong_fields
from intake.tests.conftest import open_bank
from scoring.models import Decision
from transactions.models import Transaction
from transactions.services import record_label

pytestmark = pytest.mark.django_db
HOME = "/api/v1/analytics/"
PATHS = [
    operation.path.replace("{vertical}", "fintech")
    for operation in OPERATIONS
    if operation.tag == "analytics"
]


@pytest.fixture
def paid(bank, stranger):
    """A declined fraud and an approved payment; the other bank's are nobody else's business."""
    bank.send({**SUSPICIOUS, "transaction_id": "t-1"})
    bank.check(transaction_id="t-2")
    for number in range(3):
        stranger.send({**SUSPICIOUS, "transaction_id": f"theirs-{number}"})
    row = Transaction.objects.get(external_id="t-1")
    record_label(transaction_row=row, is_fraud=True, source="client", by="test")
    return bank


def get(caller, path, **params):
    response = caller.get(path if path.startswith("/") else HOME + path, params)
    assert response.status_code == 200, response.content
    return response.json()


def test_accuracy_has_the_promised_fields(paid):
    told = get(paid, "accuracy")
    promised = ["total_feedback", "correct_predictions", "false_positives", "false_negatives"]
    assert [told[name] for name in promised] == [1, 1, 0, 0]
    assert told["accuracy"] == 1.0


def test_trends_have_a_point_for_each_day(paid):
    told = get(paid, "fraud-trends", days="7")
    assert (told["days"], len(told["trends"])) == (7, 7)
    today = told["trends"][-1]
    assert (today["transactions"], today["declined"], today["confirmed_fraud"]) == (2, 1, 1)
    assert today["fraud_rate"] == 50.0


def test_model_performance_says_what_there_is_without_a_model(paid):
    told = get(paid, "model-performance")
    assert "rules alone" in told["note"]
    assert told["models"][0]["model_version"] is None


def test_patterns_and_distribution_count_our_own_alone(paid):
    assert get(paid, "transaction-patterns")["total_transactions"] == 2
    assert get(paid, "risk-distribution")["total_transactions"] == 2


def test_figures_can_be_of_one_vertical(paid):
    assert get(paid, "risk-distribution", industry="fintech")["total_transactions"] == 1


def test_threshold_advice_has_the_promised_fields(paid):
    told = get(paid, "threshold-advice", industry="lending")
    assert told["suggestion"] == "no_change"
    assert (told["current_threshold"], told["suggested_threshold"]) == (65, 65)
    assert "least to go by" in told["reason"]
    assert get(paid, "threshold-advice")["industry"] == "payments"


def test_a_verticals_metrics(paid):
    told = get(paid, "verticals/fintech")
    assert (told["total_transactions"], told["fraudulent_count"]) == (1, 1)
    assert told["fraud_rate"] == 100.0
    declined = Decision.objects.get(transaction__external_id="t-1")
    assert told["average_rule_score"] == round(declined.rule_score, 4)
    every = get(paid, "verticals")["verticals"]
    assert len(every) == 11
    assert told in every


def test_an_unknown_vertical_is_not_found(paid):
    assert paid.get(HOME + "verticals/casino").status_code == 404


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "params",
    [
        {"days": "0"},
        {"days": "367"},
        {"days": "-1"},
        {"days": "NaN"},
        {"days": "1e3"},
        {"days": ""},
        {"days": "٣"},
        {"days": "9" * 5_000},
        {"dayz": "3"},
    ],
)
def test_a_wrong_parameter_is_named(bank, path, params):
    assert len(wrong_fields(bank.get(path, params))) == 1


@pytest.mark.parametrize("path", [*PATHS, "/api/v1/transactions", "/api/v1/webhooks/deliveries"])
def test_thousands_of_parameters_are_refused_unread(bank, path):
    assert not wrong_fields(bank.get(f"{path}?{'days=1&' * 1_100}"))


@pytest.mark.parametrize("path", PATHS)
def test_without_anything_stored_there_is_an_answer(bank, path):
    assert bank.get(path).status_code == 200


@pytest.mark.parametrize("path", PATHS)
def test_reading_needs_a_key_of_the_scope(rule_book, path):
    _, scorer = open_bank("scorer", scopes=["score"])
    assert scorer.get(path).status_code == 403
    scorer.key = None
    assert scorer.get(path).status_code == 401


def test_a_parameter_given_twice_and_an_unknown_vertical_are_named(bank):
    assert "days" in wrong_fields(bank.get(HOME + "accuracy?days=1&days=2"))
    assert "industry" in wrong_fields(bank.get(HOME + "accuracy", {"industry": "casino"}))
