"""The pages of models in a real browser: readable, named, and no wider than the screen."""
# ruff: noqa: F811  fixtures of other modules, asked for by their names

import numpy as np
import pytest
from django.urls import reverse

from learning.evaluation.page import as_html
from learning.registry.comparing import figures_of, objections_to
from learning.registry.evidence import Evidence
from learning.registry.models import ModelComparison
from learning.registry.paired import Opinions
from scoring.detectors.manifest import CARD_PAGE
from scoring.models import Decision
from scoring.services import score_transaction
from scoring.serving.models import Explanation, ModelVersion
from scoring.serving.services import champion, split_traffic
from scoring.serving.tests.making import forget_all, make_challenger, make_champion, make_model
from scoring.tests.making import make_suspicious
from tests.looking import faults, judge, picture  # noqa: F401
from tests.test_review_browser import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LONG = "a-name-that-somebody-gave-who-wanted-to-say-all-in-one-go-2026"
HOSTILE = "<script>window.harmed = 1</script>"
CARD = {
    "figures": {
        "rows": 40_000.0,
        "frauds": 320.0,
        "average_precision": 0.6123,
        "roc_auc": 0.9312,
        "recall_at_1_percent_fpr": 0.644,
        "calibration_error": 0.0013,
    },
    "leaks": {"passed": True},
    "facts": {"code_version": "1.0", "data_hash": "0" * 64, "seeds": 2},
    HOSTILE: HOSTILE,
}


@pytest.fixture(autouse=True)
def models_dir(tmp_path, settings):
    settings.MODELS_DIR = tmp_path / "models"
    forget_all()
    yield settings.MODELS_DIR
    forget_all()


def compared(model: ModelVersion) -> ModelComparison:
    """A challenger that is better, on 3,000 transactions."""
    chance = np.random.default_rng(5)
    fraud = chance.random(3_000) < 0.03
    amount = chance.lognormal(4, 1, 3_000)

    def said(power: float) -> Opinions:
        margin = power * fraud + chance.logistic(size=3_000) - 3.5
        probability = 1 / (1 + np.exp(-margin))
        return Opinions(100 * probability, probability)

    evidence = Evidence(said(2.5), said(4.5), fraud, amount, np.arange(3_000))
    figures = {
        **figures_of(evidence),
        "latency_us": [51.0, 55.0],
        "fairness": [None, None],
        "leak_alarm": False,
    }
    return ModelComparison.objects.create(
        champion=champion(),
        challenger=model,
        rows=3_000,
        frauds=int(fraud.sum()),
        figures=figures,
        objections=objections_to(figures),
        made_by="grace",
    )


def address(model: ModelVersion) -> str:
    return reverse("admin:scoring_modelversion_change", args=[model.pk])


LIST = "/admin/scoring/modelversion/"


def one() -> str:
    make_champion()
    ModelVersion.objects.update(card=CARD)
    return address(champion())


def first_day() -> str:
    make_champion()
    return address(make_challenger(LONG))


def side_by_side() -> str:
    make_champion("the-champion-of-last-year-with-a-name-as-long-as-the-other-one")
    model = split_traffic(model=make_challenger(LONG), share=10, by="test")
    ModelVersion.objects.update(card=CARD)
    compared(model)
    return address(model)


def several() -> str:
    side_by_side()
    for number in range(3):
        make_model(f"candidate-{number}")
    ModelVersion.objects.filter(version="candidate-1").update(fault=f"{HOSTILE} is gone. " * 9)
    return LIST


def faulty() -> str:
    make_champion()
    ModelVersion.objects.update(fault=f"{HOSTILE} cannot be read: put it back. " * 5)
    return address(champion())


PAGES = {
    "empty": lambda: LIST,
    "one": one,
    "first-day": first_day,
    "side-by-side": side_by_side,
    "several": several,
    "faulty": faulty,
}


def width(page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth"))


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_readable_and_runs_nothing_of_others(people, page, live_server, picture, name):
    shown = PAGES[name]()
    page.set_viewport_size({"width": 1280, "height": 1600})
    sign_in(page, live_server, people["risk_manager"].username)
    page.goto(live_server.url + shown)
    for part in page.locator("details summary").all():
        part.click()

    assert judge(page, picture, f"models-{name}") == []
    assert page.evaluate("window.harmed") is None


def test_the_first_day_says_how_many_labels_are_needed(people, page, live_server):
    shown = first_day()
    sign_in(page, live_server, people["risk_manager"].username)
    page.goto(live_server.url + shown)

    rows = page.locator(".ml-so-far tbody tr").all_inner_texts()

    assert [row.split("\t") for row in rows] == [["Fraud", "0", "30"], ["Genuine", "0", "200"]]


def test_all_that_may_be_done_is_reached_by_keyboard(people, page, live_server):
    shown = side_by_side()
    sign_in(page, live_server, people["risk_manager"].username)
    page.goto(live_server.url + shown)
    wanted = set(page.locator(".ml-actions a").all_inner_texts())
    page.locator("h1").first.evaluate("it => { it.tabIndex = -1; it.focus(); }")

    reached = set()
    for _ in range(len(wanted) + 2):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.innerText.trim()"))

    assert wanted <= reached
    assert len(wanted) == 4


def test_a_card_with_hostile_names_is_shown_and_harms_nobody(
    people, page, live_server, picture, models_dir
):
    parts = {HOSTILE: {"rows": 1, "average_precision": 0.5, HOSTILE: 1.0}}
    card = {
        "figures": {HOSTILE: 0.5},
        "leaks": {
            "passed": False,
            "too_good": {HOSTILE: 0.99},
            "permuted": {"passed": True, "area": 0.5},
            "splits": [],
        },
        "calibration_curve": [{"predicted": 0.1, "found": 0.1}],
        "importance": {HOSTILE: 0.5, "amount": 0.2},
        "stability": {"features": {HOSTILE: 0.3}},
        "by_week": parts,
        "segments": {HOSTILE: parts},
        "fairness": {},
        "facts": {HOSTILE: HOSTILE},
    }
    model = make_model("hostile", more={CARD_PAGE: as_html(card, HOSTILE).encode()})
    sign_in(page, live_server, people["risk_manager"].username)

    page.goto(live_server.url + reverse("admin:scoring_modelversion_card", args=[model.pk]))
    picture("models-card")

    assert page.evaluate("window.harmed") is None
    assert page.locator("script").count() == 0
    assert page.locator("h1").inner_text() == HOSTILE


def test_a_decision_shows_what_moved_the_model(bank, people, page, live_server, picture):
    make_champion()
    answer = score_transaction(
        client=bank, request=make_suspicious(transaction_id="moved"), source="test"
    )
    decision = Decision.objects.get(transaction__external_id=answer.transaction_id)
    sign_in(page, live_server, people["analyst"].username)
    shown = live_server.url + reverse("admin:scoring_decision_change", args=[decision.pk])
    page.goto(shown)
    assert page.get_by_role("button", name="Explain").is_visible()
    factors = [("amount", 500_000.0, 1.2, 22.0), ("ip_is_vpn", True, 1.0, 18.0),
               ("user_agent_browser", HOSTILE, 0.7, 9.0), ("account_age_days", 5.0, -0.4, -6.5),
               ("others", None, 0.1, 0.4)]  # fmt: skip
    Explanation.objects.create(
        decision=decision,
        model_version=decision.model_version,
        base=-2.0,
        margin=0.5,
        factors=[
            dict(zip(("name", "value", "contribution", "points"), one, strict=True))
            for one in factors
        ],
    )
    page.goto(shown)

    assert page.locator(".sc-moved tbody tr").count() == 7
    assert page.evaluate("window.harmed") is None
    assert judge(page, picture, "models-decision") == []
