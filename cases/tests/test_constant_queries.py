"""Pages take as many queries for much as for little; the numbers are pinned."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone as clock

from cases.alerts.opening import open_alerts
from cases.bulk.picking import pick
from cases.models import Case
from cases.reports.activity import Content
from cases.reports.filing import draft_report, save_report, submit_report
from cases.services import working
from cases.tests.conftest import flag, person
from foundation.approvals import request_approval

pytestmark = pytest.mark.django_db
ANSWERS = {"who": "A", "what": "B", "when": "C", "where": "D"}


def open_cases(bank, first: int, number: int) -> list[Case]:
    numbers = range(first, first + number)
    rows = [flag(bank, f"q-{n}", user_id=f"queue-{n}").pk for n in numbers]
    return [alert.case for alert in open_alerts(rows)]


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def queries(client: Client, url: str) -> int:
    with CaptureQueriesContext(connection) as taken:
        assert client.get(url).status_code == 200
    return len(taken)


def filled(bank, analyst, supervisor, first: int, number: int) -> None:
    """Cases that the supervisor has, mentions, and requests that wait."""
    for case in open_cases(bank, first, number):
        working.claim(case_id=case.pk, by=supervisor)
        working.note(case_id=case.pk, by=analyst, text="@supervisor look here")
        Case.objects.filter(pk=case.pk).update(due_at=clock.now() - timedelta(hours=1))
        payload = {"institution": case.institution_id, "case": case.pk}
        request_approval(
            kind="cases.close",
            subject=f"cases.case:{case.pk}",
            payload=payload,
            evidence={},
            requested_by=analyst,
            reason="",
        )


def test_the_home_page(bank, analyst, supervisor):
    client, home = signed_in(supervisor), reverse("admin:index")
    filled(bank, analyst, supervisor, 0, 1)
    client.get(home)
    few = queries(client, home)
    filled(bank, analyst, supervisor, 1, 12)
    open_cases(bank, 20, 12)
    assert queries(client, home) == few <= 17


@pytest.mark.parametrize("kind", ["assign", "release", "escalate", "snooze", "close", "merge"])
def test_the_preview_of_what_a_bulk_action_touches(bank, supervisor, kind):
    client = signed_in(supervisor)
    taken = []
    for number in (2, 15):
        for case in open_cases(bank, number * 100, number)[::2]:
            working.claim(case_id=case.pk, by=supervisor)
        for each in range(number):
            person(f"colleague-{number}-{each}")
        bulk = pick(by=supervisor, kind=kind, cases=Case.objects.order_by("-rank"))
        url = reverse("admin:cases_bulk", args=[bulk.pk])
        client.get(url)
        taken.append(queries(client, url))
    assert taken[0] == taken[1] <= 17


def test_the_page_of_a_report(bank, case, analyst, supervisor):
    client, url = signed_in(analyst), reverse("admin:cases_case_report", args=[case.pk])
    draft_report(case_id=case.pk, by=analyst)
    submit_report(case_id=case.pk, by=analyst, version=1)
    client.get(url)
    few = queries(client, url)
    other = open_alerts([flag(bank, "o-1", user_id="other").pk])[0].case
    draft_report(case_id=other.pk, by=analyst)
    for version in range(1, 12):
        by = person(f"supervisor-{version}", "supervisor")
        content = Content(**ANSWERS, why=f"reason {version}")
        save_report(case_id=other.pk, by=by, version=version, content=content)
    open_alerts([flag(bank, f"more-{n}", user_id="other").pk for n in range(12)])
    submit_report(case_id=other.pk, by=analyst, version=12)
    assert queries(client, reverse("admin:cases_case_report", args=[other.pk])) == few <= 18
