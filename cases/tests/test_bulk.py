"""One act on many cases: what it touches is shown, each case is asked for, nothing is lost."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone as clock
from kombu.exceptions import OperationalError

from cases.alerts.opening import open_alerts
from cases.bulk import picking, running
from cases.bulk.picking import pick, progress_of, refusals_of, touched_by
from cases.bulk.running import run_some, start, stop
from cases.models import Alert, BulkAction, BulkItem, Case
from cases.services import working
from cases.tasks import run_bulk_later
from cases.tests.conftest import flag, person
from cases.tests.test_pages import signed_in, text_of
from cases.tests.volume import many_cases
from foundation.errors import BadRequest, Forbidden
from foundation.models import AuditEntry
from foundation.tests.threads import at_once
from transactions.models import Label

pytestmark = pytest.mark.django_db

GENUINE = {"disposition": "genuine", "typology": "", "reason": "A known campaign."}


def open_cases(bank, number: int) -> list[Case]:
    rows = [
        flag(bank, f"q-{n}", user_id=f"queue-{n}", amount=500_000.0 + n).pk for n in range(number)
    ]
    return [alert.case for alert in open_alerts(rows)]


def picked(by, kind, cases=None) -> BulkAction:
    rows = Case.objects.order_by("-rank") if cases is None else cases
    return pick(by=by, kind=kind, cases=rows)


def done(bulk, by, **arguments) -> dict[str, int]:
    start(bulk_id=bulk.pk, by=by, arguments=arguments)
    while run_some(bulk.pk):
        pass
    bulk.refresh_from_db()
    assert (bulk.state, bulk.finished_at is not None) == ("done", True)
    return progress_of(bulk)


@pytest.mark.parametrize(
    ("kind", "arguments", "fields"),
    [
        ("assign", {}, {"status": "in_progress"}),
        ("release", {}, {"status": "open", "assignee": None}),
        ("escalate", {"reason": "See the device."}, {"status": "escalated"}),
        ("close", GENUINE, {"status": "closed", "disposition": "genuine"}),
        ("snooze", {"until": "2999-01-01T00:00:00+00:00"}, {"status": "in_progress"}),
    ],
)
def test_each_case_is_done_as_if_it_were_done_alone(bank, supervisor, kind, arguments, fields):
    cases = open_cases(bank, 3)
    for case in cases:
        working.claim(case_id=case.pk, by=supervisor)
    if kind == "assign":
        arguments = {"to": person("other").pk}
        fields = {**fields, "assignee": arguments["to"]}
    bulk = picked(supervisor, kind)
    assert done(bulk, supervisor, **arguments) == {"waiting": 0, "done": 3, "refused": 0}
    assert Case.objects.filter(**fields).count() == 3
    assert Label.objects.count() == (3 if kind == "close" else 0)
    for case in cases:
        assert AuditEntry.objects.filter(subject=f"cases.case:{case.pk}").count() >= 3


def test_many_are_merged_into_one(bank, supervisor):
    cases = open_cases(bank, 4)
    bulk = picked(supervisor, "merge")
    counts = done(bulk, supervisor, into=cases[3].pk, reason="One ring.")
    assert counts == {"waiting": 0, "done": 4, "refused": 0}
    assert Case.objects.exclude(status="closed").get() == cases[3]
    assert Alert.objects.filter(case=cases[3]).count() == 4


def test_the_preview_counts_what_is_touched_and_what_would_be_refused(bank, analyst, colleague):
    mine, theirs, _free, closed, waits = open_cases(bank, 5)
    for case in (mine, closed, waits):
        working.claim(case_id=case.pk, by=analyst)
    working.claim(case_id=theirs.pk, by=colleague)
    working.decide(case_id=closed.pk, disposition="genuine", by=analyst, reason="fine")
    working.set_status(case_id=waits.pk, status="waiting", by=analyst)
    touched = touched_by(picked(analyst, "close"), scope=[bank.institution_id], above_usd=100)
    assert dict(touched.statuses) == {"in progress": 2, "open": 1, "closed": 1, "waiting": 1}
    assert dict(touched.assignees) == {"analyst": 3, "colleague": 1, "nobody": 1}
    assert dict(touched.refused) == {"not claimed by you": 2, "closed already": 1}
    assert (touched.able, touched.second_person) == (2, 2)
    assert touched.amount_usd == pytest.approx(mine.amount_usd + waits.amount_usd)
    elsewhere = touched_by(picked(analyst, "close"), scope=[], above_usd=0)
    assert dict(elsewhere.refused) == {"not of your institutions": 5}


@pytest.mark.parametrize("supervises", [True, False])
@pytest.mark.parametrize("kind", ["escalate", "release", "merge", "close"])
def test_the_preview_says_what_the_services_then_say(
    bank, analyst, colleague, supervisor, kind, supervises
):
    cases = open_cases(bank, 4)
    working.claim(case_id=cases[0].pk, by=analyst)
    working.claim(case_id=cases[1].pk, by=colleague)
    working.decide(case_id=cases[2].pk, disposition="genuine", by=supervisor, reason="fine")
    by = supervisor if supervises else analyst
    bulk = picked(by, kind)
    touched = touched_by(bulk, scope=[bank.institution_id], above_usd=0)
    counts = done(bulk, by, **{**GENUINE, "into": cases[0].pk})
    assert (counts["done"], counts["refused"]) == (touched.able, 4 - touched.able)


def test_what_changed_since_it_was_picked_is_left_alone_and_told(bank, supervisor):
    changed, _ = open_cases(bank, 2)
    bulk = picked(supervisor, "close")
    working.note(case_id=changed.pk, by=supervisor, text="Wait!")
    assert done(bulk, supervisor, **GENUINE) == {"waiting": 0, "done": 1, "refused": 1}
    assert Case.objects.get(pk=changed.pk).status == "open"
    [(why, number)] = refusals_of(bulk)
    assert (number, "Somebody changed the case" in why) == (1, True)


def test_a_large_one_waits_for_a_second_person(bank, supervisor, settings):
    settings.FOUR_EYES_ABOVE_USD = 10
    [case] = open_cases(bank, 1)
    bulk = picked(supervisor, "close")
    assert done(bulk, supervisor, **GENUINE)["done"] == 1
    assert Case.objects.get(pk=case.pk).status == "escalated"
    assert bulk.items.get().told == "waits for a second person"


def test_permissions_and_scopes_count_when_it_is_done(bank, supervisor):
    open_cases(bank, 2)
    bulk = picked(supervisor, "escalate")
    start(bulk_id=bulk.pk, by=supervisor, arguments={"reason": "x"})
    supervisor.scopes.all().delete()
    while run_some(bulk.pk):
        pass
    assert dict(refusals_of(bulk)) == {"There is no such case in your institutions.": 2}
    for role in ("auditor", "risk_manager"):
        with pytest.raises(Forbidden):
            picked(person(role, role), "close")


@pytest.mark.parametrize(
    ("kind", "arguments", "why"),
    [
        ("close", {"disposition": "genuine"}, "reason"),
        ("close", {"disposition": "confirmed_fraud", "reason": "x"}, "typology"),
        ("close", {"disposition": "guilty", "reason": "x"}, "disposition"),
        ("assign", {}, "to"),
        ("snooze", {}, "until"),
        ("merge", {"into": 999_999, "reason": "x"}, "selected"),
    ],
)
def test_what_lacks_something_does_not_start(case, supervisor, kind, arguments, why):
    bulk = picked(supervisor, kind)
    with pytest.raises(BadRequest, match=why):
        start(bulk_id=bulk.pk, by=supervisor, arguments=arguments)
    assert BulkAction.objects.get().state == "draft"
    assert not run_some(bulk.pk)


def test_nothing_picked_and_nonsense_are_refused(case, supervisor, analyst):
    with pytest.raises(BadRequest, match="No case"):
        picked(supervisor, "close", Case.objects.none())
    with pytest.raises(BadRequest, match="cannot be done"):
        picked(supervisor, "burn")
    bulk = picked(supervisor, "close")
    for act in (
        lambda: start(bulk_id=bulk.pk, by=analyst, arguments=GENUINE),
        lambda: picking.bulk_of(bulk.pk, analyst),
    ):
        with pytest.raises(BulkAction.DoesNotExist):
            act()


def test_after_a_dead_worker_the_rest_is_done_and_nothing_twice(bank, supervisor, monkeypatch):
    open_cases(bank, 5)
    bulk = picked(supervisor, "escalate")
    start(bulk_id=bulk.pk, by=supervisor, arguments={"reason": "x"})
    calls = []

    def die_at_the_third(**given):
        calls.append(given)
        if len(calls) == 3:
            raise SystemExit
        return escalate(**given)

    escalate = working.set_status
    monkeypatch.setattr(working, "set_status", die_at_the_third)
    with pytest.raises(SystemExit):
        run_some(bulk.pk)
    assert progress_of(bulk) == {"waiting": 3, "done": 2, "refused": 0}
    assert running.left_alone() == []
    later = clock.now() + timedelta(minutes=3)
    assert running.left_alone(now=later) == [bulk.pk]
    assert running.left_alone(now=later) == []
    assert not run_some(bulk.pk)
    assert progress_of(bulk) == {"waiting": 0, "done": 5, "refused": 0}
    assert {case.entries.filter(kind="status").count() for case in Case.objects.all()} == {1}


@pytest.mark.django_db(transaction=True)
def test_two_workers_on_one_bulk_action_do_each_case_once(bank, supervisor):
    open_cases(bank, 12)
    bulk = picked(supervisor, "escalate")
    start(bulk_id=bulk.pk, by=supervisor, arguments={"reason": "x"})
    results = at_once(*[lambda: run_some(bulk.pk)] * 3)
    assert not [each for each in results if isinstance(each, Exception)]
    while run_some(bulk.pk):
        pass
    assert progress_of(bulk) == {"waiting": 0, "done": 12, "refused": 0}
    assert {case.entries.filter(kind="status").count() for case in Case.objects.all()} == {1}


def test_drafts_are_forgotten_and_what_ran_is_kept(case, supervisor):
    old = picked(supervisor, "close")
    ran = picked(supervisor, "escalate")
    done(ran, supervisor, reason="x")
    BulkAction.objects.update(created_at=clock.now() - timedelta(days=2))
    fresh = picked(supervisor, "close")
    picking.forget_drafts()
    assert set(BulkAction.objects.values_list("pk", flat=True)) == {ran.pk, fresh.pk}
    assert not BulkItem.objects.filter(bulk=old.pk).exists()


@pytest.mark.parametrize("number", [300, pytest.param(10_000, marks=pytest.mark.slow)])
def test_many_rows_are_done_in_parts(bank, supervisor, number):
    many_cases(bank.institution_id, number)
    bulk = picked(supervisor, "escalate")
    start(bulk_id=bulk.pk, by=supervisor, arguments={"reason": "A wave."})
    parts = 1
    while run_some(bulk.pk):
        parts += 1
    assert parts >= number // running.AT_ONCE
    assert progress_of(bulk)["done"] == number
    assert Case.objects.filter(status="escalated").count() == number


def test_of_more_than_the_most_the_first_are_taken_and_that_is_said(bank, supervisor, monkeypatch):
    many_cases(bank.institution_id, 12)
    monkeypatch.setattr(picking, "MOST", 10)
    bulk = picked(supervisor, "escalate")
    assert (bulk.total, bulk.more, bulk.items.count()) == (10, True, 10)
    worst = Case.objects.order_by("rank").values_list("pk", flat=True)[:2]
    assert not bulk.items.filter(case__in=list(worst)).exists()


def test_what_fails_unforeseen_is_told_and_holds_nothing_up(bank, supervisor):
    first, _ = open_cases(bank, 2)
    bulk = picked(supervisor, "assign")
    assert done(bulk, supervisor, to=999_999) == {"waiting": 0, "done": 0, "refused": 2}
    assert refusals_of(bulk) == [("It failed; tell an administrator.", 2)]
    assert Case.objects.get(pk=first.pk).assignee is None


def test_without_a_broker_it_is_left_to_the_sweep(monkeypatch, bank, supervisor, caplog):
    def nobody_listens(*_, **__):
        raise OperationalError("no broker")

    monkeypatch.setattr("cases.tasks.run_bulk.apply_async", nobody_listens)
    open_cases(bank, 1)
    run_bulk_later(picked(supervisor, "release").pk)
    assert "is left to the sweep: OperationalError" in caplog.text


@pytest.mark.parametrize("number", [60, pytest.param(10_000, marks=pytest.mark.slow)])
def test_the_preview_of_many_shows_numbers_and_a_sample(bank, supervisor, number):
    many_cases(bank.institution_id, number)
    bulk = picked(supervisor, "escalate")
    worst = Case.objects.order_by("-amount_usd", "pk")[: picking.SAMPLE]
    answer = signed_in(supervisor).get(reverse("admin:cases_bulk", args=[bulk.pk]))
    page = text_of(answer)
    assert f"<b>{number:,}</b> of {number:,} cases would be touched" in page
    assert f'The 8 with the most at risk <span class="fs-muted">of {number:,}</span>' in page
    shown = re.findall(r"/cases/case/(\d+)/change/", page)
    assert shown == [str(case.pk) for case in worst]
    assert len(answer.content) < 120_000


def test_the_sample_says_what_would_be_refused_and_leaves_out_what_one_does_not_see(
    bank, stranger, supervisor
):
    [mine] = open_cases(bank, 1)
    [alert] = open_alerts([flag(stranger, "theirs-1").pk])
    bulk = picked(supervisor, "release")
    assert bulk.items.filter(case=alert.case).exists()
    found = picking.sample_of(bulk, scope=[bank.institution_id])
    assert [(case.pk, why) for case, why in found] == [(mine.pk, "claimed by nobody")]


@pytest.mark.parametrize("done_before", [0, 1, 2])
def test_what_is_stopped_leaves_the_rest_as_they_were(bank, supervisor, monkeypatch, done_before):
    open_cases(bank, 4)
    bulk = picked(supervisor, "close")
    start(bulk_id=bulk.pk, by=supervisor, arguments=GENUINE)
    real, ran = running._run_one, []

    def run_until_stopped(*given):
        if len(ran) == done_before:
            stop(bulk_id=bulk.pk, by=supervisor)
        ran.append(1)
        real(*given)

    monkeypatch.setattr(running, "_run_one", run_until_stopped)
    assert not run_some(bulk.pk)
    monkeypatch.undo()
    assert not run_some(bulk.pk)
    bulk.refresh_from_db()
    assert (bulk.state, bulk.finished_at is not None) == ("stopped", True)
    assert progress_of(bulk) == {"waiting": 4 - done_before, "done": done_before, "refused": 0}
    assert Case.objects.filter(status="closed").count() == done_before
    assert running.left_alone(now=clock.now() + timedelta(hours=1)) == []
    [entry] = AuditEntry.objects.filter(action="cases.bulk_stopped")
    assert entry.after == {"left": 4 - done_before}


def test_only_what_runs_is_stopped_and_only_by_who_started_it(bank, supervisor, analyst):
    open_cases(bank, 1)
    bulk = picked(supervisor, "close")
    assert stop(bulk_id=bulk.pk, by=supervisor).state == "draft"
    start(bulk_id=bulk.pk, by=supervisor, arguments=GENUINE)
    with pytest.raises(BulkAction.DoesNotExist):
        stop(bulk_id=bulk.pk, by=analyst)
    with pytest.raises(Forbidden):
        stop(bulk_id=bulk.pk, by=person("auditor", "auditor"))
    assert not run_some(bulk.pk)
    assert stop(bulk_id=bulk.pk, by=supervisor).state == "done"
    assert not AuditEntry.objects.filter(action="cases.bulk_stopped").exists()
