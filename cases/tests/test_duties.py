"""What is done for queues without anybody asking."""

from datetime import timedelta

import pytest
from django.utils import timezone as clock

from cases.alerts.opening import open_alerts
from cases.models import Case, CaseEntry, Queue
from cases.queues import duties
from cases.queues.filters import Filter
from cases.services import working
from cases.tests.conftest import flag, person
from foundation.models import User
from foundation.tests.threads import at_once

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def queue(bank) -> Queue:
    return Queue.objects.create(name="Q", warn_minutes=30, release_minutes=60, most_open=2)


def open_cases(bank, number: int) -> list[Case]:
    rows = [
        flag(bank, f"q-{n}", user_id=f"queue-{n}", amount=500_000.0 + n).pk for n in range(number)
    ]
    return [alert.case for alert in open_alerts(rows)]


def kinds(case) -> list[str]:
    return list(case.entries.order_by("pk").values_list("kind", flat=True))


@pytest.mark.parametrize(
    ("due_in_minutes", "warned"), [(31, False), (29, True), (-5, True), (24 * 60, False)]
)
def test_near_the_due_time_a_case_warns_once(queue, case, due_in_minutes, warned):
    Case.objects.update(queue=queue, due_at=clock.now() + timedelta(minutes=due_in_minutes))
    assert [duties.warn_of_due() for _ in range(2)] == [int(warned), 0]
    assert kinds(case).count("warned") == int(warned)
    after = Case.objects.get()
    assert (after.warned_at is not None, after.version) == (warned, case.version)


def test_without_a_queue_the_warning_comes_an_hour_before(case):
    Case.objects.update(due_at=clock.now() + timedelta(minutes=59))
    assert duties.warn_of_due() == 1


def test_what_is_closed_or_asleep_does_not_warn(case, supervisor):
    Case.objects.update(due_at=clock.now())
    working.snooze(case_id=case.pk, until=clock.now() + HOUR, by=supervisor)
    assert duties.warn_of_due() == 0
    working.decide(case_id=case.pk, disposition="genuine", by=supervisor, reason="fine")
    assert duties.warn_of_due() == 0


def test_what_was_snoozed_comes_back_at_its_time(case, supervisor):
    working.snooze(case_id=case.pk, until=clock.now() + HOUR, by=supervisor)
    assert duties.wake() == 0
    assert [duties.wake(now=clock.now() + 2 * HOUR) for _ in range(2)] == [1, 0]
    assert Case.objects.get().snoozed_until is None
    assert kinds(case)[-2:] == ["snoozed", "woke"]


def test_what_its_assignee_leaves_alone_goes_back(queue, case, analyst):
    Case.objects.update(queue=queue)
    working.claim(case_id=case.pk, by=analyst)
    assert duties.release_idle(now=clock.now() + timedelta(minutes=59)) == 0
    assert [duties.release_idle(now=clock.now() + timedelta(minutes=61)) for _ in range(2)] == [
        1,
        0,
    ]
    after = Case.objects.get()
    assert (after.assignee, after.status) == (None, "open")
    assert after.entries.get(kind="released").facts["idle_minutes"] >= 60


@pytest.mark.parametrize("act", ["note", "nothing"])
def test_any_act_of_the_assignee_keeps_it(queue, case, analyst, supervisor, act):
    Case.objects.update(queue=queue)
    working.claim(case_id=case.pk, by=analyst)
    Case.objects.update(touched_at=clock.now() - 2 * HOUR)
    working.note(case_id=case.pk, by=supervisor, text="Somebody else's note keeps nothing.")
    if act == "note":
        working.note(case_id=case.pk, by=analyst, text="At it.")
    assert duties.release_idle() == (0 if act == "note" else 1)


@pytest.mark.parametrize("status", ["waiting", "escalated"])
def test_what_waits_for_others_is_not_taken_away(queue, case, analyst, status):
    Case.objects.update(queue=queue)
    working.claim(case_id=case.pk, by=analyst)
    working.set_status(case_id=case.pk, status=status, by=analyst, reason="See the device.")
    assert duties.release_idle(now=clock.now() + 5 * HOUR) == 0


def test_cases_go_round_up_to_the_cap_and_only_to_those_who_may(bank, queue, stranger):
    people = [person(f"analyst-{n}") for n in range(3)]
    person("auditor", "auditor")
    gone = person("gone")
    User.objects.filter(pk=gone.pk).update(is_active=False)
    elsewhere = person("elsewhere")
    elsewhere.scopes.all().delete()
    Queue.objects.update(auto_assign=True)
    cases = open_cases(bank, 5)
    Case.objects.exclude(pk=cases[0].pk).update(queue=queue)  # [0] is in no queue
    working.claim(case_id=cases[0].pk, by=people[1])
    assert duties.hand_out() == 4
    open_by = {user: Case.objects.filter(assignee=user).count() for user in people}
    assert open_by == {people[0]: 2, people[1]: 2, people[2]: 1}
    first = Case.objects.get(pk=cases[4].pk)  # most at stake
    assert (first.assignee, first.status) == (people[0], "in_progress")
    assert first.entries.get(kind="assigned").facts["queue"] == queue.pk
    assert duties.hand_out() == 0


def test_when_all_are_full_cases_wait_and_the_round_goes_on(bank, queue, analyst, colleague):
    Queue.objects.update(auto_assign=True, most_open=1)
    cases = open_cases(bank, 3)
    Case.objects.update(queue=queue)
    assert duties.hand_out() == 2
    left = Case.objects.get(assignee=None)
    assert left == cases[0]
    mine = Case.objects.get(assignee=analyst)
    working.decide(case_id=mine.pk, disposition="genuine", by=analyst, reason="fine")
    assert duties.hand_out() == 1
    assert Case.objects.get(pk=left.pk).assignee == analyst


def test_escalated_sleeping_and_personal_ones_are_not_handed_out(bank, queue, analyst, supervisor):
    Queue.objects.update(auto_assign=True)
    one, other = open_cases(bank, 2)
    Case.objects.update(queue=queue)
    working.set_status(case_id=one.pk, status="escalated", by=supervisor)
    working.snooze(case_id=other.pk, until=clock.now() + HOUR, by=supervisor)
    assert duties.hand_out() == 0
    Case.objects.filter(pk=other.pk).update(snoozed_until=None)
    Queue.objects.update(owner=analyst)
    assert duties.hand_out() == 0


@pytest.mark.django_db(transaction=True)
def test_several_workers_and_claimers_at_once_do_each_thing_once(bank, queue):
    people = [person(f"analyst-{n}") for n in range(3)]
    Queue.objects.update(auto_assign=True, most_open=100)
    open_cases(bank, 30)
    Case.objects.update(queue=queue, due_at=clock.now())

    def claim_some(user):
        return lambda: [working.claim_next(by=user, which=Filter()) for _ in range(4)]

    results = at_once(
        *[duties.warn_of_due] * 3, *[duties.hand_out] * 3, *[claim_some(user) for user in people]
    )
    assert not [each for each in results if isinstance(each, Exception)]
    duties.warn_of_due()
    duties.hand_out()
    for kind, number in (("warned", 1), ("assigned", None)):
        counts = [case.entries.filter(kind=kind).count() for case in Case.objects.all()]
        assert set(counts) <= ({1} if number else {0, 1})
    taken = CaseEntry.objects.filter(kind__in=("claimed", "assigned"))
    assert taken.count() == taken.values("case").distinct().count() == 30
