"""The rule book's pages: who sees what, and what a sent form does."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from features.catalogue import CATALOGUE
from foundation import approvals
from foundation.models import ApprovalRequest
from foundation.roles import ANALYST, RISK_MANAGER
from rules import sync
from rules.catalogue import BuiltIn, built_in_rules
from rules.definition import Definition, State
from rules.forms import ParameterForm, ParameterFormSet, RuleForm
from rules.models import Rule, Ruleset, RuleVersion, Vertical
from rules.queries import published_number
from rules.tests.cast import A_FEW_RULES
from rules.tests.people import make_user
from rules.vertical_form import VerticalForm

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


def rule_url(page: str, *args: Any, code: str = "high_amount") -> str:
    return reverse(f"admin:rules_rule_{page}", args=[rule(code).pk, *args])


def pages() -> dict[str, str]:
    """Address of each page by name, for a live rule in a published ruleset."""
    return {
        "list": reverse("admin:rules_rule_changelist"),
        "page": rule_url("change"),
        "version": rule_url("version", 1),
        "rulesets": reverse("admin:rules_ruleset_changelist"),
        "ruleset": reverse("admin:rules_ruleset_change", args=[1]),
        "verticals": reverse("admin:rules_vertical_changelist"),
        "vertical": vertical_url(),
        "add": reverse("admin:rules_rule_add"),
        "edit": rule_url("edit"),
        "state": rule_url("state", "shadow"),
        "propose": reverse("admin:rules_ruleset_propose"),
        "rollback": reverse("admin:rules_ruleset_rollback", args=[1]),
    }


def vertical_url(code: str = "payments") -> str:
    return reverse("admin:rules_vertical_change", args=[Vertical.objects.get(code=code).pk])


READING = ("list", "page", "version", "rulesets", "ruleset", "verticals", "vertical")
CHANGING = ("add", "edit", "state", "propose", "rollback")


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


@pytest.mark.parametrize("name", ["edit", "state", "propose", "rollback", "vertical"])
def test_a_form_without_its_token_is_refused(name: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_user())
    assert client.post(pages()[name], {"reason": "x"}).status_code == 403


def test_the_rules_page_shows_what_the_rule_says() -> None:
    text = signed_in().get(rule_url("change")).content.decode()
    for part in ("amount &gt; threshold", "5,000 USD", "1,000,000", "shipped with the product"):
        assert part in text
    assert "In force as it stands here." in text


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


@pytest.mark.parametrize("code", ["high_amount", "gambling", "emulator_detected", "new_account"])
def test_the_form_gives_back_the_definition_that_it_shows(code: str) -> None:
    client = signed_in()
    client.post(rule_url("edit", code=code), sent(rule(code).version.definition, owner="Ada"))
    first, second = rule(code).versions.order_by("number")
    before, after = first.definition.as_dict(), second.definition.as_dict()
    assert {k for k in before if before[k] != after[k]} == {"owner"}
    assert second.author_name == "rita"


@pytest.mark.parametrize("built_in", built_in_rules(), ids=lambda rule: rule.code)
def test_every_built_in_rule_survives_the_form(built_in: BuiltIn) -> None:
    data = sent(built_in.definition, code=built_in.code)
    form, rows = RuleForm(data), ParameterFormSet(data, prefix="parameters")
    assert form.is_valid()
    assert rows.is_valid()
    again = form.definition(row.parameter for row in rows.forms[:-1])
    assert again.fingerprint == built_in.definition.fingerprint


def test_an_edit_makes_a_version_and_the_history_shows_the_difference() -> None:
    client = signed_in()
    definition = rule().version.definition
    data = sent(definition, **{"parameters-0-value": "7,500", "score": "50"})
    data["parameters-1-DELETE"] = data["parameters-2-DELETE"] = "on"
    response = client.post(rule_url("edit"), data, follow=True)
    text = response.content.decode()
    assert "Saved." in text
    assert "In force: version 1, live." in text
    page = client.get(rule_url("version", 2)).content.decode()
    assert re.search(r"parameter threshold.*5,000 USD.*7,500 USD", page, re.DOTALL)
    assert "removed" in page


def test_a_fault_is_shown_with_line_caret_and_hint() -> None:
    data = sent(rule().version.definition, condition="amonut > threshold")
    text = signed_in().post(rule_url("edit"), data).content.decode()
    assert "1 | amonut &gt; threshold" in text
    assert "^^^^^^" in text
    assert "did you mean `amount`?" in text
    assert RuleVersion.objects.filter(rule=rule()).count() == 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"expected_version": 7}, "your edit began at version 7"),
        ({"confidence": "1.5"}, "between 0 and 1"),
        ({"confidence": "x"}, "number"),
        ({"parameters-0-value": "lots"}, "is no number"),
        ({"parameters-0-kind": "yes/no"}, "Write yes or no."),
        ({"parameters-0-currency": "ABC"}, "ISO 4217"),
        ({"parameters-0-value": "2000000"}, "above its maximum"),
        ({"parameters-0-overrides": "NGN"}, "is no number"),
        ({"applies": "only"}, "Tick at least one"),
        ({"reason": "{email}"}, "identifies a person"),
        ({"name": ""}, "required"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_saved(changes: dict[str, Any], message: str) -> None:
    response = signed_in().post(rule_url("edit"), sent(rule().version.definition, **changes))
    assert response.status_code == 200
    assert message in response.content.decode()
    assert RuleVersion.objects.filter(rule=rule()).count() == 1


def test_a_new_rule_is_written_with_the_same_form() -> None:
    data = sent(rule().version.definition, code="very_high_amount")
    signed_in().post(reverse("admin:rules_rule_add"), data)
    made = rule("very_high_amount")
    assert (made.state, made.builtin) == ("draft", False)
    assert made.version.definition == rule().version.definition


def test_a_rule_moves_with_a_reason() -> None:
    client = signed_in()
    url = rule_url("state", "canary")
    data = {"expected_state": "live", "reason": "too loud", "canary_percent": "5"}
    client.post(url, data)
    assert (rule().state, float(rule().canary_percent)) == ("canary", 5.0)
    text = client.post(url, {**data, "expected_state": "live"}).content.decode()
    assert "no longer live" in text
    assert client.get(rule_url("state", "heaven")).status_code == 404


def test_an_illegal_move_is_explained() -> None:
    data = {"expected_state": "live", "reason": "back to the roots"}
    text = signed_in().post(rule_url("state", "draft"), data).content.decode()
    assert "from there it can become" in text
    assert rule().state == "live"


def test_a_publication_goes_from_proposal_to_force() -> None:
    client = signed_in()
    client.post(rule_url("state", "shadow"), {"expected_state": "live", "reason": "calm"})
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


def test_nothing_to_publish_is_said() -> None:
    text = signed_in().get(reverse("admin:rules_ruleset_propose")).content.decode()
    assert "There is nothing to publish." in text


def test_rolling_back_is_proposed_from_the_old_rulesets_page(settings: Any) -> None:
    settings.APPROVALS_REQUIRED = {"rules.publish": 0}
    client = signed_in()
    client.post(rule_url("state", "retired"), {"expected_state": "live", "reason": "x"})
    client.post(reverse("admin:rules_ruleset_propose"), {"reason": "try"})
    assert "Roll back to this" in client.get(pages()["ruleset"]).content.decode()
    client.post(pages()["rollback"], {"reason": "missed frauds"})
    assert Ruleset.objects.get(number=3).rolls_back_to_id == 1
    assert published_number() == 3


def vertical_form(**changes: Any) -> dict[str, Any]:
    vertical = Vertical.objects.get(code="payments")
    values = VerticalForm.values_of(vertical.config)
    return {**values, "expected_revision": 1, "reason": "because", **changes}


def test_a_vertical_is_edited() -> None:
    data = vertical_form(fraud_score_threshold=70, rule_weights="gambling 1.5\ntor_exit 0.5")
    assert signed_in().post(vertical_url(), data).status_code == 302
    vertical = Vertical.objects.get(code="payments")
    assert vertical.fraud_score_threshold == 70
    assert vertical.rule_weights == {"gambling": 1.5, "tor_exit": 0.5}


@pytest.mark.parametrize(
    ("sent", "kept"),
    [(["declined", "review"], ["review", "declined"]), (["declined"], ["declined"]), ([], [])],
)
def test_a_vertical_says_which_decisions_become_alerts(sent: list[str], kept: list[str]) -> None:
    data = vertical_form(alert_on=sent, rule_weights="gambling 1.5")
    assert signed_in().post(vertical_url(), data).status_code == 302
    vertical = Vertical.objects.get(code="payments")
    assert vertical.alert_on == kept
    assert vertical.revision == 2


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rules_weight": 0.7}, "must sum to 1"),
        ({"review_threshold": 90}, "above the decline threshold"),
        ({"currencies": "NGN, XYZ"}, "XYZ is no ISO 4217"),
        ({"rule_weights": "no_such_rule 1"}, "no rule no_such_rule"),
        ({"rule_weights": "gambling lots"}, "is no number"),
        ({"alert_on": ["approved"]}, "approved is not one of the available choices"),
        ({"rule_weights": "gambling 1,5"}, "is no number"),
        ({"expected_revision": 9}, "your edit began at 9"),
        ({"reason": ""}, "required"),
    ],
)
def test_a_verticals_fault_is_shown(changes: dict[str, Any], message: str) -> None:
    response = signed_in().post(vertical_url(), vertical_form(**changes))
    assert message in response.content.decode()
    assert Vertical.objects.get(code="payments").revision == 1


@pytest.mark.parametrize(("name", "most"), [("list", 12), ("page", 12), ("rulesets", 12)])
def test_pages_take_few_queries(name: str, most: int, django_assert_max_num_queries: Any) -> None:
    client, url = signed_in(), pages()[name]
    client.get(url)
    with django_assert_max_num_queries(most):
        client.get(url)


@pytest.mark.parametrize("state", State)
def test_the_page_of_a_rule_in_any_state_shows_its_ways(state: State) -> None:
    Rule.objects.filter(code="high_amount").update(state=state)
    text = signed_in().get(rule_url("change")).content.decode()
    assert ("Change share" in text) is (state is State.CANARY)


def test_a_flood_of_parameter_rows_is_refused_without_drawing_them():
    data = {"parameters-TOTAL_FORMS": 100_000, "parameters-INITIAL_FORMS": 100_000}
    answer = signed_in().post(reverse("admin:rules_rule_add"), data)
    assert answer.status_code == 200
    assert len(answer.context["parameters"].forms) <= 31


def test_an_approver_sees_before_and_after_in_a_table_and_what_came_of_it() -> None:
    data = sent(rule().version.definition, expected_version="1", name="Far too high")
    rita = signed_in()
    rita.post(rule_url("edit"), data)
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


def test_the_guide_names_every_feature_that_a_rule_can_read() -> None:
    text = signed_in("analyst").get(reverse("admin:rules_rule_guide")).content.decode()
    assert all(f">{f.name}<" in text for f in CATALOGUE if f.readable)


def test_the_form_of_a_new_rule_suggests_names_in_use_and_asks_for_no_reason() -> None:
    text = signed_in().get(reverse("admin:rules_rule_add")).content.decode()
    assert '<option value="high_amount">' in text
    assert "Why this edit" not in text
    assert "Why this edit" in signed_in(name="rosa").get(rule_url("edit")).content.decode()
    empty = text.split('class="rb-row"')[1].split("</fieldset>")[0]
    assert "text-red" not in empty


def test_a_half_filled_parameter_is_not_passed_over() -> None:
    definition = rule().version.definition
    row = f"parameters-{len(definition.parameters)}-"
    data = sent(definition, expected_version="1", **{f"{row}name": "extra"})
    data["parameters-TOTAL_FORMS"] = str(len(definition.parameters) + 1)
    text = signed_in().post(rule_url("edit"), data).content.decode()
    assert "This field is required" in text
    assert RuleVersion.objects.filter(rule=rule()).count() == 1
