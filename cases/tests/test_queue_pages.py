"""The queue, saved queues, bulk actions and shared queues in the browser's terms."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cases.alerts.opening import open_alerts
from cases.bulk.running import run_some
from cases.models import BulkAction, BulkItem, Case, Queue
from cases.services import working
from cases.tests.conftest import flag, person
from cases.tests.volume import many_cases
from clients.models import Institution
from clients.services import grant_scope
from foundation.models import AuditEntry, User

pytestmark = pytest.mark.django_db

QUEUE = reverse("admin:cases_case_changelist")
KEEP = reverse("admin:cases_queue_keep")
PREPARE = reverse("admin:cases_bulk_prepare")
SHARED = reverse("admin:cases_queue_changelist")
ADD = reverse("admin:cases_queue_add")
HOSTILE = "<script>alert(1)</script>\"'{{ 7|add:7 }}"
TIMES = {
    "name": "Fast", "position": 1, "hours_critical": 1, "hours_high": 2, "hours_medium": 3,
    "warn_minutes": 30, "release_minutes": 60, "most_open": 5,
}  # fmt: skip


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text_of(answer) -> str:
    return " ".join(answer.content.decode().split())


@pytest.fixture
def foreign(stranger):
    return open_alerts([flag(stranger, "theirs-1", user_id="their-customer").pk])[0].case


def open_cases(bank, number: int) -> list[Case]:
    rows = [flag(bank, f"q-{n}", user_id=f"queue-{n}", amount=500_000.0 + n) for n in range(number)]
    return [alert.case for alert in open_alerts([row.pk for row in rows])]


# -- the queue --------------------------------------------------------------------------------


def test_the_number_of_queries_is_the_same_for_many_cases_and_queues(bank, supervisor):
    open_cases(bank, 1)
    client = signed_in(supervisor)
    client.get(QUEUE)
    with CaptureQueriesContext(connection) as few:
        client.get(QUEUE)
    for case in open_cases(bank, 30)[:10]:
        working.claim(case_id=case.pk, by=supervisor)
    for n in range(10):
        Queue.objects.create(name=f"{n}", filters={"level": ["high"]})
        Queue.objects.create(name=f"{n}", owner=supervisor, filters={"vertical": ["fintech"]})
    with CaptureQueriesContext(connection) as many:
        page = text_of(client.get(QUEUE))
    assert len(many) == len(few) <= 15
    assert page.count("data-row") == 30


@pytest.mark.parametrize(
    ("query", "chips"),
    [
        ("?level=high&level=critical", ["high risk ×", "critical risk ×"]),
        ("?amount_from=300&amount_to=1e6", ["USD 300 or more", "USD 1,000,000 or less"]),
        ("?typology=sim_swap", ["decided or suspected: SIM swap ×"]),
        ("?older=24", ["opened over a day ago ×"]),
        ("?overdue=1", ["past their due time ×"]),
        ("?whose=mine", ["claimed by you ×"]),
    ],
)
def test_chips_say_what_they_do(case, analyst, query, chips):
    page = text_of(signed_in(analyst).get(QUEUE + query))
    for chip in chips:
        assert chip in page


@pytest.mark.parametrize(
    "query", ["?amount_from=nan", "?amount_from=-1", "?older=7", "?typology=x", "?queue=' OR 1"]
)
def test_what_is_no_filter_is_left_out(case, analyst, query):
    answer = signed_in(analyst).get(QUEUE + query)
    assert answer.status_code == 200
    assert f'value="{case.pk}"' in text_of(answer)


def test_a_colleague_is_a_filter_and_people_of_other_institutions_are_none(
    case, analyst, colleague, stranger
):
    outsider = person("outsider")
    outsider.scopes.all().delete()
    working.claim(case_id=case.pk, by=colleague)
    client = signed_in(analyst)
    page = text_of(client.get(f"{QUEUE}?whose={colleague.pk}"))
    assert "claimed by colleague ×" in page
    assert "data-row" in page
    assert "outsider" not in page


def test_a_look_shows_why_and_nothing_of_other_institutions(case, foreign, analyst):
    client = signed_in(analyst)
    look = client.get(reverse("admin:cases_case_preview", args=[case.pk]))
    assert "<html" not in text_of(look)
    for hit in case.alerts.get().transaction.decision.hits[:3]:
        assert hit["reason"] in text_of(look)
    assert "customer-1" not in text_of(look)
    assert client.get(reverse("admin:cases_case_preview", args=[foreign.pk])).status_code == 404


def test_a_verdict_that_waits_for_a_second_person_is_shown(case, supervisor, settings):
    settings.FOUR_EYES_ABOVE_USD = 10
    working.decide(case_id=case.pk, disposition="genuine", by=supervisor, reason="fine")
    assert "second person" in text_of(signed_in(supervisor).get(QUEUE))


def test_claim_next_stays_in_the_queue_it_was_pressed_in(case, analyst):
    url = reverse("admin:cases_case_claim_next")
    answer = signed_in(analyst).post(url, {"level": "low", "queue": "7"})
    assert answer["Location"] == f"{QUEUE}?level=low&queue=7"
    assert Case.objects.get().assignee is None


# -- saved queues -----------------------------------------------------------------------------


def test_filters_are_kept_renamed_changed_and_deleted_from_the_page(case, analyst):
    client = signed_in(analyst)
    client.post(KEEP, {"name": HOSTILE, "level": ["critical", "high"], "q": "ada@example.com"})
    queue = Queue.objects.get()
    assert queue.filters == {"level": ["critical", "high"]}
    page = text_of(client.get(f"{QUEUE}?queue={queue.pk}&level=critical"))
    assert "<script>alert(1)" not in page
    assert "Keep these filters in it" in page
    url = reverse("admin:cases_queue_kept", args=[queue.pk])
    client.post(url, {"do": "rename", "name": "Mine"})
    client.post(url, {"do": "change", "name": "Mine", "level": "critical"})
    queue.refresh_from_db()
    assert (queue.name, queue.filters) == ("Mine", {"level": ["critical"]})
    again = client.post(KEEP, {"name": "Mine", "level": "high"}, follow=True)
    assert "There is a queue Mine already" in text_of(again)
    client.post(url, {"do": "delete"})
    assert not Queue.objects.exists()
    gone = client.post(url, {"do": "rename", "name": "x"}, follow=True)
    assert "not there any more" in text_of(gone)


def test_nobody_touches_somebody_elses_queue_and_readers_keep_none(case, analyst, colleague):
    queue = Queue.objects.create(name="Hers", owner=colleague, filters={"overdue": True})
    url = reverse("admin:cases_queue_kept", args=[queue.pk])
    for what in ("delete", "rename", "change"):
        signed_in(analyst).post(url, {"do": what, "name": "His", "level": "low"})
    assert Queue.objects.get().name == "Hers"
    assert "Hers" not in text_of(signed_in(analyst).get(QUEUE))
    auditor = person("auditor", "auditor")
    assert signed_in(auditor).post(KEEP, {"name": "x", "level": "low"}).status_code == 403


def test_a_supervisor_shares_a_queue_of_their_one_institution(bank, supervisor):
    client = signed_in(supervisor)
    assert client.get(f"{ADD}?level=critical").status_code == 200
    answer = client.post(ADD, {**TIMES, "level": "critical"})
    assert answer["Location"] == SHARED
    queue = Queue.objects.get()
    assert queue.filters == {"level": ["critical"], "institution": bank.institution_id}
    assert (queue.owner, queue.hours_medium) == (None, 3)
    change = reverse("admin:cases_queue_change", args=[queue.pk])
    assert 'value="Fast"' in text_of(client.get(change))
    client.post(change, {**TIMES, "name": "Faster", "auto_assign": "on"})
    queue.refresh_from_db()
    assert (queue.name, queue.auto_assign) == ("Faster", True)
    assert "Faster" in text_of(client.get(SHARED))
    page = text_of(client.get(f"{QUEUE}?queue={queue.pk}&institution={bank.institution_id}"))
    assert "Keep these filters in it" not in page
    client.post(reverse("admin:cases_queue_remove", args=[queue.pk]))
    assert not Queue.objects.exists()
    assert AuditEntry.objects.filter(action__startswith="cases.").count() == 3


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"hours_critical": 5}, "The more critical, the sooner"),
        ({"hours_critical": 0}, "greater than or equal to 1"),
        ({"name": " "}, "This field is required"),
        ({"amount_from": "much"}, "Enter a number"),
        ({"warn_minutes": 70_000}, "less than or equal to"),
    ],
)
def test_what_makes_no_queue_is_told_at_its_field(supervisor, fields, why):
    page = text_of(signed_in(supervisor).post(ADD, {**TIMES, **fields}))
    assert why in page
    assert not Queue.objects.exists()


def test_shared_queues_of_other_institutions_are_absent(bank, stranger, supervisor):
    theirs = Queue.objects.create(name="Theirs", filters={"institution": stranger.institution_id})
    client = signed_in(supervisor)
    assert "Theirs" not in text_of(client.get(SHARED))
    change = reverse("admin:cases_queue_change", args=[theirs.pk])
    assert client.get(change).status_code == 404
    assert client.post(change, TIMES).status_code == 404
    grant_scope(
        user=supervisor,
        institution=Institution.objects.get(pk=stranger.institution_id),
        by="tests",
    )
    answer = signed_in(User.objects.get(pk=supervisor.pk)).post(ADD, TIMES)
    assert "beyond your institutions" in text_of(answer)


@pytest.mark.parametrize("role", ["analyst", "risk_manager", "auditor", "administrator"])
def test_only_supervisors_share(bank, role):
    client = signed_in(person("somebody", role))
    assert client.get(SHARED).status_code == 403
    assert client.get(ADD).status_code == 403
    assert client.post(ADD, TIMES).status_code == 403


# -- bulk actions -----------------------------------------------------------------------------


def start(client, kind, **more):
    answer = client.post(PREPARE, {"kind": kind, **more})
    return answer["Location"]


def test_what_is_selected_is_shown_started_and_listed(
    bank, supervisor, django_capture_on_commit_callbacks, monkeypatch
):
    cases = open_cases(bank, 3)
    monkeypatch.setattr("cases.tasks.run_bulk.apply_async", lambda *args, **more: None)
    client = signed_in(supervisor)
    url = start(client, "close", case=[cases[0].pk, cases[1].pk, "x", "9" * 40])
    page = text_of(client.get(url))
    assert "<b>2</b> of 2 cases would be touched" in page
    assert "Nothing has been done yet" in page
    assert "Fraud needs its kind" in text_of(
        client.post(url, {"disposition": "confirmed_fraud", "reason": "x"})
    )
    with django_capture_on_commit_callbacks(execute=True) as asked:
        client.post(url, {"disposition": "genuine", "typology": "", "reason": "A campaign."})
    assert len(asked) == 1
    assert "0</b> of 2" in text_of(client.get(url))
    from cases.tasks import run_bulk

    run_bulk(str(BulkAction.objects.get().pk))
    result = text_of(client.get(url))
    assert "<b>2</b> done" in result
    assert client.get(f"{url}progress/").json() == {
        "waiting": 0, "done": 2, "refused": 0, "state": "done", "total": 2,
    }  # fmt: skip
    assert Case.objects.filter(status="closed").count() == 2
    assert client.get(f"{url}?state=refused&page=0").status_code == 200


def test_all_that_the_filters_leave_may_be_meant(bank, supervisor):
    cases = open_cases(bank, 4)
    working.claim(case_id=cases[0].pk, by=supervisor)
    start(signed_in(supervisor), "escalate", every="1", whose="unclaimed", case=[cases[0].pk])
    picked = BulkAction.objects.get().items.values_list("case", flat=True)
    assert set(picked) == {case.pk for case in cases[1:]}


def test_cases_of_other_institutions_are_not_picked(case, foreign, supervisor, analyst):
    client = signed_in(supervisor)
    start(client, "escalate", case=[case.pk, foreign.pk])
    assert list(BulkAction.objects.get().items.values_list("case", flat=True)) == [case.pk]
    nothing = client.post(PREPARE, {"kind": "escalate", "case": foreign.pk}, follow=True)
    assert "No case is selected" in text_of(nothing)
    url = reverse("admin:cases_bulk", args=[BulkAction.objects.get().pk])
    assert signed_in(analyst).get(url).status_code == 404
    assert signed_in(analyst).get(f"{url}progress/").status_code == 404


def test_readers_act_on_none(case):
    for role in ("auditor", "risk_manager", "administrator"):
        client = signed_in(person(role, role))
        assert client.post(PREPARE, {"kind": "close", "case": case.pk}).status_code == 403
        assert "data-pick" not in text_of(client.get(QUEUE))
    assert not BulkAction.objects.exists()


def test_without_choice_an_act_starts_by_its_button(case, supervisor, monkeypatch):
    monkeypatch.setattr("cases.tasks.run_bulk.apply_async", lambda *args, **more: None)
    working.claim(case_id=case.pk, by=supervisor)
    client = signed_in(supervisor)
    url = start(client, "release", case=case.pk)
    client.post(url)
    assert BulkAction.objects.get().state == "running"


def test_an_escalated_case_is_claimed_by_supervisors_alone(case, analyst, supervisor):
    working.set_status(case_id=case.pk, status="escalated", by=supervisor)
    claims = reverse("admin:cases_case_act", args=[case.pk, "claim"])
    places = (QUEUE, reverse("admin:cases_case_change", args=[case.pk]))
    for user, offered in ((analyst, False), (supervisor, True)):
        client = signed_in(user)
        assert [claims in text_of(client.get(place)) for place in places] == [offered] * 2
    refused = signed_in(analyst).post(claims)
    assert (refused.status_code, "a supervisor takes it" in text_of(refused)) == (403, True)
    assert Case.objects.get().assignee is None
    signed_in(supervisor).post(claims)
    assert Case.objects.get().assignee == supervisor


def test_a_running_bulk_action_is_stopped_from_its_page(bank, supervisor, monkeypatch):
    monkeypatch.setattr("cases.tasks.run_bulk.apply_async", lambda *args, **more: None)
    cases = open_cases(bank, 3)
    client = signed_in(supervisor)
    url = start(client, "close", case=[case.pk for case in cases])
    preview = text_of(client.get(url))
    assert "This takes effect at once, case by case, and cannot be undone" in preview
    assert "there are no 10 seconds to take it back" in preview
    client.post(url, {"disposition": "genuine", "reason": "A known campaign."})
    stop = f"{url}stop/"
    assert f'action="{stop}"' in text_of(client.get(url))
    assert client.get(stop).status_code == 405
    assert signed_in(person("another", "supervisor")).post(stop).status_code == 404
    page = text_of(client.post(stop, follow=True))
    assert "<b>0</b> done, <b>3</b> left as they were" in page
    assert stop not in page
    assert not run_some(BulkAction.objects.get().pk)
    assert Case.objects.filter(status="open").count() == 3


def test_ten_thousand_cases_are_shown_beforehand_and_listed_afterwards(
    bank, supervisor, monkeypatch
):
    monkeypatch.setattr("cases.tasks.run_bulk.apply_async", lambda *args, **more: None)
    many_cases(bank.institution_id, 10_001)
    client = signed_in(supervisor)
    url = start(client, "close", every="1")
    bulk = BulkAction.objects.get()
    assert (bulk.total, bulk.more, bulk.items.count()) == (10_000, True, 10_000)
    preview = text_of(client.get(url))
    assert "<b>10,000</b> of 10,000 cases would be touched" in preview
    assert "More than 10,000 cases match; these are the first 10,000 of them." in preview
    client.post(url, {"disposition": "genuine", "reason": "A known campaign."})
    assert run_some(bulk.pk, most=3)
    waiting = bulk.items.filter(state="waiting").order_by("pk")
    refused = list(waiting.values_list("pk", flat=True)[:5_000])
    BulkItem.objects.filter(pk__in=refused).update(state="refused", told="Somebody was faster.")
    bulk.items.filter(state="waiting").update(state="done")
    assert not run_some(bulk.pk)
    page = text_of(client.get(url))
    assert "<b>5,000</b> done, <b>5,000</b> refused" in page
    assert "Somebody was faster.</td><td" in page.replace(" <td", "<td")
    assert page.count("/case/") >= 200
    with CaptureQueriesContext(connection) as taken:
        last = text_of(client.get(f"{url}?state=refused&page=25"))
    assert last.count("Somebody was faster.") == 201
    assert 'rel="next"' not in last
    assert len(taken) < 20
