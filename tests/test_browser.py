"""A person's way through the admin, in a real browser."""

import pytest

from foundation.models import User

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_an_analyst_signs_in_and_reads_why_a_transaction_was_declined(
    page, live_server, decided, people
):
    analyst = User.objects.get(username="analyst")
    analyst.set_password("a-long-enough-one")
    analyst.save()
    page.goto(live_server.url)
    page.fill("[name=username]", "analyst")
    page.fill("[name=password]", "a-long-enough-one")
    page.press("[name=password]", "Enter")
    page.get_by_role("link", name="ours-1").click()
    page.get_by_text("The connection comes through a VPN or proxy").first.wait_for()
    page.get_by_role("button", name="Make it again and compare").click()
    page.get_by_text("identical").wait_for()
    assert page.get_by_text("theirs-1").count() == 0
