"""Asking what moved the model: on a decision's page and on a case's, by whoever may see it."""

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from kombu.exceptions import OperationalError

from clients.models import Institution
from clients.services import create_institution, grant_scope
from foundation.models import AuditEntry, User
from foundation.roles import ANALYST, assign_roles
from scoring import admin_explaining
from scoring.admin_explaining import Step
from scoring.detectors.manifest import explainer
from scoring.serving.models import Explanation, ModelVersion
from scoring.serving.tests.test_explaining import champion, decide  # noqa: F401
from scoring.tasks import explain_decision
from scoring.tests.making import make_request

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def worker(monkeypatch):
    """Takes what is enqueued at once, or notes it while `works` is false."""

    class Worker:
        works = True
        asked: list[str] = []

        def take(self, arguments, **options):
            self.asked.append(arguments[0])
            if self.works:
                explain_decision(*arguments)

    made = Worker()
    made.asked = []
    monkeypatch.setattr(explain_decision, "apply_async", made.take)
    monkeypatch.setattr(admin_explaining, "WAIT_SECONDS", 0.0)
    return made


@pytest.fixture
def decision(bank, champion):  # noqa: F811
    return decide(bank, make_request())


@pytest.fixture
def ada(decision):
    return browser("ada", Institution.objects.get(pk=decision.institution_id))


def browser(name, institution=None) -> Client:
    call_command("sync_roles", verbosity=0)
    user = User.objects.create_user(name, is_staff=True)
    assign_roles(user=user, roles=[ANALYST], by="test")
    if institution is not None:
        grant_scope(user=user, institution=institution, by="test")
    client = Client()
    client.force_login(user)
    return client


def page(name, decision):
    return reverse(f"admin:scoring_decision_{name}", args=[decision.pk])


def ask(client, decision, **fields) -> str:
    answer = client.post(page("explain", decision), fields, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_decision_is_explained_when_somebody_asks(ada, decision):
    assert ">Explain<" in ada.get(page("change", decision)).content.decode()

    shown = ask(ada, decision)

    assert "What moved the model is told below." in shown
    assert "What it makes of an average transaction" in shown
    assert ">Explain<" not in shown
    entry = AuditEntry.objects.get(action="decision.explanation_asked")
    assert (entry.actor_name, entry.institution_id) == ("ada", decision.institution_id)


def test_who_waits_is_told_to_look_again(ada, decision, worker):
    worker.works = False

    shown = ask(ada, decision)

    assert "Reload the page in a few seconds" in shown
    assert worker.asked == [str(decision.pk)]


def test_a_queue_that_is_down_is_said(ada, decision, monkeypatch):
    def down(*arguments, **options):
        raise OperationalError("connection refused")

    monkeypatch.setattr(explain_decision, "apply_async", down)

    assert "queue of the worker does not answer" in ask(ada, decision)


def test_what_is_explained_is_not_asked_for_again(ada, decision, worker):
    explain_decision(str(decision.pk))

    ask(ada, decision)

    assert worker.asked == []
    assert not AuditEntry.objects.filter(action="decision.explanation_asked").exists()


def break_files(model):
    (model.folder / explainer(0)).write_bytes(b"other")


def delete_row(model):
    ModelVersion.objects.filter(pk=model.pk).delete()


@pytest.mark.parametrize(
    ("harm", "words"),
    [(break_files, "is not what was written"), (delete_row, "is not known here any more")],
)
def test_what_cannot_be_explained_is_said_at_once(ada, decision, champion, worker, harm, words):  # noqa: F811
    harm(champion)

    assert words in ask(ada, decision)
    assert worker.asked == []


def test_without_a_model_there_is_nothing_to_ask_for(ada, bank):
    decision = decide(bank, make_request(use_ml=False))

    assert ">Explain<" not in ada.get(page("change", decision)).content.decode()
    assert "No model took part" in ask(ada, decision)


def test_nobody_asks_about_another_institutions_decision(decision, worker):
    other = create_institution(name="Other", slug="other", base_currency="NGN", by="test")
    stranger = browser("eve", other)
    explain_decision(str(decision.pk))
    made = Explanation.objects.count()

    for _ in range(2):  # explained or not, the answer is the same
        answer = stranger.post(page("explain", decision))
        assert answer.status_code in {302, 404}
        assert "average transaction" not in answer.content.decode()
    assert worker.asked == []
    assert Explanation.objects.count() == made


def test_nobody_asks_without_the_permission(decision, worker):
    client = Client()
    client.force_login(User.objects.create_user("bob", is_staff=True))

    assert client.post(page("explain", decision)).status_code in {302, 403, 404}
    assert worker.asked == []


def test_it_takes_a_form_to_ask(ada, decision):
    assert ada.get(page("explain", decision)).status_code == 405


@pytest.mark.parametrize("elsewhere", ["https://example.com/", "//example.com", "javascript:1"])
def test_the_way_back_leads_to_no_other_site(ada, decision, elsewhere):
    answer = ada.post(page("explain", decision), {"next": elsewhere})

    assert answer["Location"] == page("change", decision)


def test_the_way_back_leads_to_the_page_that_asked(ada, decision):
    answer = ada.post(page("explain", decision), {"next": "/admin/cases/case/1/change/"})

    assert answer["Location"] == "/admin/cases/case/1/change/"


@pytest.mark.parametrize(
    ("start", "points", "x", "width"), [(10, 30, 10, 30), (40, -30, 10, 30), (95, 20, 95, 5)]
)
def test_bars_stay_within_their_picture(start, points, x, width):
    step = Step("", points, start)

    assert (step.x, step.width) == (x, width)
