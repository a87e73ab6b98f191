"""Saved queues: what they leave, who keeps them, which takes charge of a new case."""

from datetime import timedelta

import pytest
from django.utils import timezone as clock

from cases.alerts.opening import open_alerts
from cases.models import Case, Queue
from cases.queues.filters import Asked, Filter, waiting
from cases.queues.reading import cases_asked_for
from cases.queues.routing import due_at
from cases.queues.saved import (
    MOST_OWN,
    change_queue,
    counted,
    delete_queue,
    delete_shared,
    keep_queue,
    queues_of,
    save_shared,
)
from cases.services import working
from cases.tests.conftest import flag, person
from clients.models import Institution
from foundation.errors import BadRequest, Conflict, Forbidden
from foundation.models import AuditEntry
from foundation.roles import assign_roles

pytestmark = pytest.mark.django_db

CRITICAL = Asked(level=("critical",))


@pytest.fixture
def here(bank) -> int:
    return bank.institution_id


def share(by, here, **fields) -> Queue:
    filters = {"institution": here, **fields.pop("filters", {})}
    return save_shared(queue=Queue(name=fields.pop("name", "Q"), filters=filters, **fields), by=by)


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        (Asked(), True),
        (Asked(level=("critical", "low")), True),
        (Asked(level=("low",)), False),
        (Asked(vertical=("lending", "fintech")), True),
        (Asked(vertical=("lending",)), False),
        (Asked(amount_from=300.0, amount_to=400.0), True),
        (Asked(amount_from=400.0), False),
        (Asked(amount_to=300.0), False),
        (Asked(typology="sim_swap"), True),
        (Asked(typology="bust_out"), False),
        (Asked(older=4), True),
        (Asked(older=72), False),
        (Asked(whose="unclaimed"), True),
        (Asked(whose="mine"), False),
        (Asked(assignee=999_999), False),
        (Asked(status="open"), True),
        (Asked(status="closed"), False),
        (Asked(overdue=True), False),
        (Asked(institution=999_999), False),
    ],
)
def test_a_filter_leaves_the_same_on_the_page_in_the_count_and_for_claiming(
    case, analyst, here, asked, shown
):
    Case.objects.update(
        level="critical",
        suspected="sim_swap",
        amount_usd=326.8,
        opened_at=clock.now() - timedelta(hours=5),
    )
    now = clock.now()
    cases = cases_asked_for(asked, by=analyst, scope=[here], now=now)
    assert cases.exists() == shown
    if asked.status != "closed" and asked.institution is None:
        queue = Queue.objects.create(owner=analyst, name="one", filters=asked.to_keep())
        [saved] = [each for each in queues_of(analyst) if each.pk == queue.pk]
        [full] = counted([saved], by=analyst, scope=[here], now=now)
        assert (full.number, full.oldest_due is not None) == (int(shown), shown)
    if not (asked.whose == "mine" or asked.assignee is not None or asked.status == "closed"):
        assert waiting(asked.for_claiming([here], now)).exists() == shown


def test_a_decided_kind_of_fraud_counts_before_the_suspected(case, analyst, here):
    Case.objects.update(suspected="sim_swap", typology="bust_out")
    for typology, shown in (("sim_swap", False), ("bust_out", True)):
        which = Filter(institutions=[here], typology=typology)
        assert Case.objects.filter(which.condition).exists() == shown


def test_what_is_kept_and_what_stands_in_the_address_is_read_again():
    asked = Asked(
        level=("critical", "high"),
        vertical=("crypto",),
        amount_from=1_000.0,
        older=24,
        overdue=True,
    )
    assert Asked.kept(asked.to_keep()) == asked
    assert ("amount_from", "1000") in asked.to_address()
    assert ("level", "high") in asked.to_address()
    assert "text" not in Asked(text="ada@example.com", overdue=True).to_keep()
    assert Asked.kept({"colour": "red", "status": "open"}) == Asked(status="open")


def test_people_keep_change_and_delete_queues_of_their_own(analyst, colleague):
    queue = keep_queue(by=analyst, name="  Large  ones ", asked=CRITICAL)
    assert (queue.name, queue.owner) == ("Large ones", analyst)
    assert queue.pk in {saved.pk for saved in queues_of(analyst)}
    assert queue.pk not in {saved.pk for saved in queues_of(colleague)}
    with pytest.raises(Conflict, match="already"):
        keep_queue(by=analyst, name="Large ones", asked=CRITICAL)
    keep_queue(by=colleague, name="Large ones", asked=CRITICAL)
    change_queue(queue_id=queue.pk, by=analyst, name="High", asked=Asked(level=("high",)))
    queue.refresh_from_db()
    assert (queue.name, queue.filters) == ("High", {"level": ["high"]})
    for act in (delete_queue, lambda **who: change_queue(name="Mine", **who)):
        with pytest.raises(Queue.DoesNotExist):
            act(queue_id=queue.pk, by=colleague)
    delete_queue(queue_id=queue.pk, by=analyst)
    actions = AuditEntry.objects.filter(subject=f"cases.queue:{queue.pk}").order_by("pk")
    assert [entry.action for entry in actions] == [
        "cases.keep_queue", "cases.change_queue", "cases.delete_queue",
    ]  # fmt: skip


def test_nothing_useless_is_kept(analyst):
    with pytest.raises(BadRequest, match="Nothing is narrowed"):
        keep_queue(by=analyst, name="All", asked=Asked(text="ada"))
    with pytest.raises(BadRequest, match="1 to 64"):
        keep_queue(by=analyst, name="  ", asked=CRITICAL)
    for n in range(MOST_OWN):
        keep_queue(by=analyst, name=f"{n}", asked=CRITICAL)
    with pytest.raises(BadRequest, match="delete one first"):
        keep_queue(by=analyst, name="one more", asked=CRITICAL)


def test_who_may_share_and_how_far_a_shared_queue_reaches(
    bank, stranger, analyst, supervisor, here
):
    with pytest.raises(Forbidden):
        share(analyst, here)
    queue = share(supervisor, here)
    for reach in ({}, {"institution": stranger.institution_id}):
        with pytest.raises(Forbidden, match="beyond your institutions"):
            save_shared(queue=Queue(name="All", filters=reach), by=supervisor)
    theirs = Queue.objects.create(name="T", filters={"institution": stranger.institution_id})
    theirs.filters = {"institution": here}
    with pytest.raises(Forbidden):
        save_shared(queue=theirs, by=supervisor)
    with pytest.raises(Forbidden):
        delete_shared(queue=Queue.objects.get(pk=theirs.pk), by=supervisor)
    assert {saved.pk for saved in queues_of(analyst)} == {None, queue.pk}
    delete_shared(queue=queue, by=supervisor)
    assert Queue.objects.get() == theirs


def test_the_first_shared_queue_that_a_new_case_passes_sets_its_times(bank, supervisor, here):
    share(supervisor, here, name="Lending", position=1, filters={"vertical": ["lending"]})
    fast = share(
        supervisor, here, name="Fast", position=2, filters={"vertical": ["fintech"]},
        hours_critical=1, hours_high=2, hours_medium=3,
    )  # fmt: skip
    share(supervisor, here, name="Rest", position=3)
    case = open_alerts([flag(bank, "t-1").pk])[0].case
    assert case.queue == fast
    assert case.due_at == due_at(fast, case.level, case.opened_at)
    assert case.due_at - case.opened_at <= timedelta(hours=3)


@pytest.mark.parametrize(
    "filters",
    [{"whose": "mine"}, {"older": 24}, {"overdue": True}, {"status": "waiting"}, {"assignee": 1}],
)
def test_a_queue_for_looking_takes_charge_of_no_new_case(bank, supervisor, here, filters):
    share(supervisor, here, filters=filters)
    case = open_alerts([flag(bank, "t-1").pk])[0].case
    assert case.queue is None
    assert case.due_at == due_at(None, case.level, case.opened_at)


def test_all_queues_are_counted_with_one_query(case, supervisor, here, django_assert_num_queries):
    for n in range(5):
        share(supervisor, here, name=f"{n}", position=n)
    with django_assert_num_queries(1):
        queues = queues_of(supervisor)
    with django_assert_num_queries(1):
        full = counted(queues, by=supervisor, scope=[here], now=clock.now())
    assert {saved.name: saved.number for saved in full} == {
        "All open": 1, "Yours": 0, "Unclaimed": 1, "Overdue": 0, "Escalated": 0,
        **{f"{n}": 1 for n in range(5)},
    }  # fmt: skip


def test_cases_of_other_institutions_are_not_counted(case, stranger, here):
    other = person("other", "supervisor")
    other.scopes.all().delete()
    full = counted(queues_of(other), by=other, scope=[], now=clock.now())
    assert {saved.number for saved in full} == {0}


def test_escalated_cases_go_to_supervisors_only(case, analyst, supervisor, here):
    working.set_status(case_id=case.pk, status="escalated", by=supervisor)
    which = Asked().for_claiming([here], supervises=False)
    assert working.claim_next(by=analyst, which=which) is None
    assert working.claim_next(by=supervisor, which=Asked().for_claiming([here])) == case


def test_whoever_sees_all_shares_without_an_institution(bank):
    chief = person("chief", "supervisor", "administrator")
    assign_roles(user=chief, roles=["supervisor", "administrator"], by="tests")
    assert Institution.objects.exists()
    assert save_shared(queue=Queue(name="All", filters={}), by=chief).pk
