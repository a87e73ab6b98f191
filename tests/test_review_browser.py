"""An analyst clears cases by keyboard, in a real browser."""

import pytest

from cases.models import Case
from cases.opening import open_alerts
from foundation.models import User
from scoring.services import score_transaction
from scoring.tests.making import make_suspicious
from tests.test_browser import page  # noqa: F401
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
def desk(page, live_server, people):  # noqa: F811
    """The queue, opened by an analyst; nothing in the page fails while it is used."""
    failures = []
    page.on("pageerror", lambda error: failures.append(str(error)))
    analyst = User.objects.get(username="analyst")
    analyst.set_password(PASSWORD)
    analyst.save()
    page.goto(live_server.url)
    page.fill("[name=username]", "analyst")
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.locator("a[href='/admin/cases/case/']").first.click()
    page.wait_for_url("**/cases/case/")
    yield page
    assert failures == []


def press(desk, key: str) -> None:
    """A key that sends something, until the page after it is there with its script."""
    with desk.expect_navigation():
        desk.keyboard.press(key)


def test_claim_read_decide_and_on_to_the_next_without_the_mouse(two_cases, desk):
    large, small = two_cases["large"], two_cases["small"]
    desk.keyboard.press("j")
    desk.keyboard.press("j")
    desk.keyboard.press("k")
    press(desk, "c")
    assert desk.url.endswith(f"/{large.pk}/change/")
    assert desk.get_by_text("The connection comes through a VPN or proxy").first.is_visible()
    desk.keyboard.press("n")
    desk.keyboard.type("<b>called</b> the customer")
    press(desk, "Control+Enter")
    assert desk.get_by_text("<b>called</b> the customer", exact=True).is_visible()
    desk.keyboard.press("f")
    desk.keyboard.press("Escape")
    desk.keyboard.press("f")
    desk.locator("details[open] select").select_option("sim_swap")
    desk.locator("details[open] textarea").fill("the SIM was changed an hour before")
    press(desk, "Control+Enter")
    assert desk.url.endswith(f"/{small.pk}/change/")
    assert desk.get_by_text(f"Case {large.pk} is closed as confirmed fraud").is_visible()
    large.refresh_from_db()
    assert (large.disposition, large.assignee.username) == ("confirmed_fraud", "analyst")
    assert Label.objects.get().typology == "sim_swap"
    press(desk, "c")
    assert desk.get_by_text("claimed by you").is_visible()
    desk.keyboard.press("g")
    desk.keyboard.type("the customer confirmed it")
    press(desk, "Control+Enter")
    assert desk.get_by_text("Nothing else waits for you").is_visible()
    assert set(Case.objects.values_list("status", flat=True)) == {"closed"}


def test_the_verdict_needs_no_scrolling(two_cases, desk):
    press(desk, "C")
    for place in (".cs-verdicts", ".cs-why", ".cs-normal"):
        box = desk.locator(place).first.bounding_box()
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= 800, place
    assert desk.evaluate("document.documentElement.scrollWidth") <= 1280


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
