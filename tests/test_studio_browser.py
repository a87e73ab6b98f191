"""A risk manager in the rule studio, in a real browser. Pictures are kept in PICTURES."""
# ruff: noqa: F811  fixtures of other modules, asked for by their names

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone as clock
from playwright.sync_api import expect

from foundation.outbox import drain_outbox
from learning.archive.exporting import export
from learning.tests.conftest import first_serial  # noqa: F401
from rules.models import Rule
from scoring.services import score_transaction
from scoring.tests.making import make_request, make_suspicious
from studio.backtest import running
from studio.book.summing import summarise_rules
from studio.changes.services import standing
from studio.models import Backtest
from studio.models.changes import ChangeEdit, ChangeSet
from studio.tasks import run_backtest
from tests.looking import looker, picture  # noqa: F401
from tests.test_review_browser import sign_in
from transactions.models import Transaction
from transactions.services import record_label

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LONG_NAME = "The amount is far above everything that this customer was ever seen to pay anywhere"


@pytest.fixture
def history(bank, people, settings, tmp_path, first_serial):
    """Twelve days with a fraud and a genuine payment of a new account each, archived."""
    settings.ARCHIVE_URL = str(tmp_path / "archive")
    for day in range(1, 13):
        for fraud in (True, False):
            at = (clock.now() - timedelta(days=day)).timestamp()
            make, name = (make_suspicious, "f") if fraud else (make_request, "g")
            more = {} if fraud else {"supplied": {"account_age_days": 6.0}}
            request = make(
                transaction_id=f"{name}-{day}", user_id=f"{name}{day}", occurred_at=at, **more
            )
            score_transaction(client=bank, request=request, source="test")
            row = Transaction.objects.get(external_id=f"{name}-{day}")
            record_label(transaction_row=row, is_fraud=fraud, source="chargeback", by="test")
    drain_outbox()
    export()
    summarise_rules(now=clock.now())


def address(code: str = "new_account") -> str:
    return reverse("admin:rules_rule_change", args=[Rule.objects.get(code=code).pk])


@pytest.fixture
def desk(page, live_server, people):
    """Signed in as a risk manager; no script fails while the page is used."""
    failures = []
    page.on("pageerror", lambda error: failures.append(str(error)))
    page.on("dialog", lambda dialog: dialog.accept())
    sign_in(page, live_server, "risk_manager")
    yield page
    assert failures == []


def tile(desk, name: str):
    return desk.locator(".st-tile", has_text=name).first.locator(".st-tile-value")


def test_a_threshold_is_moved_mended_tested_and_saved(history, desk, live_server, picture):
    desk.goto(live_server.url + reverse("admin:rules_rule_changelist"))
    desk.fill("[data-search]", "account")
    expect(desk.locator("[data-left]")).to_contain_text(" of ")
    desk.get_by_role("link", name="New account", exact=True).click()
    desk.wait_for_url("**/change/")
    save = desk.locator("[data-save]")
    expect(save).to_be_disabled()

    # The condition is written with names that are offered, a slip is mended with what is meant.
    area = desk.locator("#id_condition")
    area.press("Control+End")
    area.press_sequentially(" and not ip_is_v")
    desk.locator("[role=option]", has_text="ip_is_vpn").wait_for()
    picture("studio-offers")
    area.press("Enter")
    expect(area).to_have_value("account_age_days < max_age and not ip_is_vpn")
    area.press_sequentially(" and amonut > 0")
    expect(desk.locator("#condition-found")).to_contain_text("no feature or parameter amonut")
    expect(save).to_be_disabled()
    picture("studio-error")
    desk.get_by_role("button", name="Use amount").click()
    expect(desk.locator("#condition-found .st-error")).to_have_count(0)
    area.fill("account_age_days < max_age")

    # The threshold, in place: out of its bounds it is told so, within them the panel answers.
    threshold = desk.get_by_label("max_age")
    threshold.fill("900")
    expect(desk.locator("[data-parameter=max_age] .st-error")).to_contain_text("above its maximum")
    expect(desk.locator(".st-faulty")).to_be_visible()
    expect(desk.locator(".st-working")).to_be_hidden()
    threshold.fill("5.5")
    expect(desk.locator("[data-changes]")).to_contain_text("max_age")
    expect(desk.locator(".st-faulty")).to_be_hidden()
    desk.locator("#panel").scroll_into_view_if_needed()
    expect(tile(desk, "Matched")).to_contain_text("12", timeout=20_000)
    expect(tile(desk, "Matched")).to_contain_text("24")
    expect(tile(desk, "Precision")).to_contain_text("100 %")
    picture("studio-panel")

    # Into a change set; the rule book says what it said.
    desk.get_by_label("Why this edit").fill("only really new ones")
    desk.get_by_label("Why this edit").press("Control+Enter")
    desk.wait_for_url("**/studio/changeset/**")
    picture("studio-saved")
    edit = ChangeEdit.objects.get()
    assert edit.definition["parameters"][0]["value"] == 5.5
    assert edit.note == "only really new ones"
    desk.goto(live_server.url + address())
    expect(desk.get_by_label("max_age")).to_have_value("5.5")
    expect(desk.locator(".st-started")).to_contain_text("This is your draft in")


def test_the_builder_and_the_text_are_one(history, desk, live_server, picture):
    desk.goto(live_server.url + address())
    desk.get_by_role("button", name="Builder").click()
    row = desk.locator(".st-test").first
    expect(row.get_by_label("Feature")).to_have_value("account_age_days")
    desk.get_by_role("button", name="Add a condition to this group").first.click()
    added = desk.locator(".st-test").nth(1)
    added.get_by_label("Feature").fill("ip_country")
    added.get_by_label("Comparison").select_option("==")
    added.get_by_label("Value").fill("KP")
    expect(desk.locator("#id_condition")).to_have_value(
        'account_age_days < max_age and ip_country == "KP"'
    )
    picture("studio-builder")
    desk.get_by_role("button", name="Text").click()
    area = desk.locator("#id_condition")
    area.fill("account_age_days < max_age or (ip_is_vpn and if_else(ip_is_proxy, True, False))")
    desk.wait_for_timeout(400)
    desk.get_by_role("button", name="Builder").click()
    expect(desk.get_by_label("Expression that the builder")).to_have_value(
        "if_else(ip_is_proxy, True, False)"
    )
    desk.get_by_role("button", name="Remove this").last.click()
    expect(area).to_have_value("account_age_days < max_age or ip_is_vpn")


def test_a_new_rule_begins_in_the_builder(history, desk, live_server):
    desk.goto(live_server.url + reverse("admin:rules_rule_add"))
    desk.get_by_role("button", name="Builder").click()
    desk.get_by_role("button", name="Add a condition to this group").click()
    row = desk.locator(".st-test").first
    row.get_by_label("Feature").fill("account_age_days")
    row.get_by_label("Feature").press("Tab")
    row.get_by_label("Value").fill("3")
    expect(desk.locator("#id_condition")).to_have_value("account_age_days > 3")


def test_a_draft_is_tried_on_a_stored_and_on_a_pasted_transaction(
    history, desk, live_server, picture
):
    desk.goto(live_server.url + address())
    desk.get_by_label("Transaction ID").fill("f-3")
    desk.get_by_label("Transaction ID").press("Enter")
    expect(desk.locator("[data-trial]")).to_contain_text("It fires on transaction f-3")
    desk.get_by_label("max_age").fill("4")
    expect(desk.locator("[data-trial]")).to_contain_text("It does not fire")
    desk.get_by_role("button", name="Pasted JSON").click()
    desk.get_by_label("Transaction as JSON").fill('{"amount": 5, "account_age_days": 1}')
    desk.locator("[data-try-it]").click()
    expect(desk.locator("[data-trial]")).to_contain_text("It fires on the pasted transaction")
    picture("studio-try")
    desk.get_by_role("button", name="A stored one").click()
    desk.get_by_label("Transaction ID").fill("theirs-1")
    desk.locator("[data-try-it]").click()
    expect(desk.locator("[data-trial]")).to_contain_text("no such transaction")


def test_what_was_typed_and_not_saved_is_offered_again(history, desk, live_server):
    desk.goto(live_server.url + address())
    desk.locator("#id_condition").fill("account_age_days < max_age and broken (")
    desk.wait_for_timeout(300)
    desk.goto(live_server.url + reverse("admin:rules_rule_changelist"))
    desk.goto(live_server.url + address())
    desk.get_by_role("button", name="Take it up again").click()
    expect(desk.locator("#id_condition")).to_have_value("account_age_days < max_age and broken (")


def test_what_was_typed_outlives_a_save_that_did_not_arrive(history, desk, live_server):
    desk.goto(live_server.url + address())
    desk.locator("#id_condition").fill("account_age_days < max_age and ip_is_vpn")
    desk.get_by_role("button", name="Add a threshold").click()
    desk.locator(".st-new").get_by_label("Name").fill("floor_amount")
    desk.locator("#id_condition").fill("account_age_days < max_age and amount > floor_amount")
    desk.locator(".st-new").get_by_label("Value").fill("5")
    desk.locator(".st-new").get_by_label("Currency, of money").fill("USD")
    desk.locator(".st-new").get_by_label("Kind").select_option("money")
    desk.locator(".st-new").get_by_label("Smallest").fill("1")
    desk.locator(".st-new").get_by_label("Largest").fill("9")
    expect(desk.locator("[data-save]")).to_be_enabled()
    desk.context.clear_cookies(name="sessionid")  # signed out elsewhere
    desk.locator("[data-save]").click()
    desk.wait_for_url("**/login/**")
    sign_in(desk, live_server, "risk_manager")
    desk.goto(live_server.url + address())
    desk.get_by_role("button", name="Take it up again").click()
    expect(desk.locator(".st-new").get_by_label("Name")).to_have_value("floor_amount")
    expect(desk.locator("[data-save]")).to_be_enabled()

    # Saved with the panel's backtest as evidence; then the browser has nothing left to offer.
    desk.locator("[data-attach]").click()
    desk.wait_for_url("**/studio/changeset/**")
    if trial := Backtest.objects.filter(state="queued").first():  # the panel tried at that moment
        run_backtest(str(trial.pk))
    assert standing(ChangeSet.objects.get()) == "fresh"
    desk.goto(live_server.url + address())
    expect(desk.locator(".st-started")).to_contain_text("This is your draft in")
    expect(desk.locator("[data-left]")).to_be_hidden()


def test_a_long_backtest_shows_how_far_it_is_and_is_cancelled(
    history, desk, live_server, picture, settings
):
    settings.BACKTEST_ROWS_AT_ONCE = 0
    desk.goto(live_server.url + address())
    desk.locator("#panel").scroll_into_view_if_needed()
    desk.locator("[data-run]").wait_for()
    picture("studio-running")
    desk.get_by_role("button", name="Cancel").click()
    expect(desk.locator("[data-result]")).to_contain_text("Cancelled")
    desk.get_by_label("max_age").fill("5.5")
    desk.locator("[data-run]").wait_for()
    waiting = Backtest.objects.get(state="queued")
    assert Backtest.objects.filter(state="cancelled").count() == 1
    running.run(waiting.pk)
    expect(tile(desk, "Matched")).to_contain_text("12", timeout=20_000)


def test_the_transactions_behind_a_figure_are_shown(history, desk, live_server, picture):
    desk.goto(live_server.url + address())
    desk.get_by_text("Name, effect, verticals and all else").click()
    desk.locator("#id_effect").select_option("decline")
    desk.locator("#panel").scroll_into_view_if_needed()
    moved = desk.locator("[data-samples]", has_text="more genuine stopped")
    moved.wait_for(timeout=20_000)
    moved.locator("summary").click()
    row = moved.locator("tbody tr").first
    expect(row).to_contain_text("g-")
    expect(row.locator("td").nth(4)).to_contain_text("approved")
    expect(row.locator("td").nth(5)).to_contain_text("declined")
    picture("studio-samples")


def test_the_studios_pages_are_readable(history, page, live_server, people, looker):
    rule = Rule.objects.get(code="new_account")
    Rule.objects.filter(pk=rule.pk).update(state="shadow")
    sign_in(page, live_server, "risk_manager")
    looker.look("studio-book", f"{reverse('admin:rules_rule_changelist')}?sort=-hits")
    looker.look("studio-nothing", f"{reverse('admin:rules_rule_changelist')}?q=nowhere")
    page.goto(live_server.url + address())
    page.locator("#panel").scroll_into_view_if_needed()
    page.locator(".st-tile").first.wait_for(timeout=20_000)
    page.locator("#id_condition").fill("amonut < max_age and account_age_days > 0")
    page.locator("#condition-found .st-error").first.wait_for()
    looker.look("studio-rule")
    page.locator("#id_condition").fill("account_age_days < max_age and (ip_is_vpn or amount > 0)")
    page.wait_for_timeout(500)
    page.get_by_role("button", name="Builder").click()
    page.get_by_label("Transaction ID").fill("f-3")
    page.locator("[data-try-it]").click()
    page.locator(".st-tree").wait_for()
    looker.look("studio-builder")
    page.evaluate("window.localStorage.clear()")
    looker.look("studio-new", reverse("admin:rules_rule_add"))
    looker.look("studio-version", reverse("admin:rules_rule_version", args=[rule.pk, 1]))
    looker.look("studio-move", reverse("admin:rules_rule_state", args=[rule.pk, "live"]))
    looker.look("studio-guide", reverse("admin:rules_rule_guide"))
    assert looker.found == {}
