"""What analysts decide moves the figures of the rules that brought the case to them."""

import json
from io import StringIO

import pytest
from django.core.management import call_command

from cases.services.working import claim, decide

pytestmark = pytest.mark.django_db


def figures_of_rules() -> tuple[set[tuple[int, int]], int]:
    """Of the rules that fired: fraud among their hits; and how many decisions have no label.

    A decision without label counts as genuine.
    """
    out = StringIO()
    call_command("rule_report", institution="bank", format="json", stdout=out)
    report = json.loads(out.getvalue())
    fired = [rule["precision"] for rule in report["rules"] if rule["hits"]]
    return {(share["part"], share["whole"]) for share in fired}, report["unlabelled"]


@pytest.mark.parametrize(
    ("disposition", "typology", "after"),
    [
        ("confirmed_fraud", "account_takeover", ({(1, 1)}, 0)),
        ("genuine", "", ({(0, 1)}, 0)),
        ("inconclusive", "", ({(0, 1)}, 1)),
    ],
)
def test_a_verdict_moves_the_precision_of_the_rules_that_fired(
    case, analyst, disposition, typology, after
):
    assert figures_of_rules() == ({(0, 1)}, 1)
    claim(case_id=case.pk, by=analyst)
    decide(case_id=case.pk, disposition=disposition, typology=typology, reason="called", by=analyst)
    assert figures_of_rules() == after
