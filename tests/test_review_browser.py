"""An analyst clears cases by keyboard, in a real browser. Pictures of it are kept in PICTURES (a
directory), else with pytest's own temporary files; the path is printed."""
# ruff: noqa: F811  fixtures of other modules, asked for by their names

import json
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone as clock

from cases.alerts.opening import open_alerts
from cases.models import Case, CaseEntry
from cases.services.closing import close_due
from clients.models import Institution
from clients.webhooks.delivering import deliver_due
from clients.webhooks.models import WebhookDelivery, WebhookEvent
from clients.webhooks.sending import forget_connections
from clients.webhooks.services import add_endpoint
from clients.webhooks.tests import server
from foundation.models import User
from foundation.outbox import drain_outbox
from intelligence.lists.builtin import load_builtin
from scoring.services import score_transaction
from scoring.tests.making import make_request, make_suspicious
from tests.looking import judge, picture  # noqa: F401
from transactions.models import Label, Transaction

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PASSWORD = "a-long-enough-one"


@pytest.fixture
def two_cases(bank, people):
    for name, amount in (("small", 600_000.0), ("large", 5_000_000.0)):
        request = make_suspicious(transaction_id=name, user_id=f"customer-{name}", amount=amount)
        score_transaction(client=bank, request=request, source="test")
    rows = Transaction.objects.values_list("pk", flat=True)
    return {alert.transaction.external_id: alert.case for alert in open_alerts(list(rows))}


@pytest.fixture
def desk(page, live_server, people):
    """The queue, opened by an analyst; nothing in the page fails while it is used."""
    failures = []
    page.on("pageerror", lambda error: failures.append(str(error)))
    sign_in(page, live_server, "analyst")
    page.locator("a[href='/admin/cases/case/']").first.click()
    page.wait_for_url("**/cases/case/")
    yield page
    assert failures == []


def sign_in(page, live_server, name: str) -> None:
    person = User.objects.get(username=name)
    person.set_password(PASSWORD)
    person.save()
    page.goto(live_server.url)
    page.fill("[name=username]", name)
    page.fill("[name=password]", PASSWORD)
    with page.expect_navigation():
        page.press("[name=password]", "Enter")


def press(desk, key: str) -> None:
    """A key that sends something, until the page after it is there with its script."""
    with desk.expect_navigation():
        desk.keyboard.press(key)


def seconds_pass() -> None:
    """What the worker does ten seconds later."""
    close_due(now=clock.now() + timedelta(minutes=1))


def decide(desk, key: str, reason: str, typology: str = "") -> None:
    desk.keyboard.press(key)
    if typology:
        desk.locator("details[open] select").select_option(typology)
    desk.locator("details[open] textarea").fill(reason)
    press(desk, "Control+Enter")


def test_the_whole_journey_of_a_case(bank, two_cases, desk, live_server, picture, settings):
    settings.DEMO = True  # webhooks may go to the loopback
    forget_connections()
    drain_outbox()
    large, small = two_cases["large"], two_cases["small"]
    with server.receiving() as receiver:
        add_endpoint(
            institution=Institution.objects.get(pk=bank.institution_id),
            name="core",
            url=receiver.url(),
            by="tests",
            events=[WebhookEvent.CASE_UPDATED, WebhookEvent.CASE_CLOSED],
        )
        picture("1-queue")
        press(desk, "C")  # claim next
        assert desk.url.endswith(f"/{large.pk}/change/")
        assert desk.get_by_text("The connection comes through a VPN or proxy").first.is_visible()
        desk.wait_for_load_state("networkidle")
        picture("2-case")
        decide(desk, "f", "the SIM was changed an hour before", "sim_swap")
        assert desk.url.endswith(f"/{small.pk}/change/"), "the next case comes"
        assert desk.get_by_text("Undo").is_visible()
        picture("3-decided")
        press(desk, "z")
        assert desk.url.partition("?")[0].endswith(f"/{large.pk}/change/")
        form = desk.locator("details[open]")
        assert form.locator("textarea").input_value() == "the SIM was changed an hour before"
        assert form.locator("select").input_value() == "sim_swap"
        picture("4-undone")
        seconds_pass()
        assert not Label.objects.exists()
        form.locator("textarea").fill("the SIM was changed, and the customer denies it")
        press(desk, "Control+Enter")
        seconds_pass()
        desk.goto(f"{live_server.url}{reverse('admin:cases_case_change', args=[large.pk])}")
        assert desk.get_by_text("closed: confirmed fraud, SIM swap").is_visible()
        label = desk.locator(".cs-of-label")
        assert label.get_by_text("fraud", exact=True).is_visible()
        drain_outbox()
        deliver_due()
        told = [json.loads(each.body) for each in receiver.got]
        closed = [each["data"] for each in told if each["event"] == "case.closed"]
        assert [each["case_id"] for each in closed] == [large.pk]
        assert closed[0]["typology"] == "sim_swap"
        assert "undone" not in {each["data"]["change"] for each in told}
        assert WebhookDelivery.objects.filter(state="delivered").exists()
        desk.reload()
        desk.locator("a.cs-chip", has_text="webhooks").click()
        desk.locator(".cs-of-webhook").first.wait_for()
        assert desk.get_by_text("case.closed to core").is_visible()
        picture("5-closed-and-told")
    assert Label.objects.get().is_fraud
    forget_connections()


def test_claim_read_decide_and_on_to_the_next_without_the_mouse(two_cases, desk):
    large, small = two_cases["large"], two_cases["small"]
    desk.keyboard.press("j")
    desk.keyboard.press("j")
    desk.keyboard.press("k")
    press(desk, "c")
    assert desk.url.endswith(f"/{large.pk}/change/")
    desk.keyboard.press("n")
    desk.keyboard.type("<b>called</b> the customer")
    press(desk, "Control+Enter")
    assert desk.get_by_text("<b>called</b> the customer", exact=True).is_visible()
    desk.keyboard.press("f")
    desk.keyboard.press("Escape")
    decide(desk, "f", "the SIM was changed an hour before", "sim_swap")
    assert desk.url.endswith(f"/{small.pk}/change/")
    press(desk, "c")
    assert desk.get_by_text("claimed by you").is_visible()
    decide(desk, "g", "the customer confirmed it")
    assert desk.get_by_text("Nothing else waits for you").is_visible()
    seconds_pass()
    assert set(Case.objects.values_list("status", flat=True)) == {"closed"}
    large.refresh_from_db()
    assert (large.disposition, large.assignee.username) == ("confirmed_fraud", "analyst")


def test_j_and_k_go_through_the_queue_that_one_came_from(two_cases, desk):
    large, small = two_cases["large"], two_cases["small"]
    desk.locator("[data-open]").first.click()
    desk.wait_for_url(f"**/{large.pk}/change/")
    assert desk.get_by_text("1 of 2").is_visible()
    press(desk, "j")
    assert desk.url.endswith(f"/{small.pk}/change/")
    press(desk, "k")
    assert desk.url.endswith(f"/{large.pk}/change/")
    press(desk, "k")  # the first one: back to the queue, no dead end
    assert reverse("admin:cases_case_changelist") in desk.url


def test_tabs_come_in_place_and_forms_keep_tab_and_place(two_cases, desk):
    press(desk, "C")
    desk.keyboard.press("3")
    desk.locator("[data-panel] summary", has_text="Release").first.wait_for()
    assert "tab=alerts" in desk.url
    desk.evaluate("window.scrollTo(0, 200)")
    before = desk.evaluate("window.scrollY")
    desk.locator("[data-panel] summary", has_text="Release").first.click()
    desk.locator("[data-panel] details[open] textarea").fill("a known payee")
    press(desk, "Control+Enter")
    assert "tab=alerts" in desk.url
    assert desk.locator("[data-panel] .fs-approved", has_text="approved").is_visible()
    assert desk.evaluate("window.scrollY") == before
    assert CaseEntry.objects.get(kind="outcome").facts["status"] == "approved"


def test_the_verdict_needs_no_scrolling(two_cases, desk):
    press(desk, "C")
    desk.wait_for_load_state("networkidle")
    for place in (".cs-verdicts", ".cs-why", ".cs-normal"):
        box = desk.locator(place).first.bounding_box()
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= 800, place
    assert desk.evaluate("document.documentElement.scrollWidth") <= 1280


def test_what_comes_later_moves_nothing(two_cases, desk):
    desk.add_init_script(
        "window.moved = 0; new PerformanceObserver((list) => list.getEntries().forEach("
        "(each) => { if (!each.hadRecentInput) window.moved += each.value; }"
        ")).observe({ type: 'layout-shift', buffered: true });"
    )
    press(desk, "C")
    desk.wait_for_load_state("networkidle")
    assert desk.evaluate("window.moved") < 0.05


def test_keys_are_explained_and_typing_is_no_command(two_cases, desk):
    desk.keyboard.press("?")
    assert desk.get_by_role("dialog", name="Keys").is_visible()
    desk.keyboard.press("Escape")
    desk.keyboard.press("/")
    desk.keyboard.type("jkc?C")
    assert desk.locator("[data-search]").input_value() == "jkc?C"
    press(desk, "Enter")
    assert desk.get_by_text("Nothing is left by these filters").is_visible()
    assert not Case.objects.exclude(assignee=None).exists()


# -- contrast, names, roles -------------------------------------------------------------------


@pytest.fixture
def everything(bank, two_cases, people):
    """Cases open and closed, with habits to compare with, and one whose customer is new."""
    load_builtin(actor="tests", demo=False)
    for n in range(8):
        request = make_request(
            transaction_id=f"plain-{n}", user_id="customer-large", amount=900.0 + n
        )
        score_transaction(client=bank, request=request, source="test")
    drain_outbox()
    return two_cases


def test_everybody_can_read_and_use_the_pages(everything, page, live_server, picture):
    sign_in(page, live_server, "supervisor")
    large, small = everything["large"], everything["small"]
    case = reverse("admin:cases_case_change", args=[large.pk])
    found = {}

    def look(name: str, address: str = "", keys: str = "") -> None:
        if address:
            page.goto(live_server.url + address)
        for key in keys:
            page.keyboard.press(key)
        if wrong := judge(page, picture, name):
            found[name] = wrong

    look("home", reverse("admin:index"))
    look("queue", reverse("admin:cases_case_changelist"))
    look("empty-queue", f"{reverse('admin:cases_case_changelist')}?level=low")
    look("customer", reverse("admin:transactions_customer_change", args=[large.customer_id]))
    look("case", case)
    look("fraud-form", keys="f")
    page.keyboard.press("Escape")
    look("list-form", keys="b")
    page.keyboard.press("Escape")
    look("note-form", keys="n")
    page.keyboard.type("@nobody-there look")
    press(page, "Control+Enter")
    look("refused-note")
    page.keyboard.press("Escape")
    press(page, "c")
    for name in (
        "timeline",
        "transactions",
        "alerts",
        "related",
        "lists",
        "notes",
        "files",
        "audit",
    ):
        look(f"tab-{name}", f"{case}?tab={name}")
    look("keys", case, "?")
    page.keyboard.press("Escape")
    decide(page, "g", "the customer called")
    look("verdict-to-undo")
    seconds_pass()
    look("closed-case", case)
    look("graph", reverse("admin:cases_case_graph", args=[small.pk]))
    assert found == {}
