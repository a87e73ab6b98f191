"""The parts of a case's page: tabs, timeline, forms beside what they are about, undo."""

import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone as clock

from cases.alerts.opening import open_alerts
from cases.models import Case, CaseEntry, Closing, Mention, ReviewOutcome
from cases.page.tabs import TABS
from cases.page.timeline import KINDS, PAGE, timeline
from cases.services import working
from cases.services.closing import close_due
from cases.tests.conftest import flag, person
from cases.tests.lists import load_short_lists
from cases.tests.test_pages import HOSTILE, act, page_of, settle, signed_in, text_of
from clients.models import Institution
from clients.webhooks.models import WebhookEvent
from clients.webhooks.services import add_endpoint
from foundation.outbox import drain_outbox
from intelligence.models import List, ListEntry
from intelligence.tests.making import add
from scoring.services import score_transaction
from scoring.serving.tests.making import forget_all, make_champion
from scoring.tests.making import make_request, make_suspicious
from transactions.models import Label, Transaction
from transactions.services import record_label

pytestmark = pytest.mark.django_db

FRAUD = {"disposition": "confirmed_fraud", "typology": "sim_swap", "reason": "the SIM was swapped"}
GENUINE = {"disposition": "genuine", "reason": "the customer called"}
TAB_NAMES = [name for name in TABS if name != "audit"]


@pytest.fixture
def mine(case, analyst):
    return working.claim(case_id=case.pk, by=analyst)


@pytest.fixture
def supervised(case, supervisor):
    load_short_lists()
    return working.claim(case_id=case.pk, by=supervisor)


def tab_of(case, name):
    return reverse("admin:cases_case_tab", args=[case.pk, name])


def undo(user, case):
    return signed_in(user).post(reverse("admin:cases_case_undo", args=[case.pk]))


# -- what moved the model -----------------------------------------------------------------------


def test_a_case_offers_to_explain_what_nobody_has_explained(bank, analyst, settings, tmp_path):
    """The button belongs to the decision, and leads back to the case."""
    settings.MODELS_DIR = tmp_path
    forget_all()
    make_champion()
    try:
        [alert] = open_alerts([flag(bank, "t-1").pk])
        shown = text_of(signed_in(analyst).get(page_of(alert.case)))
    finally:
        forget_all()

    assert "What moved the model is not worked out yet." in shown
    assert reverse("admin:scoring_decision_explain", args=[alert.transaction_id]) in shown
    assert f'name="next" value="{page_of(alert.case)}"' in shown


# -- tabs -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TAB_NAMES)
def test_a_tab_is_a_link_of_the_page_and_a_part_by_itself(mine, analyst, name):
    client = signed_in(analyst)
    page = text_of(client.get(f"{page_of(mine)}?tab={name}"))
    assert f'data-tab="{name}"' in page
    [here] = re.findall(r'data-tab="(\w+)"[^>]* aria-current="page"', page)
    assert here == name
    part = client.get(tab_of(mine, name))
    assert part.status_code == 200
    assert "<html" not in part.content.decode()
    assert "no-store" in part["Cache-Control"]


def test_the_audit_tab_is_for_those_who_may_read_the_trail(mine, analyst, supervisor):
    assert 'data-tab="audit"' not in text_of(signed_in(analyst).get(page_of(mine)))
    assert signed_in(analyst).get(tab_of(mine, "audit")).status_code == 404
    assert "cases.claimed" in text_of(signed_in(supervisor).get(tab_of(mine, "audit")))


def test_a_tab_that_is_none_shows_the_first_and_as_a_part_is_not_there(mine, analyst):
    page = text_of(signed_in(analyst).get(f"{page_of(mine)}?tab=nonsense&page=x&kind=zz"))
    assert re.findall(r'data-tab="(\w+)"[^>]* aria-current="page"', page) == ["timeline"]
    assert signed_in(analyst).get(tab_of(mine, "nonsense")).status_code == 404


def test_parts_of_other_institutions_cases_are_not_there(stranger, bank, analyst):
    [alert] = open_alerts([flag(stranger, "theirs-1").pk])
    urls = [
        tab_of(alert.case, "timeline"),
        reverse("admin:cases_case_linked", args=[alert.case_id]),
    ]
    for url in urls:
        assert signed_in(analyst).get(url).status_code == 404
    assert undo(analyst, alert.case).status_code == 404


@pytest.mark.parametrize("name", TAB_NAMES)
def test_a_tab_takes_as_many_queries_for_much_as_for_little(bank, mine, analyst, name):
    client = signed_in(analyst)
    client.get(tab_of(mine, name))
    with CaptureQueriesContext(connection) as few:
        client.get(tab_of(mine, name))
    open_alerts([flag(bank, f"more-{n}").pk for n in range(8)])
    for n in range(8):
        working.note(case_id=mine.pk, by=analyst, text=f"note {n}")
    with CaptureQueriesContext(connection) as many:
        client.get(tab_of(mine, name))
    assert len(many) == len(few) <= 17


def test_the_small_graph_is_a_part_of_its_own(mine, analyst):
    answer = signed_in(analyst).get(reverse("admin:cases_case_linked", args=[mine.pk]))
    assert answer.status_code == 200
    assert "Linked" in text_of(answer)


# -- the timeline -----------------------------------------------------------------------------


def test_everything_that_happened_stands_on_one_timeline(bank, mine, analyst):
    add_endpoint(
        institution=Institution.objects.get(pk=bank.institution_id),
        url="https://hooks.example.com/",
        name="core",
        by="tests",
        events=[WebhookEvent.CASE_UPDATED],
    )
    signs = {"new_device_login": True, "failed_login_attempts": 4.0, "account_age_days": 5.0}
    more = {"ip_is_vpn": True, "transactions_last_hour": 8.0}
    request = make_suspicious(
        transaction_id="t-2", user_id="customer-1", supplied={**signs, **more}
    )
    score_transaction(client=bank, request=request, source="test")
    plain = make_request(transaction_id="t-plain", user_id="customer-1")
    score_transaction(client=bank, request=plain, source="test")
    open_alerts([Transaction.objects.get(external_id="t-2").pk])
    working.note(case_id=mine.pk, by=analyst, text="called")
    record_label(
        transaction_row=Transaction.objects.get(external_id="t-plain"),
        is_fraud=True,
        source="chargeback",
        by="tests",
    )
    drain_outbox()
    found = {moment.kind: moment for moment in timeline(mine).moments}
    assert {"case", "note", "transaction", "alert", "login", "label", "webhook"} <= found.keys()
    assert "failed login attempts 4" in found["login"].words
    assert found["label"].mark == "fraud"
    page = text_of(signed_in(analyst).get(page_of(mine)))
    assert "t-plain" in page, "transactions that were not flagged belong to it"


def test_list_hits_and_earlier_cases_stand_on_it(bank, case, analyst, supervisor):
    load_short_lists()
    working.decide(case_id=case.pk, disposition="genuine", reason="fine", by=supervisor)
    Case.objects.update(closed_at=clock.now() - timedelta(days=400))
    request = make_suspicious(
        transaction_id="t-2",
        user_id="customer-1",
        identifiers={"email": "someone@mailinator.com"},
    )
    score_transaction(client=bank, request=request, source="test")
    [alert] = open_alerts([Transaction.objects.get(external_id="t-2").pk])
    kinds = {moment.kind: moment.words for moment in timeline(alert.case).moments}
    assert "disposable_domains" in kinds["list"]
    assert "closed as genuine" in {
        moment.words.rstrip(":") for moment in timeline(alert.case, kind="other").moments
    }


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_shown_alone(mine, analyst, kind):
    working.note(case_id=mine.pk, by=analyst, text="called")
    shown = {moment.kind for moment in timeline(mine, kind=kind).moments}
    assert shown <= ({kind} if kind else set(KINDS))


def test_no_moment_is_lost_between_two_pages(mine, analyst):
    texts = [f"note {n}" for n in range(PAGE + 5)]
    for text in texts:
        working.note(case_id=mine.pk, by=analyst, text=text)
    first, second = timeline(mine, kind="note"), timeline(mine, kind="note", number=2)
    assert (first.more, second.more) == (True, False)
    found = [moment.text for moment in [*first.moments, *second.moments]]
    assert found == texts[::-1]


# -- undo -------------------------------------------------------------------------------------


def test_after_a_verdict_the_next_page_offers_the_way_back(bank, mine, analyst):
    open_alerts([flag(bank, "x-1", user_id="customer-2").pk])
    answer = signed_in(analyst).post(
        reverse("admin:cases_case_act", args=[mine.pk, "fraud"]),
        {**FRAUD, "version": mine.version},
        follow=True,
    )
    page = text_of(answer)
    assert f"Case {mine.pk}: <b>confirmed fraud, SIM swap</b>" in page
    assert reverse("admin:cases_case_undo", args=[mine.pk]) in page
    assert Case.objects.get(pk=mine.pk).status == "in_progress"


def test_the_queue_offers_it_where_nothing_else_waits(mine, analyst):
    act(analyst, mine, "genuine", **GENUINE)
    page = text_of(signed_in(analyst).get(reverse("admin:cases_case_changelist")))
    assert reverse("admin:cases_case_undo", args=[mine.pk]) in page


def test_undo_returns_to_the_form_as_it_was_typed(mine, analyst):
    act(analyst, mine, "fraud", **FRAUD)
    answer = undo(analyst, mine)
    address = urlsplit(answer["Location"])
    assert address.path == page_of(mine)
    assert parse_qs(address.query).keys() == {"undone"}
    page = text_of(signed_in(analyst).get(answer["Location"]))
    assert '<details class="cs-act" name="cs-act" open data-key="f">' in page
    assert "the SIM was swapped</textarea>" in page
    assert '<option value="sim_swap" selected>' in page
    settle()
    assert Case.objects.get().status == "in_progress"


def test_what_somebody_else_took_back_fills_in_nothing(mine, analyst, supervisor):
    act(analyst, mine, "fraud", **FRAUD)
    address = undo(analyst, mine)["Location"]
    page = text_of(signed_in(supervisor).get(address))
    assert "the SIM was swapped</textarea>" not in page
    for wrong in ("", "x", "0" * 32, "z" * 32, "é" * 32, "'--"):
        assert signed_in(analyst).get(f"{page_of(mine)}?undone={wrong}").status_code == 200


def test_while_a_verdict_waits_the_case_says_so_and_offers_nothing_else(mine, analyst, supervisor):
    act(analyst, mine, "genuine", **GENUINE)
    page = text_of(signed_in(supervisor).get(page_of(mine)))
    assert "decided by analyst: <b>genuine</b>" in page
    assert "/do/undo/" not in page
    assert "/do/fraud/" not in page
    answer = act(supervisor, mine, "note", text="my long note")
    assert answer.status_code == 409
    assert "my long note</textarea>" in text_of(answer)
    assert "has just decided the case" in text_of(answer)


def test_undo_too_late_says_that_the_case_is_closed(mine, analyst):
    act(analyst, mine, "genuine", **GENUINE)
    settle()
    answer = signed_in(analyst).post(reverse("admin:cases_case_undo", args=[mine.pk]), follow=True)
    assert "The verdict has taken effect" in text_of(answer)
    assert Case.objects.get().status == "closed"


def test_undo_takes_no_address_alone(mine, analyst):
    act(analyst, mine, "genuine", **GENUINE)
    url = reverse("admin:cases_case_undo", args=[mine.pk])
    assert signed_in(analyst).get(url).status_code == 405
    assert Closing.objects.exists()


def test_a_verdict_on_much_says_that_a_second_person_has_to_agree(mine, analyst, settings):
    settings.FOUR_EYES_ABOVE_USD = 1
    page = text_of(signed_in(analyst).get(page_of(mine)))
    assert "a second person has to agree first" in page
    act(analyst, mine, "genuine", **GENUINE)
    settle()
    page = text_of(signed_in(analyst).get(page_of(mine)))
    assert "waits for a second person" in page
    assert "/do/genuine/" not in page
    act(analyst, mine, "withdraw")
    assert "/do/genuine/" in text_of(signed_in(analyst).get(page_of(mine)))


# -- acts beside what they are about --------------------------------------------------------------


def test_one_transaction_is_released_and_the_tab_shows_it(mine, analyst):
    row = mine.alerts.get().transaction_id
    answer = act(analyst, mine, "release_one", transaction=row, reason="known payee")
    assert answer["Location"].endswith("?tab=alerts")
    assert ReviewOutcome.objects.get().status == "approved"
    page = text_of(signed_in(analyst).get(answer["Location"]))
    assert '<span class="fs-status fs-approved">approved</span>' in page


def test_one_transaction_is_labelled_as_the_page_says_beforehand(mine, analyst):
    row = mine.alerts.get().transaction_id
    page = text_of(signed_in(analyst).get(f"{page_of(mine)}?tab=alerts"))
    assert "As fraud it is labelled from now on, until the verdict on the case says" in page
    assert 'value="fraud">fraud: labels it so' in page
    given = {"transaction": row, "reason": "a mule", "label": "fraud"}
    refused = text_of(act(analyst, mine, "decline_one", **given))
    assert "Fraud needs its kind." in refused
    assert not Label.objects.exists()
    act(analyst, mine, "decline_one", **given, typology="mule_fan_in")
    assert Label.objects.get().typology == "mule_fan_in"
    act(analyst, mine, "release_one", transaction=row, reason="not sure", label="")
    assert Label.objects.count() == 1


def test_a_refused_outcome_keeps_what_was_typed_in_its_place(mine, analyst, supervisor):
    row = mine.alerts.get().transaction_id
    stale = mine.version
    working.note(case_id=mine.pk, by=supervisor, text="hold on")
    answer = act(
        analyst, mine, "decline_one", version=stale, transaction=row, reason="a long reason"
    )
    page = text_of(answer)
    assert answer.status_code == 409
    assert "a long reason</textarea>" in page
    assert "supervisor: note" in page
    assert re.findall(r'data-tab="(\w+)"[^>]* aria-current="page"', page) == ["alerts"]


def test_an_identifier_is_blocked_from_the_page(supervised, supervisor):
    page = text_of(signed_in(supervisor).get(page_of(supervised)))
    [key] = set(re.findall(r'value="([0-9a-f-]{36}/user_id)"', page))
    fields = {"identifier": key, "on": "watch_list", "days": "30", "reason": "under watch"}
    answer = act(supervisor, supervised, "list", **fields)
    assert answer.status_code == 302
    entry = ListEntry.objects.get(source=f"case {supervised.pk}")
    assert (entry.list_id, entry.effect) == ("watch_list", "review")
    assert timedelta(days=29) < entry.expires_at - clock.now() <= timedelta(days=30)
    page = text_of(signed_in(supervisor).get(page_of(supervised)))
    assert "put under review user id" in page
    assert List.objects.get(name="watch_list").title in page
    assert "customer-1" not in page


def test_an_analyst_blocks_from_the_page_for_30_days_at_most(mine, analyst):
    load_short_lists()
    page = text_of(signed_in(analyst).get(page_of(mine)))
    form = page[page.index("/do/list/") :].partition("</form>")[0]
    assert re.findall(r'<option value="(\d+)"', form) == ["1", "7", "30"]
    [key] = set(re.findall(r'value="([0-9a-f-]{36}/user_id)"', form))
    fields = {"identifier": key, "on": "watch_list", "reason": "under watch"}
    for days in ("90", "0"):
        assert act(analyst, mine, "list", days=days, **fields).status_code == 400
    assert act(analyst, mine, "list", days="30", **fields).status_code == 302
    assert ListEntry.objects.get(source=f"case {mine.pk}").list_id == "watch_list"


def test_who_may_list_nothing_is_not_offered_it(mine, analyst):
    analyst.groups.get().permissions.get(codename="list_identifier").group_set.clear()
    assert "/do/list/" not in text_of(signed_in(analyst).get(page_of(mine)))
    assert act(analyst, mine, "list", on="block_list", reason="x").status_code in {400, 403}
    assert not ListEntry.objects.filter(source=f"case {mine.pk}").exists()


def test_a_question_is_asked_and_the_next_case_comes(bank, mine, analyst):
    [alert] = open_alerts([flag(bank, "x-1", user_id="customer-2").pk])
    answer = act(analyst, mine, "ask", question="Did the customer travel?")
    assert answer["Location"] == page_of(alert.case)
    assert Case.objects.get(pk=mine.pk).status == "waiting"


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("ask", {"question": ""}),
        ("escalate", {"reason": ""}),
        ("list", {"identifier": "x", "on": "nowhere", "days": "3", "reason": ""}),
        ("release_one", {"transaction": "x", "reason": ""}),
        ("attach", {}),
        ("merge", {"other": "x"}),
    ],
)
def test_a_form_that_lacks_something_changes_nothing(supervised, supervisor, name, fields):
    before = Case.objects.get().version
    answer = act(supervisor, supervised, name, **fields)
    assert answer.status_code == 400
    assert 'role="alert"' in text_of(answer)
    assert Case.objects.get().version == before


def test_forms_return_to_the_tab_that_was_open(mine, analyst):
    answer = act(analyst, mine, "note", text="called", tab="files")
    assert answer["Location"] == f"{page_of(mine)}?tab=files"
    hostile = act(analyst, mine, "note", text="called", tab="//evil.example")
    assert hostile["Location"] == page_of(mine)


# -- notes that name people --------------------------------------------------------------------


def test_who_is_named_reads_it_at_home_and_in_the_case(mine, analyst, colleague):
    act(analyst, mine, "note", text="@colleague please look")
    home = text_of(signed_in(colleague).get(reverse("admin:index")))
    assert "You were named" in home
    assert "@colleague please look" in home
    page = text_of(signed_in(colleague).get(page_of(mine)))
    assert "analyst</b> named you" in page
    assert Mention.objects.get().seen_at is not None
    assert "You were named" not in text_of(signed_in(colleague).get(reverse("admin:index")))
    assert "You were named" not in text_of(signed_in(analyst).get(reverse("admin:index")))


def test_an_unknown_name_is_told_and_the_note_kept_in_its_form(mine, analyst):
    answer = act(analyst, mine, "note", text="@nobody-there look")
    page = text_of(answer)
    assert answer.status_code == 400
    assert "Nobody of this name sees the case: @nobody-there" in page
    assert "@nobody-there look</textarea>" in page
    assert not CaseEntry.objects.filter(kind="noted").exists()


@pytest.mark.parametrize("where", ["?tab=notes", "?tab=timeline", ""])
def test_a_hostile_note_is_text_wherever_it_stands(mine, analyst, colleague, where):
    act(analyst, mine, "note", text=f"@colleague {HOSTILE}")
    for user in (analyst, colleague):
        page = signed_in(user).get(page_of(mine) + where).content.decode()
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "{{ 7|add:7 }}" in page
    home = signed_in(colleague).get(reverse("admin:index")).content.decode()
    assert "<script>alert" not in home


# -- who sees what ------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["risk_manager", "auditor", "administrator"])
def test_readers_read_every_tab_and_are_offered_no_act(mine, role):
    client = signed_in(person(role, role))
    for name in TABS:
        answer = client.get(tab_of(mine, name))
        assert answer.status_code == 200
        assert "/do/" not in answer.content.decode()
    assert undo(person(f"{role}-2", role), mine).status_code == 302
    assert close_due() == 0


@pytest.mark.parametrize(
    "name", ["ask", "list", "release_one", "decline_one", "attach", "merge", "withdraw"]
)
def test_readers_and_those_without_a_role_do_nothing(mine, name):
    for role in ("auditor", "risk_manager"):
        user = person(f"{role}-{name}", role)
        answer = act(user, mine, name, reason="x", question="x", transaction="x")
        assert answer.status_code in {403, 400}
    assert Case.objects.get().version == mine.version


# -- the consortium ---------------------------------------------------------------------------


def reported(bank, institution=None) -> Case:
    """The case of a customer whose device the consortium's list names."""
    load_short_lists()
    add(
        List.objects.get(name="consortium"),
        "device-77",
        kind="device",
        owner="Fraud desk of the consortium",
        source="report of May",
        institution=institution,
    )
    request = make_suspicious(
        transaction_id="t-9", user_id="customer-9", identifiers={"device_id": "device-77"}
    )
    score_transaction(client=bank, request=request, source="test")
    [alert] = open_alerts([Transaction.objects.get(external_id="t-9").pk])
    return alert.case


@pytest.mark.parametrize("place", ["", "?tab=lists"])
def test_what_the_consortium_reported_is_told_with_who_and_when(bank, analyst, place):
    found = reported(bank)
    page = text_of(signed_in(analyst).get(page_of(found) + place))
    assert page.count("cs-chip cs-consortium") == (3 if place else 2)
    told = "device or fingerprint reported by Fraud desk of the consortium (report of May) <time"
    assert told in page
    assert "On lists:" not in page, "it is none of the institution's own lists"
    assert ("reported by Fraud desk of the consortium (report of May), <span" in page) == bool(
        place
    )


def test_the_institutions_own_report_is_told_as_such(bank, analyst):
    found = reported(bank, Institution.objects.get(slug="bank"))
    page = text_of(signed_in(analyst).get(f"{page_of(found)}?tab=lists"))
    assert "reported by this institution: Fraud desk" in page
    assert "of this institution, <span" in page


def test_a_report_that_was_taken_back_since_is_told_as_such(bank, analyst):
    found = reported(bank)
    ListEntry.objects.filter(list="consortium").update(ended_at=clock.now(), ended_by="tests")
    page = text_of(signed_in(analyst).get(page_of(found)))
    assert "device_id when it was decided; no longer on it" in page


def test_without_a_report_there_is_no_word_of_the_consortium(mine, analyst):
    page = text_of(signed_in(analyst).get(page_of(mine)))
    assert "cs-chip cs-consortium" not in page
