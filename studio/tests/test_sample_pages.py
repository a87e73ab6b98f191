"""The transactions behind a figure of a backtest, as both sides decide them and why."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from foundation.roles import ANALYST, AUDITOR, RISK_MANAGER
from learning.tests.conftest import archive, first_serial, rule_book  # noqa: F401
from scoring.models import Decision
from scoring.tests.conftest import bank, stranger  # noqa: F401
from studio.backtest.contract import Edit
from studio.backtest.services import request_backtest
from studio.backtest.tests.people import person
from studio.backtest.tests.test_samples import BIG, WINDOW, history  # noqa: F401
from studio.tests.test_rule_pages import edited

pytestmark = pytest.mark.django_db(transaction=True)
REASON = "are more than a thousand"


@pytest.fixture
def ada(history):  # noqa: F811
    return person("ada", RISK_MANAGER, history)


@pytest.fixture
def run(ada):
    return request_backtest(by=ada, edit=Edit(rules=(BIG,)), window=WINDOW)


def answer(user, **sent):
    client = Client()
    user.is_staff = True
    user.save()
    client.force_login(user)
    ids = ",".join(str(pk) for pk in Decision.objects.values_list("pk", flat=True))
    return client.post(reverse("admin:rules_rule_samples"), {"ids": ids, **sent})


def table(response) -> list[list[str]]:
    """Cells of the rows, as text that a reader sees."""
    rows = response.content.decode().split("<tbody>")[1].split("</tbody>")[0].split("</tr>")[:-1]
    return [
        [re.sub(r"\s*<[^>]+>\s*", " ", cell).strip() for cell in row.split("</td>")[:-1]]
        for row in rows
    ]


def test_a_backtest_shows_what_it_tried(ada, run):
    rows = table(answer(ada, run=str(run.pk)))
    assert len(rows) == 6
    for row in rows:
        decided, before, after = row[3:]
        assert REASON in after
        assert REASON not in before
        assert before.startswith(decided)
        assert after.startswith("declined")


def test_whoever_sees_the_backtest_sees_its_samples(history, run):  # noqa: F811
    for user in (person("ann", ANALYST, history), person("audi", AUDITOR)):
        assert len(table(answer(user, run=str(run.pk)))) == 6


def test_a_backtest_of_others_shows_nothing(run):
    assert answer(person("sten", RISK_MANAGER), run=str(run.pk)).status_code == 404
    assert answer(person("stan", RISK_MANAGER), run="nonsense").status_code == 404


def test_a_rules_page_shows_what_was_typed(ada):
    sent = edited("new_account", effect="decline", reason="Too new for us")
    rows = table(answer(ada, **sent))
    changed = [row for row in rows if "Too new for us" in row[5]]
    assert len(changed) == 3
    assert all(row[5].startswith("declined") and "Too new" not in row[4] for row in changed)


def test_an_unsound_draft_is_told(ada):
    shown = answer(ada, **edited("new_account", condition="amuont > 3")).content.decode()
    assert "Mend what is wrong" in shown


def test_without_a_backtest_one_must_be_allowed_to_change_rules(history):  # noqa: F811
    assert answer(person("audi", AUDITOR), **edited("new_account")).status_code == 403


def test_identifiers_are_masked_and_others_institutions_left_out(ada, history):  # noqa: F811
    first = table(answer(ada, **edited("new_account")))[0]
    assert "user_id ••••" in first[0]
    nobody = person("eve", RISK_MANAGER)
    assert "None of these" in answer(nobody, **edited("new_account")).content.decode()
