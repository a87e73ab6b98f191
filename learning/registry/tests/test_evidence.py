"""What both models said, read from the archive."""

import pytest

from learning.archive.exporting import export
from learning.registry.evidence import evidence_on
from learning.tests.conftest import archive, first_serial, rule_book  # noqa: F401
from scoring.services import score_transaction
from scoring.serving.tests.making import make_challenger, make_champion
from scoring.tests.making import make_request
from transactions.models import Transaction
from transactions.services import record_label

pytestmark = pytest.mark.django_db(transaction=True)


def test_evidence_is_what_both_said_of_labelled_transactions(bank, archive):  # noqa: F811
    make_champion()
    make_challenger(bonus=1.0)
    for number, amount in enumerate((500.0, 5_000.0, 6_000.0)):
        request = make_request(user_id=f"c{number}", transaction_id=f"t-{number}", amount=amount)
        score_transaction(client=bank, request=request, source="test")
    for name, is_fraud in (("t-0", False), ("t-1", True)):
        row = Transaction.objects.get(external_id=name)
        record_label(transaction_row=row, is_fraud=is_fraud, source="chargeback", by="test")
    export()

    found = evidence_on("first", "second")

    assert found.fraud.tolist() == [False, True]
    assert found.champion.score.tolist() == pytest.approx([25.0, 62.5])
    assert found.challenger.score.tolist() == pytest.approx([35.0, 77.5])
    assert found.amount[1] == pytest.approx(10 * found.amount[0])
