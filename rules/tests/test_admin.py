"""Pages of rulesets and verticals: who sees what, and what a sent form does."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from msgspec.structs import replace

from foundation import approvals
from foundation.models import ApprovalRequest
from foundation.roles import ANALYST, RISK_MANAGER
from rules import sync
from rules.catalogue import BuiltIn, built_in_rules
from rules.definition import Definition, State
from rules.forms import ParameterForm, ParameterFormSet, RuleForm
from rules.models import Rule, Ruleset, Vertical
from rules.queries import published_number
from rules.services import edit_rule, set_rule_state
from rules.tests.cast import A_FEW_RULES
from rules.tests.people import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def book(settings: Any, monkeypatch: Any) -> None:
    """A few of the built-in rules, live in ruleset 1, and all verticals."""
    monkeypatch.setattr(sync, "built_in_rules", lambda: A_FEW_RULES)
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    sync.sync_catalogue()


def signed_in(role: str = RISK_MANAGER, name: str = "rita") -> Client:
    client = Client()
    client.force_login(make_user(name, role))
    return client


def rule(code: str = "high_amount") -> Rule:
    return Rule.objects.get(code=code)


def pages() -> dict[str, str]:
    """Address of each page by name, for a live rule in a published ruleset."""
    return {
        "rulesets": reverse("admin:rules_ruleset_changelist"),
        "ruleset": reverse("admin:rules_ruleset_change", args=[1]),
        "verticals": reverse("admin:rules_vertical_changelist"),
        "vertical": vertical_url(),
        "propose": reverse("admin:rules_ruleset_propose"),
        "rollback": reverse("admin:rules_ruleset_rollback", args=[1]),
    }


def vertical_url(code: str = "payments") -> str:
    return reverse("admin:rules_vertical_change", args=[Vertical.objects.get(code=code).pk])


READING = ("rulesets", "ruleset", "verticals", "vertical")
CHANGING = ("propose", "rollback")


@pytest.mark.parametrize("name", READING + CHANGING)
def test_a_risk_manager_sees_every_page(name: str) -> None:
    assert signed_in().get(pages()[name]).status_code == 200


@pytest.mark.parametrize("name", READING)
def test_an_analyst_reads(name: str) -> None:
    response = signed_in(ANALYST, "ann").get(pages()[name])
    assert response.status_code == 200
    assert "Propose publication" not in response.content.decode()


@pytest.mark.parametrize("name", CHANGING)
@pytest.mark.parametrize("method", ["get", "post"])
def test_an_analyst_changes_nothing(name: str, method: str) -> None:
    assert getattr(signed_in(ANALYST, "ann"), method)(pages()[name]).status_code == 403


def test_an_analyst_cannot_send_the_verticals_form() -> None:
    assert signed_in(ANALYST, "ann").post(vertical_url(), {}).status_code == 403


@pytest.mark.parametrize("name", READING + CHANGING)
def test_a_stranger_is_sent_to_the_door(name: str) -> None:
    response = Client().get(pages()[name])
    assert response.status_code == 302
    assert "login" in response.headers["Location"]


@pytest.mark.parametrize("name", ["propose", "rollback", "vertical"])
def test_a_form_without_its_token_is_refused(name: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_user())
    assert client.post(pages()[name], {"reason": "x"}).status_code == 403


def sent(definition: Definition, **changes: Any) -> dict[str, Any]:
    """The editor's form as a browser sends it."""
    words = {"effect": definition.effect.value, "severity": definition.severity.value}
    data = {**RuleForm.values_of(definition), **words}
    rows = [ParameterForm.values_of(p) for p in definition.parameters]
    for i, row in enumerate(rows):
        data |= {f"parameters-{i}-{k}": "" if v is None else v for k, v in row.items()}
    # The empty row at the end, as the page shows it.
    data |= {f"parameters-{len(rows)}-kind": "number", f"parameters-{len(rows)}-value": ""}
    data |= {"parameters-TOTAL_FORMS": len(rows) + 1, "parameters-INITIAL_FORMS": len(rows)}
    return {**data, "expected_version": 1, "note": "because", **changes}


@pytest.mark.parametrize("built_in", built_in_rules(), ids=lambda rule: rule.code)
def test_every_built_in_rule_survives_the_form(built_in: BuiltIn) -> None:
    data = sent(built_in.definition, code=built_in.code)
    form, rows = RuleForm(data), ParameterFormSet(data, prefix="parameters")
    assert form.is_valid()
    assert rows.is_valid()
    again = form.definition(row.parameter for row in rows.forms[:-1])
    assert again.fingerprint == built_in.definition.fingerprint


def test_a_publication_goes_from_proposal_to_force() -> None:
    client = signed_in()
    set_rule_state(by="test", code="high_amount", to=State.SHADOW)
    shown = client.get(reverse("admin:rules_ruleset_propose")).content.decode()
    assert "high_amount" in shown
    response = client.post(reverse("admin:rules_ruleset_propose"), {"reason": "fewer alerts"})
    request = ApprovalRequest.objects.get()
    assert response.headers["Location"].endswith(f"/approvalrequest/{request.pk}/change/")
    approvals.approve(request=request, by=make_user("ravi"))
    assert published_number() == 2
    page = client.get(reverse("admin:rules_ruleset_change", args=[2])).content.decode()
    assert re.search(r"high_amount.*state.*live.*shadow", page, re.DOTALL)
    assert "in force" in page


def test_the_whole_book_is_offered_only_while_it_differs_from_what_is_in_force() -> None:
    client = signed_in()
    shown = [client.get(pages()["rulesets"]).content.decode()]
    set_rule_state(by="test", code="high_amount", to=State.SHADOW)
    shown.append(client.get(pages()["rulesets"]).content.decode())
    assert ["Propose publication" in page for page in shown] == [False, True]


def test_nothing_to_publish_is_said() -> None:
    text = signed_in().get(reverse("admin:rules_ruleset_propose")).content.decode()
    assert "There is nothing to publish." in text


def test_rolling_back_is_proposed_from_the_old_rulesets_page(settings: Any) -> None:
    settings.APPROVALS_REQUIRED = {"rules.publish": 0}
    client = signed_in()
    set_rule_state(by="test", code="high_amount", to=State.RETIRED)
    client.post(reverse("admin:rules_ruleset_propose"), {"reason": "try"})
    assert "Roll back to this" in client.get(pages()["ruleset"]).content.decode()
    client.post(pages()["rollback"], {"reason": "missed frauds"})
    assert Ruleset.objects.get(number=3).rolls_back_to_id == 1
    assert published_number() == 3


@pytest.mark.parametrize(("name", "most"), [("rulesets", 12)])
def test_pages_take_few_queries(name: str, most: int, django_assert_max_num_queries: Any) -> None:
    client, url = signed_in(), pages()[name]
    client.get(url)
    with django_assert_max_num_queries(most):
        client.get(url)


def test_an_approver_sees_before_and_after_in_a_table_and_what_came_of_it() -> None:
    rita = signed_in()
    definition = replace(rule().version.definition, name="Far too high")
    edit_rule(by="test", code="high_amount", definition=definition, expected_version=1)
    rita.post(reverse("admin:rules_ruleset_propose"), {"reason": "a clearer name"})
    request = ApprovalRequest.objects.get()
    url = reverse("admin:foundation_approvalrequest_change", args=[request.pk])
    assert "there is nobody" in rita.get(url).content.decode()
    ravi = signed_in(name="ravi")
    page = ravi.get(url).content.decode()
    for part in ("Publication of rules, proposal", "Far too high", "rb-after", "other than rita"):
        assert part in page
    assert "risk manager other than rita: ravi." in page
    approve = reverse("admin:foundation_approvalrequest_approve", args=[request.pk])
    answer = ravi.post(approve, {"comment": ""}, follow=True)
    assert "Ruleset 2 is in force." in answer.content.decode()
