"""Claim next: the most valuable case, to one person each, however many ask and wait."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.utils import timezone as clock

from cases.models import Case, CaseEntry
from cases.queues.filters import Asked, Filter, waiting
from cases.services import working
from cases.tests.conftest import person
from cases.tests.volume import institutions, many_cases

pytestmark = pytest.mark.django_db
CLAIMERS, CASES = 20, 500


@pytest.mark.django_db(transaction=True)
def test_twenty_people_clear_five_hundred_cases_none_twice_none_lost_in_order(bank):
    many_cases(bank.institution_id, CASES)
    people = [person(f"analyst-{n}") for n in range(CLAIMERS)]
    gate = threading.Barrier(CLAIMERS)
    which = Filter(institutions=[bank.institution_id])

    def work(user) -> list[float]:
        """The ranks of what the person got, as they came."""
        try:
            gate.wait()
            found = []
            while case := working.claim_next(by=user, which=which):
                found.append(case.rank)
            return found
        finally:
            connection.close()

    with ThreadPoolExecutor(CLAIMERS) as pool:
        ranks = list(pool.map(work, people))
    assert sorted(rank for own in ranks for rank in own) == [float(n) for n in range(CASES)]
    for own in ranks:
        assert own == sorted(own, reverse=True)
    # Whoever took a case passed over none but those that others had in hand at that moment.
    entries = CaseEntry.objects.filter(kind="claimed").order_by("pk")
    order = list(entries.values_list("case__rank", flat=True))
    passed = [sum(later > rank for later in order[n:]) for n, rank in enumerate(order)]
    assert max(passed) < CLAIMERS
    assert Case.objects.filter(assignee=None).count() == 0


def plan_of(rows) -> list[dict]:
    """The nodes of how the database would run it."""
    with connection.cursor() as cursor:
        sql, values = rows.query.sql_with_params()
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", values)
        [[found]] = cursor.fetchall()
    plan = found if isinstance(found, list) else json.loads(found)
    nodes, left = [], [plan[0]["Plan"]]
    while left:
        node = left.pop()
        nodes.append(node)
        left += node.get("Plans", [])
    return nodes


def test_at_twenty_thousand_it_reads_an_index_in_its_order_and_sorts_nothing(bank):
    with connection.cursor() as cursor:  # what earlier tests left behind weighs on the plans
        cursor.execute("TRUNCATE cases_case CASCADE")
    ours = bank.institution_id
    both = [ours, *institutions(1)]
    for institution in both:
        many_cases(institution, 10_000)
    for which, index in (
        (Filter(institutions=[ours]), "case_unclaimed"),
        (Filter(institutions=both), "case_unclaimed_ranked"),
        (Filter(), "case_unclaimed_ranked"),
        (Filter(institutions=both, levels=("critical",)), "case_unclaimed_ranked"),
        (Filter(institutions=[ours], verticals=("crypto",)), "case_unclaimed"),
        (Filter(institutions=both, amount_from=500.0), "case_unclaimed_ranked"),
        (Filter(institutions=both, but_escalated=True), "case_unclaimed_ranked"),
    ):
        rows = waiting(which).select_for_update(skip_locked=True, of=("self",))[:1]
        nodes = plan_of(rows)
        assert index in {node.get("Index Name") for node in nodes}, which
        kinds = {node["Node Type"] for node in nodes}
        assert not kinds & {"Seq Scan", "Sort", "Incremental Sort", "Bitmap Heap Scan"}, which


@pytest.mark.parametrize(
    ("asked", "rank"),
    [
        (Asked(), 299.0),
        (Asked(level=("high",)), 298.0),
        (Asked(vertical=("fintech",)), 297.0),
        (Asked(amount_to=100.0), 100.0),
        (Asked(amount_from=50.0, amount_to=60.0, level=("critical",)), 60.0),
        (Asked(overdue=True), 299.0),
        (Asked(older=24), None),
        (Asked(typology="sim_swap"), None),
        (Asked(status="waiting"), None),
    ],
)
def test_it_keeps_to_the_filters_of_the_queue_it_was_pressed_in(bank, analyst, asked, rank):
    many_cases(bank.institution_id, 300)
    which = asked.for_claiming([bank.institution_id], clock.now())
    case = working.claim_next(by=analyst, which=which)
    assert (case and case.rank) == rank
