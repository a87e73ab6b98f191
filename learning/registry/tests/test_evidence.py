"""What both models said, read from the archive."""

import datetime as dt

import pytest

from learning.archive.exporting import export
from learning.registry.evidence import evidence_on
from learning.tests.conftest import archive, first_serial, rule_book  # noqa: F401
from scoring.services import score_transaction
from scoring.serving.tests.making import make_challenger, make_champion
from scoring.tests.making import make_request, make_suspicious
from transactions.models import Transaction
from transactions.services import record_label

pytestmark = pytest.mark.django_db(transaction=True)


def test_evidence_is_what_both_said_of_transactions_of_known_outcome(bank, archive, settings):  # noqa: F811
    """Two have labels; of the others one was let through and one declined."""
    settings.TRAINING_FAIRNESS_GROUPS = ["currency", "hits", "no_such_column"]
    make_champion()
    make_challenger(bonus=1.0)
    for number, amount in enumerate((500.0, 5_000.0, 500.0)):
        request = make_request(
            user_id=f"c{number % 2}", transaction_id=f"t-{number}", amount=amount
        )
        score_transaction(client=bank, request=request, source="test")
    declined = make_suspicious(transaction_id="t-3")
    assert score_transaction(client=bank, request=declined, source="test").status == "declined"
    for name, is_fraud in (("t-0", False), ("t-1", True)):
        row = Transaction.objects.get(external_id=name)
        record_label(transaction_row=row, is_fraud=is_fraud, source="chargeback", by="test")
    export()

    found = evidence_on("first", "second", maturity=dt.timedelta())

    assert found.fraud.tolist() == [False, True, False]
    assert found.champion.score.tolist() == pytest.approx([25.0, 62.5, 25.0])
    assert found.challenger.score.tolist() == pytest.approx([35.0, 77.5, 35.0])
    assert found.amount[1] == pytest.approx(10 * found.amount[0])
    first, second, third = found.customer.tolist()
    assert (first == third, {first, second}) == (True, {0, 1})
    assert {name: len(set(told)) for name, told in found.groups.items()} == {"currency": 1}
    assert len(evidence_on("first", "third", maturity=dt.timedelta()).fraud) == 0


def test_what_is_younger_than_labels_take_to_come_is_no_evidence(bank, archive):  # noqa: F811
    make_champion()
    make_challenger(bonus=1.0)
    score_transaction(client=bank, request=make_request(transaction_id="t-0"), source="test")
    row = Transaction.objects.get(external_id="t-0")
    record_label(transaction_row=row, is_fraud=True, source="chargeback", by="test")
    export()

    assert len(evidence_on("first", "second", maturity=dt.timedelta(days=1)).fraud) == 0
