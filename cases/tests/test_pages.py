"""The queue and the case in the browser's terms: who sees what, and what is told when it fails."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone as clock

from cases.alerts.opening import open_alerts
from cases.models import Case, CaseEntry, ReviewOutcome
from cases.queues import duties
from cases.services import working
from cases.services.closing import close_due
from cases.tests.conftest import flag, person
from foundation.models import User
from transactions.models import Customer, Label

pytestmark = pytest.mark.django_db

QUEUE = reverse("admin:cases_case_changelist")
HOSTILE = "<script>alert(1)</script>{{ 7|add:7 }}\"'><img src=x onerror=alert(1)>"
READERS = ("risk_manager", "auditor", "administrator")


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page_of(case) -> str:
    return reverse("admin:cases_case_change", args=[case.pk])


def act(user, case, name, **fields):
    fields.setdefault("version", Case.objects.get(pk=case.pk).version)
    return signed_in(user).post(reverse("admin:cases_case_act", args=[case.pk, name]), fields)


def settle() -> None:
    """As if the seconds for an undo were over."""
    close_due(now=clock.now() + timedelta(minutes=1))


def text_of(answer) -> str:
    return " ".join(answer.content.decode().split())


@pytest.fixture
def mine(case, analyst):
    return working.claim(case_id=case.pk, by=analyst)


@pytest.fixture
def foreign(stranger):
    [alert] = open_alerts([flag(stranger, "theirs-1", user_id="their-customer").pk])
    return alert.case


def open_cases(bank, number: int) -> list[Case]:
    rows = [flag(bank, f"q-{n}", user_id=f"queue-{n}", amount=500_000.0 + n) for n in range(number)]
    return [alert.case for alert in open_alerts([row.pk for row in rows])]


# -- the queue --------------------------------------------------------------------------------


def test_the_queue_shows_most_at_stake_first_and_masks_the_customer(bank, analyst):
    low, high = (
        open_alerts([flag(bank, name, user_id=name, amount=amount).pk])[0].case
        for name, amount in (("customer-low", 600_000.0), ("customer-high", 9_000_000.0))
    )
    page = text_of(signed_in(analyst).get(QUEUE))
    assert page.index(page_of(high)) < page.index(page_of(low))
    assert "NGN 9,000,000.00" in page
    assert "customer-high" not in page
    assert high.alerts.get().reason in page


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", True),
        ("?whose=unclaimed", True),
        ("?whose=mine", False),
        ("?status=open", True),
        ("?status=closed", False),
        ("?level=critical", True),
        ("?level=low", False),
        ("?vertical=fintech", True),
        ("?vertical=betting", False),
        ("?overdue=1", False),
        ("?q=t-1", True),
        ("?q=customer-1", True),
        ("?q=nobody", False),
        ("?page=2", False),
    ],
)
def test_filters_leave_what_they_say(case, analyst, query, shown):
    Case.objects.update(level="critical")
    page = text_of(signed_in(analyst).get(QUEUE + query))
    assert (f'href="{page_of(case)}"' in page) == shown


def test_a_case_past_its_time_is_marked_and_found(case, analyst):
    Case.objects.update(due_at=clock.now() - timedelta(hours=1))
    page = text_of(signed_in(analyst).get(QUEUE + "?overdue=1"))
    assert page_of(case) in page
    assert ">overdue" in page
    assert "past their due time ×" in page


def test_a_closed_case_is_found_by_its_number(mine, analyst):
    working.decide(case_id=mine.pk, disposition="genuine", reason="called", by=analyst)
    assert page_of(mine) not in text_of(signed_in(analyst).get(QUEUE))
    for query in (f"?q={mine.pk}", f"?q=%23{mine.pk}", "?status=closed"):
        assert page_of(mine) in text_of(signed_in(analyst).get(QUEUE + query))


@pytest.mark.parametrize(
    "query",
    [
        "?level=nonsense",
        "?institution=x",
        "?vertical='--",
        "?page=-1",
        "?page=99999999999",
        "?page=%C2%B2",
        "?q=" + "x" * 900,
        "?q=99999999999999999999999",
        "?whose=all&whose=mine",
    ],
)
def test_a_hostile_filter_does_no_harm(case, analyst, query):
    assert signed_in(analyst).get(QUEUE + query).status_code == 200


def test_an_empty_queue_says_what_will_come(bank, analyst):
    page = text_of(signed_in(analyst).get(QUEUE))
    assert "No case is open" in page
    assert "Decisions held for review or declined open a case" in page
    assert "Nothing is left by these filters" in text_of(
        signed_in(analyst).get(QUEUE + "?level=low")
    )


def test_claim_next_gives_the_most_valuable_that_the_filters_leave(bank, analyst, colleague):
    cases = open_cases(bank, 3)
    url = reverse("admin:cases_case_claim_next")
    assert signed_in(analyst).get(url).status_code == 405
    first = signed_in(analyst).post(url)
    second = signed_in(colleague).post(url, {"vertical": "fintech"})
    assert {first["Location"], second["Location"]} == {page_of(cases[2]), page_of(cases[1])}
    nothing = signed_in(analyst).post(url, {"vertical": "betting"}, follow=True)
    assert "Nothing waits here" in text_of(nothing)
    assert Case.objects.get(pk=cases[0].pk).assignee is None


# -- who sees what ----------------------------------------------------------------------------


@pytest.mark.parametrize("role", READERS)
def test_readers_see_no_buttons_and_change_nothing(case, role):
    reader = person(role, role)
    for url in (QUEUE, page_of(case)):
        page = text_of(signed_in(reader).get(url))
        assert "/do/" not in page
        assert "Claim" not in page.replace("Claimed by", "")
    for name in ("claim", "note", "genuine", "reopen"):
        answer = act(reader, case, name, text="x", reason="x", disposition="genuine")
        assert answer.status_code == 403
    assert signed_in(reader).post(reverse("admin:cases_case_claim_next")).status_code == 403
    assert CaseEntry.objects.filter(by=reader).count() == 0


def test_who_has_no_role_sees_nothing(case):
    nobody = User.objects.create_user("nobody", is_staff=True)
    for url in (QUEUE, page_of(case)):
        assert signed_in(nobody).get(url).status_code in {302, 403}
        assert "NGN" not in signed_in(nobody).get(url).content.decode()


def test_cases_of_other_institutions_are_as_absent_as_those_that_never_were(foreign, bank, analyst):
    client = signed_in(analyst)
    assert page_of(foreign) not in text_of(client.get(QUEUE))
    for query in (f"?q={foreign.pk}", "?q=theirs-1", "?q=their-customer"):
        assert page_of(foreign) not in text_of(client.get(QUEUE + query))
    assert client.get(page_of(foreign)).status_code == 302
    for name in ("claim", "note"):
        assert act(analyst, foreign, name, text="x").status_code == 404
    client.post(reverse("admin:cases_case_claim_next"), {"institution": foreign.institution_id})
    assert Case.objects.get(pk=foreign.pk).assignee is None


def test_a_case_is_not_handed_to_somebody_of_another_institution(mine, analyst, stranger):
    other = person("other")
    other.scopes.all().delete()
    answer = act(analyst, mine, "assign", to=other.pk)
    assert answer.status_code == 400
    assert "Nobody of this name may work on the case" in text_of(answer)


def test_an_analyst_sees_buttons_only_for_what_may_be_done(case, analyst, colleague, supervisor):
    def offers(user):
        page = text_of(signed_in(user).get(page_of(case)))
        return {name for name in ("claim", "fraud", "release", "note") if f"/do/{name}/" in page}

    assert offers(analyst) == {"claim", "note"}
    working.claim(case_id=case.pk, by=analyst)
    assert offers(analyst) == {"fraud", "release", "note"}
    assert offers(colleague) == {"note"}
    assert offers(supervisor) == {"fraud", "release", "note"}


# -- the case ---------------------------------------------------------------------------------


def test_the_page_says_who_why_and_what_was_decided(bank, case, analyst):
    page = text_of(signed_in(analyst).get(page_of(case)))
    decision = case.alerts.get().transaction.decision
    for hit in decision.hits:
        assert hit["reason"] in page
    for part in ("NGN 500,000.00", "No model took part", "Nothing is known yet", "no other case"):
        assert part in page
    assert reverse("admin:scoring_decision_change", args=[decision.pk]) in page
    assert "customer-1" not in page


def test_the_page_takes_as_many_queries_for_many_alerts_and_notes_as_for_one(bank, mine, analyst):
    client = signed_in(analyst)
    client.get(page_of(mine))
    with CaptureQueriesContext(connection) as few:
        client.get(page_of(mine))
    open_alerts([flag(bank, f"more-{n}").pk for n in range(12)])
    for n in range(12):
        working.note(case_id=mine.pk, by=analyst, text=f"note {n}")
    with CaptureQueriesContext(connection) as many:
        page = text_of(client.get(page_of(mine)))
    assert "more-11" in page
    assert "note 11" in page
    assert len(many) == len(few) <= 26
    assert not [query for query in many if "COUNT(" in query["sql"]]


def test_other_cases_of_the_customer_stand_with_their_outcome(bank, mine, analyst):
    working.decide(case_id=mine.pk, disposition="genuine", reason="called", by=analyst)
    Case.objects.filter(pk=mine.pk).update(closed_at=clock.now() - timedelta(days=400))
    [alert] = open_alerts([flag(bank, "t-2").pk])
    page = text_of(signed_in(analyst).get(f"{page_of(alert.case)}?tab=earlier"))
    assert "1 other case: 1 genuine" in page
    assert f'href="{page_of(mine)}"' in page


def test_hostile_text_is_shown_as_text(mine, analyst):
    act(analyst, mine, "note", text=HOSTILE)
    act(analyst, mine, "escalate", reason=HOSTILE)
    page = signed_in(analyst).get(page_of(mine)).content.decode()
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert page.count("&lt;script&gt;alert(1)") == 2
    assert "{{ 7|add:7 }}" in page


def test_nothing_on_the_pages_runs_from_the_page_itself(mine, analyst):
    for url in (QUEUE, page_of(mine)):
        page = signed_in(analyst).get(url).content.decode()
        content = page[page.index('id="content"') :]
        content = content[: content.index("</dialog>")]
        for inline in ("<script", " style=", " onclick=", "javascript:"):
            assert inline not in content, inline


def test_the_customers_id_is_shown_to_who_asks_and_the_look_is_written_down(mine, analyst):
    url = reverse("admin:cases_case_reveal", args=[mine.pk, "customer"])
    assert "customer-1" in text_of(signed_in(analyst).post(url))
    assert signed_in(person("auditor", "auditor")).post(url).status_code == 403


# -- acting -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "fields", "status"),
    [
        ("escalate", {"reason": "two accounts"}, "escalated"),
        ("wait", {"reason": ""}, "waiting"),
        ("snooze", {"hours": "4"}, "in_progress"),
        ("release", {}, "open"),
        ("note", {"text": "called the customer"}, "in_progress"),
    ],
)
def test_an_action_does_what_it_says(mine, analyst, name, fields, status):
    answer = act(analyst, mine, name, **fields)
    assert answer.status_code == 302
    case = Case.objects.get(pk=mine.pk)
    assert case.status == status
    assert (case.snoozed_until is not None) == (name == "snooze")
    assert (case.assignee is None) == (name == "release")
    entry = case.entries.order_by("-pk")[0]
    assert entry.text == fields.get("reason", fields.get("text", ""))


def test_a_case_goes_from_hand_to_hand(mine, analyst, colleague):
    act(analyst, mine, "assign", to=colleague.pk)
    assert Case.objects.get(pk=mine.pk).assignee == colleague
    assert "handed to colleague" in text_of(signed_in(analyst).get(page_of(mine)))


def test_fraud_needs_its_kind_and_a_reason_and_keeps_what_was_typed(mine, analyst):
    answer = act(analyst, mine, "fraud", disposition="confirmed_fraud", reason="the SIM changed")
    page = text_of(answer)
    assert answer.status_code == 400
    assert "Fraud: something is missing below" in page
    assert "the SIM changed</textarea>" in page
    assert '<details class="cs-act" name="cs-act" open data-key="f">' in page
    assert Case.objects.get(pk=mine.pk).status == "in_progress"


@pytest.mark.parametrize("name", ["fraud", "genuine"])
def test_a_form_decides_only_what_it_stands_for(mine, analyst, name):
    other = {"fraud": "genuine", "genuine": "confirmed_fraud"}[name]
    answer = act(
        analyst, mine, name, disposition=other, typology="sim_swap", reason="from elsewhere"
    )
    assert answer.status_code == 400
    assert not Label.objects.exists()


def test_after_deciding_comes_the_next_own_case_and_then_one_that_waits(bank, analyst):
    first, second, third = open_cases(bank, 3)
    for case in (first, second):
        working.claim(case_id=case.pk, by=analyst)
    Case.objects.filter(pk=third.pk).update(rank=10**6)
    verdict = {"disposition": "genuine", "reason": "called"}
    assert act(analyst, first, "genuine", **verdict)["Location"] == page_of(second)
    assert act(analyst, second, "genuine", **verdict)["Location"] == page_of(third)
    working.claim(case_id=third.pk, by=analyst)
    assert act(analyst, third, "genuine", **verdict)["Location"] == QUEUE


def test_a_decision_labels_shows_the_outcome_and_leaves_the_decision(mine, analyst):
    typed = {"disposition": "confirmed_fraud", "typology": "sim_swap", "reason": "SIM swapped"}
    act(analyst, mine, "fraud", **typed)
    settle()
    transaction = mine.alerts.get().transaction
    assert Label.objects.get().typology == "sim_swap"
    assert ReviewOutcome.objects.get(transaction=transaction).status == "declined"
    page = text_of(signed_in(analyst).get(page_of(mine)))
    assert "closed: confirmed fraud, SIM swap" in page
    assert "/do/fraud/" not in page


def test_a_stale_form_is_refused_and_nothing_typed_is_lost(mine, analyst, supervisor):
    stale = mine.version
    working.note(case_id=mine.pk, by=supervisor, text="I spoke to the bank")
    answer = act(
        analyst, mine, "genuine", version=stale, disposition="genuine", reason="a long reason"
    )
    page = text_of(answer)
    assert answer.status_code == 409
    assert "Somebody changed the case since you opened it" in page
    assert "supervisor: note" in page
    assert "a long reason</textarea>" in page
    fresh = Case.objects.get(pk=mine.pk)
    assert f'name="version" value="{fresh.version}"' in page
    assert fresh.status == "in_progress"


def test_of_two_who_decide_the_second_is_told_and_keeps_the_text(mine, analyst, supervisor):
    seen = mine.version
    act(supervisor, mine, "genuine", disposition="genuine", reason="the customer called")
    settle()
    fraud = {"disposition": "confirmed_fraud", "typology": "sim_swap"}
    answer = act(analyst, mine, "fraud", version=seen, reason="my findings", **fraud)
    page = text_of(answer)
    assert answer.status_code == 409
    assert "The case is closed already" in page
    assert "supervisor: decided: genuine" in page
    assert "my findings</textarea>" in page
    assert Case.objects.get(pk=mine.pk).disposition == "genuine"
    assert Label.objects.get().is_fraud is False


def test_who_claims_second_is_told_who_was_first(case, analyst, colleague):
    seen = case.version
    working.claim(case_id=case.pk, by=colleague)
    answer = signed_in(analyst).post(reverse("admin:cases_case_act", args=[case.pk, "claim"]))
    assert answer.status_code == 409
    assert "colleague has claimed the case" in text_of(answer)
    assert act(analyst, case, "claim", version=seen).status_code == 409


def test_a_decided_case_takes_notes_and_supervisors_reopen_it(mine, analyst, supervisor):
    working.decide(case_id=mine.pk, disposition="genuine", reason="called", by=analyst)
    assert act(analyst, mine, "note", text="called again").status_code == 302
    assert act(analyst, mine, "reopen", reason="new facts").status_code == 403
    assert act(supervisor, mine, "reopen", reason="").status_code == 400
    assert act(supervisor, mine, "reopen", reason="new facts").status_code == 302
    assert Case.objects.get(pk=mine.pk).status == "open"


@pytest.mark.parametrize("version", ["", "-1", "x", "9" * 30])
def test_a_version_that_is_none_is_no_failure(mine, analyst, version):
    answer = act(analyst, mine, "escalate", version=version, reason="")
    assert answer.status_code in {302, 400, 409}


def test_the_address_of_an_action_leads_to_the_case_and_does_nothing(case, analyst):
    url = reverse("admin:cases_case_act", args=[case.pk, "claim"])
    assert signed_in(analyst).get(url)["Location"] == page_of(case)
    assert Case.objects.get().assignee is None


def test_home_shows_ones_own_cases_and_how_many_wait(bank, mine, analyst):
    open_cases(bank, 2)
    Case.objects.filter(pk=mine.pk).update(due_at=clock.now() - timedelta(hours=1))
    page = text_of(signed_in(analyst).get(reverse("admin:index")))
    assert "Your cases</span><b>1</b>" in page
    assert "1 overdue" in page
    assert "Cases that wait</span><b>2</b>" in page
    assert f'href="{page_of(mine)}"' in page
    assert "Cases that wait" not in text_of(
        signed_in(person("auditor", "auditor")).get(reverse("admin:index"))
    )


def test_home_reminds_of_what_is_due_soon_and_what_came_back(bank, analyst, colleague):
    def reminded(user) -> tuple[list[str], list[str]]:
        page = text_of(signed_in(user).get(reverse("admin:index")))
        counts = re.findall(r"<span>(?:Due soon|Back from snooze)</span><b>(\d+)</b>", page)
        lists = [text_of(signed_in(user).get(f"{QUEUE}?whose={w}")) for w in ("soon", "back")]
        cases = [",".join(sorted(set(re.findall(r"/case/(\d+)/change/", p)))) for p in lists]
        return counts, cases

    soon, back, theirs = open_cases(bank, 3)
    for case, user in ((soon, analyst), (back, analyst), (theirs, colleague)):
        working.claim(case_id=case.pk, by=user)
    assert reminded(analyst) == (["0", "0"], ["", ""])
    now = clock.now()
    Case.objects.filter(pk=soon.pk).update(due_at=now + timedelta(minutes=5))
    assert duties.warn_of_due() == 1
    working.snooze(case_id=back.pk, until=now + timedelta(hours=1), by=analyst)
    duties.wake(now=now + timedelta(hours=2))
    assert reminded(analyst) == (["1", "1"], [str(soon.pk), str(back.pk)])
    assert reminded(colleague) == (["0", "0"], ["", ""])
    working.note(case_id=back.pk, by=analyst, text="Seen.")
    Case.objects.filter(pk=soon.pk).update(due_at=now - timedelta(minutes=5))  # overdue by now
    assert reminded(analyst) == (["0", "0"], ["", ""])


def test_home_takes_as_many_queries_for_many_cases_as_for_few(bank, analyst):
    def queries() -> int:
        client = signed_in(analyst)
        client.get(reverse("admin:index"))
        with CaptureQueriesContext(connection) as taken:
            client.get(reverse("admin:index"))
        return len(taken)

    [first, *rest] = open_cases(bank, 6)
    working.claim(case_id=first.pk, by=analyst)
    few = queries()
    for case in rest:
        working.claim(case_id=case.pk, by=analyst)
        until = clock.now() + timedelta(hours=1)
        working.snooze(case_id=case.pk, until=until, by=analyst)
    duties.wake(now=clock.now() + timedelta(hours=2))
    assert queries() == few


def test_an_unknown_action_is_not_found(mine, analyst):
    assert act(analyst, mine, "destroy").status_code == 404


def test_a_customer_that_no_longer_opens_hides_its_id_and_nothing_else(mine, analyst):
    Customer.objects.filter(pk=mine.customer_id).update(hash_version=77)
    assert signed_in(analyst).get(page_of(mine)).status_code == 200
