"""A vertical's form: what it puts into a change set, and what it refuses."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from rules.models import Vertical
from rules.tests.people import make_user
from rules.vertical_form import VerticalForm
from studio.changes.tests.conftest import publish_book
from studio.models.changes import ChangeEdit, ChangeSet

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _book() -> None:
    publish_book()


def as_rita() -> Client:
    client = Client()
    client.force_login(make_user("rita"))
    return client


def vertical_url() -> str:
    pk = Vertical.objects.get(code="payments").pk
    return reverse("admin:rules_vertical_change", args=[pk])


def vertical_form(**changes: Any) -> dict[str, Any]:
    vertical = Vertical.objects.get(code="payments")
    values = VerticalForm.values_of(vertical.config)
    return {**values, "expected_revision": 1, "reason": "because", **changes}


def test_a_vertical_is_edited() -> None:
    data = vertical_form(fraud_score_threshold=70, rule_weights="high_amount 1.5\nlow_amount 0.5")
    assert as_rita().post(vertical_url(), data).status_code == 302
    edit = ChangeEdit.objects.get()
    assert edit.definition["fraud_score_threshold"] == 70
    assert edit.definition["rule_weights"] == {"high_amount": 1.5, "low_amount": 0.5}
    assert Vertical.objects.get(code="payments").fraud_score_threshold == 60


@pytest.mark.parametrize(
    ("sent", "kept"),
    [(["declined", "review"], ["review", "declined"]), (["declined"], ["declined"]), ([], [])],
)
def test_a_vertical_says_which_decisions_become_alerts(sent: list[str], kept: list[str]) -> None:
    data = vertical_form(alert_on=sent, rule_weights="high_amount 1.5")
    assert as_rita().post(vertical_url(), data).status_code == 302
    assert ChangeEdit.objects.get().definition["alert_on"] == kept


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rules_weight": 0.7}, "must sum to 1"),
        ({"review_threshold": 90}, "above the decline threshold"),
        ({"currencies": "NGN, XYZ"}, "XYZ is no ISO 4217"),
        ({"rule_weights": "no_such_rule 1"}, "no rule no_such_rule"),
        ({"rule_weights": "high_amount lots"}, "is no number"),
        ({"alert_on": ["approved"]}, "approved is not one of the available choices"),
        ({"rule_weights": "high_amount 1,5"}, "is no number"),
        ({"expected_revision": 9}, "your edit began at 9"),
        ({"reason": ""}, "required"),
    ],
)
def test_a_verticals_fault_is_shown(changes: dict[str, Any], message: str) -> None:
    response = as_rita().post(vertical_url(), vertical_form(**changes))
    assert message in response.content.decode()
    assert not ChangeEdit.objects.exists()
    assert not ChangeSet.objects.exists()
