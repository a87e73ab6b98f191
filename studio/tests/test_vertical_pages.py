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


def test_a_second_edit_is_made_on_top_of_the_first() -> None:
    client = as_rita()
    client.post(vertical_url(), vertical_form(fraud_score_threshold=70))
    pk = str(ChangeSet.objects.get().pk)
    page = client.get(vertical_url())
    assert "This is your draft in" in page.content.decode()
    values = {**page.context["form"].initial, "review_threshold": 30, "into": pk}
    values |= {"alert_on": list(values["alert_on"]), "seen": page.context["seen"]}
    assert client.post(vertical_url(), values).status_code == 302
    said = ChangeEdit.objects.get().definition
    assert (said["fraud_score_threshold"], said["review_threshold"]) == (70, 30)


def test_an_edit_that_was_not_seen_is_not_written_over() -> None:
    client = as_rita()
    client.post(vertical_url(), vertical_form(fraud_score_threshold=70))
    pk = str(ChangeSet.objects.get().pk)
    values = vertical_form(review_threshold=30, into=pk, seen="")
    page = client.post(vertical_url(), values)
    assert "holds another edit of payments by now, by rita" in page.content.decode()
    assert ChangeEdit.objects.get().definition["review_threshold"] == 40
    seen = page.context["held"].mark
    assert client.post(vertical_url(), {**values, "seen": ["", seen]}).status_code == 302
    assert ChangeEdit.objects.get().definition["review_threshold"] == 30


def test_a_newer_revision_is_shown_with_what_was_typed_and_taken_on_when_seen() -> None:
    client, values = as_rita(), vertical_form(review_threshold=30, seen="")
    Vertical.objects.filter(code="payments").update(revision=2)
    page = client.post(vertical_url(), values)
    assert "revision 2 by now" in page.content.decode()
    assert "comes on top of revision 2" in page.content.decode()
    again = {**values, "expected_revision": ["1", "2"]}
    assert client.post(vertical_url(), again).status_code == 302
    assert ChangeEdit.objects.get().base_version == 2
