"""A change of a rule on its whole way, by two people with browsers, into a running server and back.

The risk manager edits a threshold, sees what it would have done, proposes it with that as evidence;
the supervisor approves; the server decides otherwise; it is rolled back.
"""

import re
import time

import pytest
from playwright.sync_api import expect

from tests.system import running

pytestmark = pytest.mark.browser

PASSWORD = "a-long-enough-one"
# Twenty days of payments from accounts of ten days, all fraud, and from old ones, all genuine.
# "New account" hits none of them before it counts accounts of up to fifteen days as new.
HISTORY = """
from datetime import UTC, datetime, timedelta
from clients.authentication import authenticate
from clients.models import Institution
from clients.services import grant_scope
from foundation.models import User
from foundation.roles import assign_roles
from learning.archive.exporting import export
from scoring.services import score_transaction
from scoring.tests.making import make_request
from transactions.models import Transaction
from transactions.services import Told, record_labels
client = authenticate({key!r})
bank = Institution.objects.get(pk=client.institution_id)
for role in ("risk_manager", "supervisor"):
    user = User.objects.create_user("the_" + role, password={password!r}, is_staff=True)
    assign_roles(user=user, roles=[role], by="test")
    grant_scope(user=user, institution=bank, by="test")
now, told = datetime.now(UTC), []
for number in range(40):
    fraud = number % 2 == 0
    at = now - timedelta(hours=12 * number + 6)
    request = make_request(
        user_id=f"h{{number}}", transaction_id=f"h-{{number}}", occurred_at=at.timestamp(),
        supplied={{"account_age_days": 10.0 if fraud else 400.0}},
    )
    score_transaction(client=client, request=request, source="test", imported=True)
    told.append((f"h-{{number}}", fraud, at + timedelta(hours=3)))
rows = dict(Transaction.objects.values_list("external_id", "pk"))
record_labels([Told(rows[name], fraud, "chargeback", at) for name, fraud, at in told], by="test")
export()
"""


@pytest.fixture(scope="module")
def system(tmp_path_factory, module_postgres, module_redis):
    directory = tmp_path_factory.mktemp("system")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("APPROVALS_RULES_ROLLBACK", "0")  # back in one click
        with running(directory, module_postgres.url, module_redis.url, workers=2) as system:
            system.manage("shell", "-c", HISTORY.format(key=system.key, password=PASSWORD))
            yield system


class Person:
    """Somebody with a browser of his own, signed in."""

    def __init__(self, browser, system, name: str) -> None:
        self.home = f"http://127.0.0.1:{system.port}"
        self.page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
        self.failures: list[str] = []
        self.page.on("pageerror", lambda error: self.failures.append(str(error)))
        self.page.on("dialog", lambda dialog: dialog.accept())
        self.go("/admin/login/")
        self.page.fill("[name=username]", name)
        self.page.fill("[name=password]", PASSWORD)
        with self.page.expect_navigation():
            self.page.press("[name=password]", "Enter")

    def go(self, path: str):
        return self.page.goto(self.home + path)

    def click(self, words: str) -> None:
        """A link that leads on, by its words."""
        with self.page.expect_navigation():
            self.page.get_by_role("link", name=words, exact=True).first.click()

    def send(self, button: str) -> None:
        """The page's form."""
        with self.page.expect_navigation():
            self.page.get_by_role("button", name=button, exact=True).first.click()

    def sees(self, words: str) -> None:
        expect(self.page.locator("body")).to_contain_text(words)


def decided(system, count=12):
    """Ruleset, status and whether the rule fired on the same payment, in all workers just now."""
    seen = set()
    for number in range(count):
        customer = f"new-{time.monotonic_ns()}-{number}"  # else counters would tell them apart
        status, body, _ = system.check(user_id=customer, account_age_days=10)
        assert status == 200, body
        hit = any(flag["rule"] == "new_account" for flag in body["flags"])
        seen.add((body["ruleset"], body["status"], hit))
    return seen


def follows(system, expected, begun):
    """All workers decide so within five seconds of `begun`; it takes a moment to ask them all."""
    while (seen := decided(system)) != {expected}:
        assert time.monotonic() - begun < 5, f"{seen}, not {expected}"


def test_a_threshold_is_tried_approved_put_in_force_and_rolled_back(system, browser):
    before = (1, "approved", False)
    assert decided(system) == {before}
    maker = Person(browser, system, "the_risk_manager")
    checker = Person(browser, system, "the_supervisor")

    # The threshold, and what it would have done.
    maker.go("/admin/rules/rule/code/new_account/")
    maker.page.get_by_label("max_age").fill("15")
    maker.page.locator("#panel").scroll_into_view_if_needed()
    matched = maker.page.locator(".st-tile", has_text="Matched").first.locator(".st-tile-value")
    expect(matched).to_have_text(re.compile(r"\b0\b.*→.*\b20\b", re.DOTALL), timeout=20_000)
    saved = maker.page.locator(".st-tile", has_text=re.compile("stopped", re.IGNORECASE)).first
    expect(saved).not_to_contain_text("–")
    maker.page.get_by_label("Why this edit").fill("ten days old is new, too")
    maker.send("Save in a change set")
    change_set = maker.page.url
    assert "/studio/changeset/" in change_set
    assert decided(system) == {before}, "an edit alone decides nothing"

    # Evidence, frozen into the change set.
    maker.click("Backtest")
    maker.send("Backtest")
    maker.sees("The backtest is done and attached.")
    figures = maker.page.locator(".cs-figures tbody tr")
    expect(figures.filter(has_text=re.compile("^matched"))).to_have_text(
        re.compile(r"matched\s*0\s*20")
    )
    maker.click("Propose")
    maker.page.get_by_label("Reason").fill("fraud of new accounts comes later by now")
    maker.send("Propose")
    maker.sees("It takes force when others have approved it.")

    # Not by oneself.
    expect(maker.page.get_by_role("link", name="Approve or reject")).to_have_count(0)
    checker.page.goto(change_set)
    checker.click("Approve or reject")
    request = checker.page.url.split("/approvalrequest/")[1].split("/")[0]
    refused = maker.go(f"/admin/foundation/approvalrequest/{request}/approve")
    assert refused.status == 403
    assert decided(system) == {before}

    # By another person, who sees the evidence.
    expect(checker.page.locator(".cs-figures tbody tr")).not_to_have_count(0)
    with checker.page.expect_navigation():
        checker.page.locator("a[href*='/approve']").first.click()
    checker.page.get_by_label("Comment").fill("seen")
    begun = time.monotonic()
    checker.send("Approve")
    checker.sees("Ruleset 2 came into force.")
    follows(system, (2, "review", True), begun)

    # And back.
    maker.page.goto(change_set)
    maker.page.get_by_text("More", exact=True).click()
    maker.click("Roll back")
    maker.page.get_by_label("Reason").fill("too many genuine ones")
    begun = time.monotonic()
    maker.send("Roll back")
    maker.sees("Rolled back: ruleset 3 is in force.")
    follows(system, (3, "approved", False), begun)
    maker.go("/admin/rules/rule/code/new_account/")
    expect(maker.page.get_by_label("max_age")).to_have_value("7")
    assert maker.failures == checker.failures == []
