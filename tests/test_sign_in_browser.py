"""A person sets up the second factor and signs in with it, in a real browser."""

import pytest
from django_otp.oath import TOTP

from foundation.models import User
from foundation.signin.models import Authenticator

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PASSWORD = "a-long-enough-one"
NOW = 1_800_000_000


@pytest.fixture
def clock(monkeypatch, settings):
    """Time as the codes see it: stands still until a test moves it."""
    settings.TWO_FACTOR = "required"
    times = [NOW]
    monkeypatch.setattr("foundation.signin.models.now", lambda: times[-1])
    return times


def code(clock) -> str:
    totp = TOTP(Authenticator.objects.get().secret)
    totp.time = clock[-1]
    return f"{totp.token():06}"


def sign_in(page, url):
    page.goto(url)
    page.fill("[name=username]", "analyst")
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")


@pytest.fixture
def analyst(people) -> User:
    user = people["analyst"]
    user.set_password(PASSWORD)
    user.save()
    return user


def test_a_person_enrols_keeps_the_codes_and_signs_in_with_the_next_code(
    page,
    live_server,
    decided,
    analyst,
    clock,
):
    decisions = f"{live_server.url}/admin/scoring/decision/"
    sign_in(page, decisions)
    page.wait_for_url("**/two-factor/enrol/**")
    assert page.get_by_role("img", name="QR code").is_visible()
    assert Authenticator.objects.get().secret_as_text == page.locator("[data-secret]").inner_text()
    page.locator("input[autofocus]").fill(code(clock))
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-codes]")
    assert page.locator("[data-codes] li").count() == 10
    page.get_by_role("link", name="I have kept them").click()
    page.wait_for_url(decisions)
    page.context.clear_cookies()
    clock.append(NOW + 30)
    sign_in(page, decisions)
    page.wait_for_url("**/two-factor/verify/**")
    page.locator("input[autofocus]").fill(code(clock))
    page.keyboard.press("Enter")
    page.wait_for_url(decisions)
    assert page.get_by_text("ours-1").first.is_visible()
