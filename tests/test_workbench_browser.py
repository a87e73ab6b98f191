"""The workbench at its fullest, in a real browser: what must fit, be readable and be named."""
# ruff: noqa: F811  fixtures of other modules, asked for by their names

import pytest
from django.urls import reverse

from cases.bulk.running import run_some
from cases.models import BulkAction, Case
from cases.reports.filing import draft_report
from cases.services import working
from cases.tests.linking import alerted, convicted, used
from foundation.models import ApprovalRequest, User
from rules.models import Rule
from tests.full_case import LONG_NAME, full_case
from tests.looking import judge, looker, picture  # noqa: F401
from tests.test_review_browser import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def page_of(case: Case) -> str:
    return reverse("admin:cases_case_change", args=[case.pk])


@pytest.fixture
def analyst(people) -> User:
    """Of the longest name there is."""
    User.objects.filter(username="analyst").update(username=LONG_NAME)
    return User.objects.get(username=LONG_NAME)


@pytest.fixture
def supervisor(people) -> User:
    return people["supervisor"]


@pytest.fixture
def full(bank, analyst, supervisor, monkeypatch) -> Case:
    case = full_case(bank, analyst, monkeypatch)
    words = "please look at the beneficiary before anything else, and call the customer. " * 3
    working.note(case_id=case.pk, by=supervisor, text=f"@{LONG_NAME} {words}")
    return case


# -- the verdict at one glance ----------------------------------------------------------------

FITS = (".cs-verdicts", ".cs-why", ".cs-normal")


def overlong(page) -> dict[str, float]:
    """Where each ends that must be seen without scrolling, if that is below the screen."""
    page.wait_for_load_state("networkidle")
    found = {}
    for place in FITS:
        box = page.locator(place).first.bounding_box()
        if box["y"] < 0 or box["y"] + box["height"] > 800:
            found[place] = box["y"] + box["height"]
    if page.evaluate("document.documentElement.scrollWidth") > 1280:
        found["width"] = page.evaluate("document.documentElement.scrollWidth")
    return found


def test_a_full_case_is_decided_without_scrolling(full, page, live_server, picture):
    sign_in(page, live_server, LONG_NAME)
    page.goto(live_server.url + page_of(full))
    assert page.locator(".cs-told").count() == 1
    assert page.locator(".cs-reasons").first.locator("tbody").first.locator("tr").count() == 7
    assert page.get_by_text("probability of fraud 0.913").is_visible()
    sides = page.locator(".cs-sides th").all_inner_texts()
    assert sides == [
        "Amount", "Hour", "Country", "Place", "Device", "Channel", "Kind of shop", "Payee",
    ]  # fmt: skip
    assert overlong(page) == {}
    assert judge(page, picture, "full-case") == []


def test_one_that_waits_for_a_second_person_is_read_without_scrolling(
    full,
    page,
    live_server,
    picture,
    analyst,
    supervisor,
):
    working.decide(
        case_id=full.pk,
        disposition="confirmed_fraud",
        typology="sim_swap",
        reason="the SIM was changed",
        by=analyst,
    )
    working.note(case_id=full.pk, by=analyst, text="@supervisor please agree")
    sign_in(page, live_server, "supervisor")
    page.goto(live_server.url + page_of(full))
    assert page.locator(".cs-second").is_visible()
    assert page.locator(".cs-told").is_visible()
    picture("proposed-case")
    assert overlong(page) == {}
    page.goto(live_server.url + _approval())
    assert judge(page, picture, "approval") == []


def _approval() -> str:
    request = ApprovalRequest.objects.get()
    return reverse("admin:foundation_approvalrequest_change", args=[request.pk])


# -- readable by everybody: contrast, names, roles ---------------------------------------------


def test_tabs_with_something_in_them_are_readable(
    full, bank, page, live_server, looker, supervisor
):
    sign_in(page, live_server, "supervisor")
    for name in ("similar", "earlier", "reports", "lists", "alerts", "timeline", "notes"):
        looker.look(f"full-{name}", f"{page_of(full)}?tab={name}")
    looker.look(
        "full-customer", reverse("admin:transactions_customer_change", args=[full.customer_id])
    )
    looker.look("alerts", reverse("admin:cases_alert_changelist"))
    looker.look("no-alerts", f"{reverse('admin:cases_alert_changelist')}?status=approved&q=x")
    looker.look("home", reverse("admin:index"))
    assert looker.found == {}


def test_the_report_and_its_form_are_readable(full, page, live_server, looker, analyst):
    sign_in(page, live_server, LONG_NAME)
    address = reverse("admin:cases_case_report", args=[full.pk])
    looker.look("report-none", address)
    draft_report(case_id=full.pk, by=analyst)
    looker.look("report", address)
    assert looker.found == {}


def test_the_queue_with_its_preview_and_what_is_done_to_many_is_readable(
    full,
    bank,
    people,
    page,
    live_server,
    looker,
):
    for n in range(6):
        alerted(bank, f"customer-{n}", device_id=f"d-{n}")
    sign_in(page, live_server, "supervisor")
    looker.look("queue", reverse("admin:cases_case_changelist"))
    page.keyboard.press("j")
    page.keyboard.press("Space")
    page.locator("[data-look] a").first.wait_for()
    looker.look("queue-preview")
    page.keyboard.press("Escape")
    page.locator("[data-all]").check()
    page.select_option("[name=kind]", "assign")
    page.get_by_role("button", name="See what it touches").click()
    page.get_by_text("Nothing has been done yet").wait_for()
    looker.look("bulk-preview")
    page.select_option("[name=to]", label=LONG_NAME if LONG_NAME in page.content() else "analyst")
    page.locator(".cq-fields button.cs-primary").click()
    page.locator("progress").wait_for()
    bulk = BulkAction.objects.get()
    looker.look("bulk-running")
    while run_some(bulk.pk):
        pass
    page.locator("progress").wait_for(state="detached")  # the page asks again by itself
    looker.look("bulk-result")
    looker.look("shared-queues", reverse("admin:cases_queue_changelist"))
    looker.look("shared-queue-form", reverse("admin:cases_queue_add"))
    assert looker.found == {}


def test_the_rules_page_with_its_figures_is_readable(full, page, live_server, looker, people):
    decided = full.alerts.first().transaction.decision
    rule = Rule.objects.get(code=decided.hits[0]["code"])
    sign_in(page, live_server, "risk_manager")
    looker.look("rule", reverse("admin:rules_rule_change", args=[rule.pk]))
    assert page.locator("#figures .fs-figure").count() == 4
    assert looker.found == {}


def test_signing_in_is_readable(people, page, live_server, looker, settings):
    settings.TWO_FACTOR = "required"
    looker.look("sign-in", reverse("admin:login"))
    page.fill("[name=username]", "analyst")
    page.fill("[name=password]", "wrong")
    page.press("[name=password]", "Enter")
    page.locator("[role=alert], .errornote, [class*=red]").first.wait_for()
    looker.look("sign-in-refused")
    sign_in(page, live_server, "analyst")
    page.wait_for_url("**/two-factor/enrol/**")
    looker.look("two-factor-enrol")
    page.fill("[name=code]", "000000")
    page.press("[name=code]", "Enter")
    page.wait_for_load_state("networkidle")
    looker.look("two-factor-refused")
    assert looker.found == {}


# -- the graph --------------------------------------------------------------------------------

BOXES = """() => [...document.querySelectorAll(".cg-node")].map((node) => {
  const box = node.querySelector("rect").getBoundingClientRect();
  const texts = [...node.querySelectorAll("text")].map((text) => text.getBoundingClientRect());
  const plain = (r) => ({ left: r.left, right: r.right, top: r.top, bottom: r.bottom });
  return { box: plain(box), texts: texts.map(plain) };
})"""


def overlap(one, other) -> bool:
    """By more than a pixel: boxes of text are a little larger than what is written."""
    return (
        min(one["right"], other["right"]) - max(one["left"], other["left"]) > 1
        and min(one["bottom"], other["bottom"]) - max(one["top"], other["top"]) > 1
    )


def unreadable(page) -> list[str]:
    """Boxes that lie on each other, and labels that leave theirs or lie on another."""
    nodes, found = page.evaluate(BOXES), []
    for number, node in enumerate(nodes):
        found += [
            f"box {number} on box {more}"
            for more, other in enumerate(nodes[:number])
            if overlap(node["box"], other["box"])
        ]
        for at, text in enumerate(node["texts"]):
            box = node["box"]
            if text["left"] < box["left"] - 1 or text["right"] > box["right"] + 1:
                found.append(f"label {at} of {number} leaves its box")
            found += [f"labels of {number}" for other in node["texts"][:at] if overlap(text, other)]
    return found


@pytest.fixture
def crowd(bank, people) -> Case:
    """More customers than are drawn share devices, addresses and telephones with one."""
    user = "the-customer-in-the-middle-of-all-0001"
    for n in range(12):
        shared = {"device_id": f"device-of-a-long-name-{n:03}", "ip_address": f"102.89.1.{n}"}
        case = alerted(bank, user, email=f"somebody.of.a.long.name.{n}@example.com", **shared)
        convicted(bank, f"convicted-with-a-long-name-{n:03}", **shared)
        for m in range(4):
            used(
                bank,
                f"neighbour-with-a-long-name-{n:03}-{m}",
                phone=f"+23480{n:02}{m}1234",
                **shared,
            )
    return case


def test_sixty_nodes_are_readable_and_one_shows_its_neighbours(
    crowd,
    page,
    live_server,
    looker,
    picture,
):
    sign_in(page, live_server, "analyst")
    looker.look("graph-60", reverse("admin:cases_case_graph", args=[crowd.pk]))
    assert page.locator(".cg-node").count() == 60
    assert unreadable(page) == []
    assert page.locator(".cg-fraud").count() > 0
    middle = page.locator(".cg-centre").bounding_box()
    assert middle["y"] + middle["height"] < 800, "whose graph it is must be seen at once"
    before = page.locator(".cg-node").evaluate_all("all => all.map((one) => one.ariaLabel)")
    neighbour = page.locator(".cg-node:not(.cg-fraud)", has_text="customer").last
    with page.expect_navigation():
        neighbour.click()
    assert "expand=" in page.url
    assert page.locator(".cg-expanded").count() == 1
    looker.look("graph-expanded")
    after = page.locator(".cg-node").evaluate_all("all => all.map((one) => one.ariaLabel)")
    assert set(after) - set(before), "nothing new is shown"
    assert unreadable(page) == []
    with page.expect_navigation():
        page.locator(".cg-expanded").click()
    assert "expand=" not in page.url
    assert looker.found == {}
