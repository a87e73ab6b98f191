"""What is done for queues without anybody asking."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone as clock

from cases.alerts.opening import open_alerts
from cases.models import Case, CaseEntry, Queue
from cases.page.words import tell
from cases.queues import duties, handing_out
from cases.queues.filters import Filter
from cases.services import working
from cases.services.closing import close_due, close_soon
from cases.services.machines import worker_of
from cases.tests.conftest import flag, person
from cases.tests.volume import many_cases
from clients.models import ApiKey, Institution
from clients.services import grant_scope, issue_api_key
from foundation.models import User
from foundation.roles import assign_roles
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


def test_what_sleeps_past_its_due_time_warns_and_what_is_closed_does_not(case, supervisor):
    Case.objects.update(due_at=clock.now() + HOUR / 2)
    working.snooze(case_id=case.pk, until=clock.now() + 5 * HOUR, by=supervisor)
    assert [duties.warn_of_due() for _ in range(2)] == [1, 0]
    assert kinds(case)[-2:] == ["snoozed", "warned"]
    Case.objects.update(warned_at=None)
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
    assert handing_out.hand_out() == 4
    open_by = {user: Case.objects.filter(assignee=user).count() for user in people}
    assert open_by == {people[0]: 2, people[1]: 2, people[2]: 1}
    first = Case.objects.get(pk=cases[4].pk)  # most at stake
    assert (first.assignee, first.status) == (people[0], "in_progress")
    assert first.entries.get(kind="assigned").facts["queue"] == queue.pk
    assert handing_out.hand_out() == 0


def test_when_all_are_full_cases_wait_and_the_round_goes_on(bank, queue, analyst, colleague):
    Queue.objects.update(auto_assign=True, most_open=1)
    cases = open_cases(bank, 3)
    Case.objects.update(queue=queue)
    assert handing_out.hand_out() == 2
    left = Case.objects.get(assignee=None)
    assert left == cases[0]
    mine = Case.objects.get(assignee=analyst)
    working.decide(case_id=mine.pk, disposition="genuine", by=analyst, reason="fine")
    assert handing_out.hand_out() == 1
    assert Case.objects.get(pk=left.pk).assignee == analyst


def test_escalated_sleeping_and_personal_ones_are_not_handed_out(bank, queue, analyst, supervisor):
    Queue.objects.update(auto_assign=True)
    one, other = open_cases(bank, 2)
    Case.objects.update(queue=queue)
    working.set_status(case_id=one.pk, status="escalated", by=supervisor)
    working.snooze(case_id=other.pk, until=clock.now() + HOUR, by=supervisor)
    assert handing_out.hand_out() == 0
    Case.objects.filter(pk=other.pk).update(snoozed_until=None)
    Queue.objects.update(owner=analyst)
    assert handing_out.hand_out() == 0


def leaves(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)


def loses_the_role(user: User) -> None:
    assign_roles(user=user, roles=["auditor"], by="tests")


def loses_the_institution(user: User) -> None:
    user.scopes.all().delete()


def stays(user: User) -> None:
    pass


@pytest.mark.parametrize(
    ("happens", "status", "after"),
    [
        (leaves, "in_progress", "open"),
        (leaves, "waiting", "open"),
        (leaves, "escalated", "escalated"),
        (loses_the_role, "in_progress", "open"),
        (loses_the_institution, "in_progress", "open"),
        (stays, "in_progress", None),
    ],
)
def test_what_somebody_has_who_may_not_work_on_it_any_more_goes_back(
    case, analyst, colleague, happens, status, after
):
    working.claim(case_id=case.pk, by=analyst)
    working.set_status(case_id=case.pk, status=status, by=analyst, reason="x")
    happens(analyst)
    assert [duties.release_orphaned() for _ in range(2)] == [int(after is not None), 0]
    found = Case.objects.get()
    assert (found.assignee, found.status) == ((None, after) if after else (analyst, status))
    if after:
        entry = found.entries.get(kind="released")
        assert tell(entry).words == "released: analyst may not work on it any more"


@pytest.mark.parametrize(
    "ends", [{"revoked_at": -HOUR}, {"expires_at": -HOUR}, {"expires_at": HOUR}]
)
def test_what_a_revoked_key_has_claimed_goes_back(bank, case, ends):
    institution = Institution.objects.get(pk=bank.institution_id)
    key, _ = issue_api_key(institution=institution, name="core", by="tests")
    machine = worker_of(replace(bank, key_id=key.pk))
    working.claim(case_id=case.pk, by=machine)
    assert duties.release_orphaned() == 0
    changed = {name: clock.now() + away for name, away in ends.items()}
    ApiKey.objects.filter(pk=key.pk).update(**changed)
    assert duties.release_orphaned() == (0 if ends == {"expires_at": HOUR} else 1)


def test_a_verdict_on_its_way_is_settled_before_its_case_goes_back(case, analyst):
    working.claim(case_id=case.pk, by=analyst)
    close_soon(case_id=case.pk, disposition="genuine", by=analyst, reason="fine")
    leaves(analyst)
    assert duties.release_orphaned() == 0
    close_due(now=clock.now() + HOUR)  # refused: they may not decide any more
    assert duties.release_orphaned() == 1


def other_bank() -> int:
    return Institution.objects.create(name="Other", slug="other", base_currency="USD").pk


def test_cases_that_nobody_can_take_keep_no_others_waiting(bank, queue, analyst, monkeypatch):
    monkeypatch.setattr(handing_out, "AT_ONCE", 2)
    without_analysts = other_bank()
    many_cases(without_analysts, 5)  # worth more than ours
    many_cases(bank.institution_id, 2)
    Case.objects.filter(institution=without_analysts).update(rank=1e9)
    Queue.objects.update(auto_assign=True)
    Case.objects.update(queue=queue)
    assert handing_out.hand_out() == 2
    assert Case.objects.filter(assignee=analyst).count() == 2


def test_an_institution_whose_people_are_full_keeps_no_other_waiting(
    bank, queue, analyst, monkeypatch
):
    monkeypatch.setattr(handing_out, "AT_ONCE", 2)
    elsewhere = person("elsewhere")
    elsewhere.scopes.all().delete()
    other = other_bank()
    grant_scope(user=elsewhere, institution=Institution.objects.get(pk=other), by="tests")
    many_cases(bank.institution_id, 9)
    many_cases(other, 1)
    Case.objects.filter(institution=bank.institution_id).update(rank=F("rank") + 1e6)
    Queue.objects.update(auto_assign=True)
    Case.objects.update(queue=queue)
    while handing_out.hand_out():
        pass
    assert Case.objects.filter(assignee=analyst).count() == queue.most_open
    assert Case.objects.filter(assignee=elsewhere).count() == 1


@pytest.mark.django_db(transaction=True)
def test_who_claims_beside_a_running_hand_out_still_gets_the_best(bank, queue, monkeypatch):
    person("receiver")
    claimer = person("claimer", "supervisor")  # sees the same cases
    Queue.objects.update(auto_assign=True, most_open=100)
    many_cases(bank.institution_id, 40)
    Case.objects.update(queue=queue)
    claimed: list[float] = []
    real = handing_out.change

    def change_while_others_claim(case, **more):
        entry = real(case, **more)
        if not claimed:
            [found] = at_once(lambda: working.claim_next(by=claimer, which=Filter()))
            claimed.append(found.rank)
        return entry

    monkeypatch.setattr(handing_out, "change", change_while_others_claim)
    handing_out.hand_out()
    assert claimed == [38.0], "39 is being assigned at that moment"


@pytest.mark.django_db(transaction=True)
def test_several_workers_and_claimers_at_once_do_each_thing_once(bank, queue):
    people = [person(f"analyst-{n}") for n in range(3)]
    Queue.objects.update(auto_assign=True, most_open=100)
    open_cases(bank, 30)
    Case.objects.update(queue=queue, due_at=clock.now())

    def claim_some(user):
        return lambda: [working.claim_next(by=user, which=Filter()) for _ in range(4)]

    results = at_once(
        *[duties.warn_of_due] * 3,
        *[handing_out.hand_out] * 3,
        *[claim_some(user) for user in people],
    )
    assert not [each for each in results if isinstance(each, Exception)]
    duties.warn_of_due()
    handing_out.hand_out()
    for kind, number in (("warned", 1), ("assigned", None)):
        counts = [case.entries.filter(kind=kind).count() for case in Case.objects.all()]
        assert set(counts) <= ({1} if number else {0, 1})
    taken = CaseEntry.objects.filter(kind__in=("claimed", "assigned"))
    assert taken.count() == taken.values("case").distinct().count() == 30
