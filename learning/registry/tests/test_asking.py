"""A comparison that somebody asks for: a worker makes it, and the page says how that stands."""

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone as clock
from kombu.exceptions import OperationalError

from foundation.errors import Forbidden
from learning import tasks
from learning.registry import asking
from learning.registry.asking import ask_comparison
from learning.registry.errors import PromotionRefused
from learning.registry.models import ComparisonRun
from scoring.detectors import ArtefactError
from scoring.serving.tests.making import make_challenger, make_champion

pytestmark = pytest.mark.django_db
State = ComparisonRun.State


@pytest.fixture
def challenger():
    make_champion()
    return make_challenger()


@pytest.fixture
def queue(monkeypatch):
    """What is handed to workers."""
    handed = []
    monkeypatch.setattr(
        tasks.compare_models, "apply_async", lambda args, **options: handed.extend(args)
    )
    return handed


@pytest.fixture
def click(people, challenger, django_capture_on_commit_callbacks):
    browser = Client()
    browser.force_login(people["grace"])

    def press():
        address = reverse("admin:scoring_modelversion_compare", args=[challenger.pk])
        with django_capture_on_commit_callbacks(execute=True):
            return browser.post(address, {"confirmed": "yes"}, follow=True).content.decode()

    def page():
        address = reverse("admin:scoring_modelversion_change", args=[challenger.pk])
        return browser.get(address).content.decode()

    press.page = page
    return press


def test_a_click_does_not_wait_and_the_page_says_that_it_is_being_compared(
    click, queue, monkeypatch
):
    compared = []
    monkeypatch.setattr(asking, "compare", lambda **asked: compared.append(asked))

    page = click()

    run = ComparisonRun.objects.get()
    assert (compared, queue) == ([], [run.pk])
    assert "Being compared with the champion" in page
    assert "learning/comparing.js" in page
    tasks.compare_models(run.pk)
    assert [(asked["model"].version, asked["by"].username) for asked in compared] == [
        ("second", "grace")
    ]
    run.refresh_from_db()
    assert (run.state, run.ended_at is None) == (State.DONE, False)
    assert "data-comparing" not in click.page()
    tasks.compare_models(run.pk)
    assert len(compared) == 1, "it has ended"


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (None, "let labels come in"),  # the real one, without any evidence
        (ArtefactError("model.onnx is gone."), "model.onnx is gone."),
        (ValueError("no rows"), "It could not be compared (ValueError: no rows)."),
    ],
)
def test_a_failure_is_told_in_a_sentence_on_the_page(click, queue, monkeypatch, fault, said):
    def fails(**asked):
        raise fault

    if fault:
        monkeypatch.setattr(asking, "compare", fails)
    click()
    tasks.compare_models(queue.pop())

    page = click.page()

    assert said in page
    assert "was not made" in page
    assert "data-comparing" not in page


def test_a_queue_that_does_not_answer_is_told_at_once(click, monkeypatch):
    def down(args, **options):
        raise OperationalError("connection refused")

    monkeypatch.setattr(tasks.compare_models, "apply_async", down)

    click()

    assert "does not answer" in click.page()


def test_it_is_asked_for_once_at_a_time_unless_it_was_cut_off(click, queue):
    click()
    assert "is being compared already" in click()
    ComparisonRun.objects.update(asked_at=clock.now() - dt.timedelta(minutes=11))
    assert "cut off, or no worker took it" in click.page()

    click()

    assert len(queue) == 2
    assert set(ComparisonRun.objects.values_list("state", flat=True)) == {
        State.FAILED, State.RUNNING,
    }  # fmt: skip


def test_who_may_not_operate_models_asks_for_nothing(people, challenger):
    with pytest.raises(Forbidden):
        ask_comparison(model=challenger, by=people["ada"], hand_over=lambda run: True)
    assert not ComparisonRun.objects.exists()


def test_the_champion_is_not_compared_with_itself(people):
    with pytest.raises(PromotionRefused, match="no other model"):
        ask_comparison(model=make_champion(), by=people["grace"], hand_over=lambda run: True)
