"""How a decision's parts look in lists."""

from datetime import timedelta

import pytest
from django.utils import timezone as clock

from scoring.cells import decided_cell, two_lines
from scoring.models import Decision
from transactions.models import Transaction


@pytest.mark.parametrize(
    ("before", "beside"),
    [(timedelta(seconds=3), False), (timedelta(days=90), True), (timedelta(minutes=-6), True)],
)
def test_the_time_of_the_transaction_stands_beside_where_it_differs(before, beside):
    decided = clock.now() - timedelta(minutes=10)
    decision = Decision(decided_at=decided, transaction=Transaction(occurred_at=decided - before))
    cell = decided_cell(decision)
    assert ">10 min ago<" in cell
    assert ("made <time" in cell) is beside


def test_a_long_reason_is_whole_on_hover_and_escaped():
    assert two_lines("<b>") == '<span class="fs-two-lines" title="&lt;b&gt;">&lt;b&gt;</span>'
    assert ">–<" in two_lines("")
