"""Through the queue by keyboard, in a real browser; the pictures are kept for looking at."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone as clock

from cases.alerts.opening import open_alerts
from cases.bulk.running import run_some
from cases.models import BulkAction, Case, Queue
from cases.services import working
from cases.tests.conftest import flag, person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
QUEUE = reverse("admin:cases_case_changelist")


@pytest.fixture
def picture(page, tmp_path):
    place = Path(os.environ.get("PICTURES", tmp_path))

    def take(name: str) -> None:
        page.screenshot(path=place / f"{name}.png")

    return take


def go(page, live_server, user, url: str = QUEUE) -> None:
    client = Client()
    client.force_login(user)
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value}
    page.context.add_cookies([{**cookie, "url": live_server.url}])
    page.goto(live_server.url + url)


@pytest.fixture
def people(bank):
    names = ("amina.bello", "chukwuemeka.oluwaseun-adeyemi-the-third", "tunde")
    return [person(name) for name in names]


@pytest.fixture
def cases(bank, people) -> list[Case]:
    """Twelve of many kinds, the last with most at stake."""
    rows = [
        flag(bank, f"t-{n}", user_id=f"customer-{n}", amount=310_000.0 * 1.8**n).pk
        for n in range(12)
    ]
    made = [alert.case for alert in open_alerts(rows)]
    now = clock.now()
    Case.objects.filter(pk=made[0].pk).update(due_at=now - timedelta(hours=3), suspected="sim_swap")
    Case.objects.filter(pk=made[3].pk).update(due_at=now + timedelta(minutes=20), warned_at=now)
    for case, user in zip(made[1:5], (*people, people[0]), strict=True):
        working.claim(case_id=case.pk, by=user)
    working.set_status(case_id=made[2].pk, status="waiting", by=people[1])
    return made


def test_an_analyst_goes_through_the_queue_by_keyboard(page, picture, live_server, cases, people):
    tunde = people[2]
    Queue.objects.create(name="Critical and large, looked at first by whoever is in", position=1,
                         filters={"level": ["critical"], "amount_from": 10_000.0})  # fmt: skip
    Queue.objects.create(name="Overdue lending", filters={"vertical": ["lending"]}, owner=tunde)
    go(page, live_server, tunde)
    picture("queue")
    best = page.locator("[data-row]").first
    page.keyboard.press("j")
    assert best.get_attribute("aria-selected") == "true"
    page.keyboard.press("Space")
    look = page.locator("[data-look]")
    look.get_by_text(f"Case {cases[-1].pk}").wait_for()
    picture("queue-preview")
    page.keyboard.press("j")
    look.get_by_text(f"Case {cases[-2].pk}").wait_for()
    page.keyboard.press("Escape")
    assert look.is_hidden()
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("x")
    assert page.get_by_text("2 selected").is_visible()
    picture("queue-selected")
    page.keyboard.press("c")
    page.wait_for_url("**/change/**")
    assert Case.objects.get(pk=cases[-3].pk).assignee == tunde
    go(page, live_server, tunde)
    page.keyboard.press("Shift+C")
    page.wait_for_url("**/change/**")
    assert Case.objects.get(pk=cases[-1].pk).assignee == tunde
    page.emulate_media(color_scheme="dark")
    go(page, live_server, tunde, f"{QUEUE}?level=critical&amount_from=1000&older=4")
    picture("queue-empty-dark")
    go(page, live_server, tunde)
    page.get_by_text("Filters", exact=True).click()
    picture("queue-filters-dark")


def test_filters_are_kept_as_a_queue_and_many_cases_are_handed_over(
    page, picture, live_server, cases, people, supervisor
):
    go(page, live_server, supervisor, f"{QUEUE}?whose=unclaimed")
    page.get_by_text("Keep as a queue").click()
    page.fill("[name=name]:visible", "Free ones")
    page.get_by_role("button", name="Keep", exact=True).click()
    assert page.locator(".cq-saved [aria-current]").inner_text().startswith("Free ones")
    page.locator("[data-all]").check()
    page.select_option("[name=kind]", "assign")
    page.get_by_role("button", name="See what it touches").click()
    assert page.get_by_text("Nothing has been done yet").is_visible()
    picture("bulk-preview")
    page.select_option("[name=to]", label="tunde")
    page.get_by_role("button", name="Hand over 8 cases").click()
    bulk = BulkAction.objects.get()
    page.locator("progress").wait_for()
    picture("bulk-running")
    while run_some(bulk.pk):
        pass
    page.get_by_text("8 done").wait_for()
    picture("bulk-result")
    assert Case.objects.filter(assignee=people[2]).count() == 9
    go(page, live_server, supervisor, f"{reverse('admin:cases_queue_add')}?level=critical")
    picture("shared-queue")


def test_without_scripts_it_works_by_mouse(page_without_scripts, live_server, cases, people):
    page = page_without_scripts
    go(page, live_server, people[2])
    page.locator("[data-pick]").first.check()
    page.get_by_role("button", name="See what it touches").click()
    assert page.get_by_text("of 1 case would be touched").is_visible()
    go(page, live_server, people[2])
    page.get_by_text("Filters", exact=True).click()
    page.locator("[name=level][value=low]").check()
    page.get_by_role("button", name="Show", exact=True).click()
    assert page.get_by_text("Nothing is left by these filters").is_visible()


@pytest.fixture
def page_without_scripts(browser):
    size = {"width": 1280, "height": 800}
    with browser.new_context(java_script_enabled=False, viewport=size) as context:
        yield context.new_page()
