"""Pages of rules: who sees what, what a sent form does, what the editor asks while one types."""

import json
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from msgspec.structs import replace

from clients.services import create_institution, grant_scope
from features.catalogue import CATALOGUE
from foundation.models import User
from foundation.roles import ANALYST, RISK_MANAGER
from rules import sync
from rules.catalogue import BuiltIn, built_in_rules
from rules.definition import Definition, State
from rules.forms import ParameterFormSet, RuleForm
from rules.models import Rule, RuleVersion
from rules.services import edit_rule, set_rule_state
from rules.tests.cast import A_FEW_RULES
from rules.tests.people import make_user
from studio.backtest import services
from studio.editor.drafts import form_values
from studio.models.changes import ChangeEdit, ChangeSet

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
    person = User.objects.filter(username=name).first() or make_user(name, role)
    client.force_login(person)
    return client


def rule(code: str = "high_amount") -> Rule:
    return Rule.objects.get(code=code)


def rule_url(page: str, *args: Any, code: str = "high_amount") -> str:
    return reverse(f"admin:rules_rule_{page}", args=[rule(code).pk, *args])


def pages() -> dict[str, str]:
    """Address of each page by name."""
    return {
        "list": reverse("admin:rules_rule_changelist"),
        "page": rule_url("change"),
        "version": rule_url("version", 1),
        "guide": reverse("admin:rules_rule_guide"),
        "words": reverse("admin:rules_rule_words"),
        "add": reverse("admin:rules_rule_add"),
        "state": rule_url("state", "shadow"),
    }


READING = ("list", "page", "version", "guide", "words")
CHANGING = ("add", "state")
ASKING = ("check", "build", "try", "backtest", "samples")


def sent(definition: Definition, **changes: Any) -> dict[str, Any]:
    """The editor's form as a browser sends it: lines end in CR LF."""
    values, rows = form_values(definition)
    data = {**values, "effect": definition.effect.value, "severity": definition.severity.value}
    for i, row in enumerate(rows):
        data |= {f"parameters-{i}-{k}": "" if v is None else v for k, v in row.items()}
    # The empty row at the end, as the page shows it.
    data |= {f"parameters-{len(rows)}-kind": "number", f"parameters-{len(rows)}-value": ""}
    data |= {"parameters-TOTAL_FORMS": len(rows) + 1, "parameters-INITIAL_FORMS": len(rows)}
    data = {k: v.replace("\n", "\r\n") if isinstance(v, str) else v for k, v in data.items()}
    return {**data, "expected_version": 1, "note": "because", "into": "new", **changes}


def edited(code: str = "high_amount", **changes: Any) -> dict[str, Any]:
    return {**sent(rule(code).version.definition, **changes), "rule": code}


# -- who ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", READING + CHANGING)
def test_a_risk_manager_sees_every_page(name: str) -> None:
    assert signed_in().get(pages()[name]).status_code == 200


@pytest.mark.parametrize("name", READING)
def test_an_analyst_reads(name: str) -> None:
    response = signed_in(ANALYST, "ann").get(pages()[name])
    assert response.status_code == 200
    for part in ("data-rule-form", "New rule", "Propose publication"):
        assert part not in response.content.decode()


@pytest.mark.parametrize("name", CHANGING)
@pytest.mark.parametrize("method", ["get", "post"])
def test_an_analyst_changes_nothing(name: str, method: str) -> None:
    assert getattr(signed_in(ANALYST, "ann"), method)(pages()[name]).status_code == 403


def test_an_analyst_cannot_send_the_editors_form() -> None:
    assert signed_in(ANALYST, "ann").post(rule_url("change"), edited()).status_code == 403
    assert not ChangeSet.objects.exists()


@pytest.mark.parametrize("name", ["check", "build", "try", "backtest"])
def test_an_analyst_asks_nothing_of_the_editor(name: str) -> None:
    url = reverse(f"admin:rules_rule_{name}")
    assert signed_in(ANALYST, "ann").post(url, edited()).status_code == 403


@pytest.mark.parametrize("name", READING + CHANGING)
def test_a_stranger_is_sent_to_the_door(name: str) -> None:
    response = Client().get(pages()[name])
    assert response.status_code == 302
    assert "login" in response.headers["Location"]


@pytest.mark.parametrize("name", ASKING)
def test_what_the_editor_asks_is_asked_by_post_with_the_token(name: str) -> None:
    url = reverse(f"admin:rules_rule_{name}")
    assert signed_in().get(url).status_code == 405
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_user("ravi"))
    assert client.post(url, edited()).status_code == 403


# -- what pages show ----------------------------------------------------------------------------


def test_the_rules_page_shows_what_the_rule_says() -> None:
    text = signed_in().get(rule_url("change")).content.decode()
    for part in ("amount &gt; threshold", "USD", "1,000,000", "In force as it stands here."):
        assert part in text


def test_an_analysts_page_shows_it_too() -> None:
    text = signed_in(ANALYST, "ann").get(rule_url("change")).content.decode()
    for part in ("amount &gt; threshold", "5,000 USD", "1,000,000", "shipped with the product"):
        assert part in text


def test_the_guide_names_every_feature_that_a_rule_can_read() -> None:
    text = signed_in("analyst").get(reverse("admin:rules_rule_guide")).content.decode()
    assert all(f">{f.name}<" in text for f in CATALOGUE if f.readable)


@pytest.mark.parametrize("state", State)
def test_the_page_of_a_rule_in_any_state_shows_its_ways(state: State) -> None:
    Rule.objects.filter(code="high_amount").update(state=state)
    text = signed_in().get(rule_url("change")).content.decode()
    assert ("Change share" in text) is (state is State.CANARY)
    assert ("decides nothing yet" in text) is True
    hidden = re.search(r"data-as-if hidden", text) is not None
    assert hidden is (state in (State.LIVE, State.CANARY))


@pytest.mark.parametrize(("name", "most"), [("list", 16), ("page", 22)])
def test_pages_take_few_queries(name: str, most: int, django_assert_max_num_queries: Any) -> None:
    client, url = signed_in(), pages()[name]
    client.get(url)
    with django_assert_max_num_queries(most):
        client.get(url)


def test_an_empty_book_says_how_to_fill_it() -> None:
    Rule.objects.update(current=None)
    text = signed_in().get(reverse("admin:rules_rule_changelist")).content.decode()
    assert "There are no rules yet" in text
    assert "load_rules" in text


def test_filters_that_leave_nothing_say_so() -> None:
    url = reverse("admin:rules_rule_changelist")
    text = signed_in().get(url, {"q": "no such thing"}).content.decode()
    assert "No rule is left by these filters" in text


@pytest.mark.parametrize(
    "query", ["days=9", "days=x", "sort=;drop", "state=nowhere", "q=" + "x" * 900, "vertical=moon"]
)
def test_a_book_asked_for_nonsense_is_shown_all_the_same(query: str) -> None:
    assert signed_in().get(f"{reverse('admin:rules_rule_changelist')}?{query}").status_code == 200


# -- versions -----------------------------------------------------------------------------------


def make_versions() -> None:
    for number, confidence in enumerate((0.31, 0.32), start=1):
        definition = replace(rule().version.definition, confidence=confidence)
        edit_rule(by="test", code="high_amount", definition=definition, expected_version=number)


def test_a_version_stands_beside_the_one_before() -> None:
    make_versions()
    text = signed_in().get(rule_url("version", 3)).content.decode()
    assert "What changed since version 2" in text
    assert re.search(r"confidence.*0.31.*0.32", text, re.DOTALL)


def test_any_two_versions_are_compared_both_ways() -> None:
    make_versions()
    client = signed_in()
    forth = client.get(rule_url("version", 3), {"against": "1"}).content.decode()
    assert "What changed since version 1" in forth
    back = client.get(rule_url("version", 1), {"against": "3"}).content.decode()
    assert "What version 1 says otherwise than version 3" in back


@pytest.mark.parametrize("against", ["77", "x", "-1", "9" * 30])
def test_a_version_against_one_that_is_not_there_is_shown_alone(against: str) -> None:
    assert signed_in().get(rule_url("version", 1), {"against": against}).status_code == 200
    assert signed_in().get(rule_url("version", 9)).status_code == 404


# -- saving -------------------------------------------------------------------------------------


@pytest.mark.parametrize("built_in", built_in_rules(), ids=lambda rule: rule.code)
def test_every_built_in_rule_survives_the_form(built_in: BuiltIn) -> None:
    data = sent(built_in.definition, code=built_in.code)
    form, rows = RuleForm(data), ParameterFormSet(data, prefix="parameters")
    assert form.is_valid()
    assert rows.is_valid()
    again = form.definition(row.parameter for row in rows.forms[:-1])
    assert again.fingerprint == built_in.definition.fingerprint


def test_an_edit_goes_into_a_new_change_set_and_leaves_the_book_alone() -> None:
    client = signed_in()
    response = client.post(rule_url("change"), edited(**{"parameters-0-value": "7,500"}))
    change_set = ChangeSet.objects.get()
    url = reverse("admin:studio_changeset_change", args=[change_set.pk])
    assert (response.status_code, response.headers["Location"]) == (302, url)
    edit = change_set.edits.get()
    assert (edit.code, edit.base_version, edit.note) == ("high_amount", 1, "because")
    assert edit.definition["parameters"][0]["value"]["value"] == 7500.0
    assert RuleVersion.objects.filter(rule=rule()).count() == 1


def test_a_draft_that_was_left_is_there_again() -> None:
    client = signed_in()
    client.post(rule_url("change"), edited(**{"parameters-0-value": "7,500"}))
    text = client.get(rule_url("change")).content.decode()
    assert "This is your draft in" in text
    assert 'value="7500"' in text
    other = signed_in(name="ravi").get(rule_url("change")).content.decode()
    assert 'value="5000"' in other
    assert "rita edits this rule, too" in other


def test_a_second_edit_joins_the_change_set_that_was_chosen() -> None:
    client = signed_in()
    client.post(rule_url("change"), edited(confidence="0.5"))
    pk = str(ChangeSet.objects.get().pk)
    client.post(rule_url("change", code="gambling"), edited("gambling", confidence="0.2", into=pk))
    client.post(rule_url("change"), edited(confidence="0.55", into=pk))
    assert {e.code: e.definition["confidence"] for e in ChangeEdit.objects.all()} == {
        "high_amount": 0.55,
        "gambling": 0.2,
    }


def test_nobody_saves_in_somebody_elses_change_set() -> None:
    signed_in().post(rule_url("change"), edited(confidence="0.5"))
    pk = str(ChangeSet.objects.get().pk)
    data = edited("gambling", confidence="0.2", into=pk)
    response = signed_in(name="ravi").post(rule_url("change", code="gambling"), data)
    assert "no such change set of yours" in response.content.decode()
    assert ChangeEdit.objects.count() == 1


def test_a_stale_edit_shows_what_changed_and_keeps_what_was_typed() -> None:
    definition = replace(rule().version.definition, confidence=0.61)
    edit_rule(by="test", code="high_amount", definition=definition, expected_version=1)
    data = edited(condition="amount > threshold and ip_is_vpn")
    client = signed_in()
    response = client.post(rule_url("change"), data)
    text = response.content.decode()
    assert response.status_code == 409
    assert "It was changed meanwhile" in text
    assert re.search(r"confidence.*0.61", text, re.DOTALL)
    assert "amount &gt; threshold and ip_is_vpn" in text
    assert not ChangeSet.objects.exists()
    again = client.post(rule_url("change"), {**data, "expected_version": ["1", "2"]})
    assert again.status_code == 302
    assert ChangeEdit.objects.get().base_version == 2


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"condition": "amonut > threshold"}, "1 | amonut &gt; threshold"),
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
        ({"into": "999999"}, "no such change set of yours"),
        ({"into": "x"}, "no such change set of yours"),
        ({"parameters-3-name": "extra"}, "This field is required"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_saved(changes: dict[str, Any], message: str) -> None:
    response = signed_in().post(rule_url("change"), edited(**changes))
    assert response.status_code == 400
    assert message in response.content.decode()
    assert not ChangeEdit.objects.exists()


def test_a_flood_of_parameter_rows_is_refused_without_drawing_them() -> None:
    data = {"parameters-TOTAL_FORMS": 100_000, "parameters-INITIAL_FORMS": 100_000}
    answer = signed_in().post(reverse("admin:rules_rule_add"), data)
    assert answer.status_code == 400
    assert len(answer.context["rows"].forms) <= 31


def test_a_new_rule_is_written_with_the_same_form() -> None:
    data = sent(rule().version.definition, code="very_high_amount")
    assert signed_in().post(reverse("admin:rules_rule_add"), data).status_code == 302
    edit = ChangeEdit.objects.get()
    assert (edit.code, edit.is_new, edit.state) == ("very_high_amount", True, "draft")
    assert not Rule.objects.filter(code="very_high_amount").exists()


def test_a_new_rule_with_a_code_in_use_is_refused() -> None:
    data = sent(rule().version.definition, code="high_amount")
    response = signed_in().post(reverse("admin:rules_rule_add"), data)
    assert "There is a rule high_amount already." in response.content.decode()


def test_a_draft_that_another_tab_saved_meanwhile_is_not_written_over() -> None:
    client = signed_in()
    client.post(rule_url("change"), edited(confidence="0.5", seen=""))
    pk = str(ChangeSet.objects.get().pk)
    late = edited(confidence="0.7", into=pk, seen="")
    response = client.post(rule_url("change"), late)
    text = response.content.decode()
    assert response.status_code == 409
    assert "holds another edit of high_amount by now, by rita" in text
    assert re.search(r"confidence.*0.5", text, re.DOTALL)
    assert ChangeEdit.objects.get().definition["confidence"] == 0.5
    mark = response.context["held"]["mark"]
    assert client.post(rule_url("change"), {**late, "seen": ["", mark]}).status_code == 302
    assert ChangeEdit.objects.get().definition["confidence"] == 0.7


def test_the_draft_that_the_page_showed_is_edited_on() -> None:
    client = signed_in()
    client.post(rule_url("change"), edited(confidence="0.5"))
    pk = str(ChangeSet.objects.get().pk)
    seen = client.get(rule_url("change")).context["seen"]
    again = edited(confidence="0.6", into=pk, seen=seen)
    assert client.post(rule_url("change"), again).status_code == 302


def test_a_form_sent_twice_is_one_edit() -> None:
    client = signed_in()
    client.post(rule_url("change"), edited(confidence="0.5", seen=""))
    change_set = ChangeSet.objects.get()
    entries, revision = change_set.entries.count(), change_set.revision
    twice = edited(confidence="0.5", into=str(change_set.pk), seen="")
    assert client.post(rule_url("change"), twice).status_code == 302
    change_set.refresh_from_db()
    assert (change_set.entries.count(), change_set.revision) == (entries, revision)


def test_a_new_rule_that_is_not_published_yet_is_edited_on() -> None:
    client, address = signed_in(), reverse("admin:rules_rule_add")
    definition = rule().version.definition
    client.post(address, sent(definition, code="very_high_amount", begins="shadow", seen=""))
    edit = ChangeEdit.objects.get()
    assert edit.state == "shadow"
    into = {"into": str(edit.change_set_id), "code": edit.code}
    change_set = reverse("admin:studio_changeset_change", args=[edit.change_set_id])
    assert f"{address}?into={edit.change_set_id}&amp;code={edit.code}" in (
        client.get(change_set).content.decode()
    )
    page = client.get(address, into)
    assert "This is your draft in" in page.content.decode()
    assert page.context["form"].initial["condition"] == definition.condition
    data = sent(definition, confidence="0.3", seen=page.context["seen"], begins="shadow", **into)
    assert client.post(address, data).status_code == 302
    assert ChangeEdit.objects.get().definition["confidence"] == 0.3


def test_the_page_of_the_change_set_tells_the_browser_once_what_was_saved() -> None:
    client = signed_in()
    saved = client.post(rule_url("change"), edited(confidence="0.5"))["Location"]
    assert 'data-saved="high_amount"' in client.get(saved).content.decode()
    assert "data-saved" not in client.get(saved).content.decode()


# -- moves --------------------------------------------------------------------------------------


def test_a_move_goes_into_a_change_set_with_its_reason() -> None:
    data = {"expected_state": "live", "reason": "too loud", "canary_percent": "5", "into": "new"}
    assert signed_in().post(rule_url("state", "canary"), data).status_code == 302
    edit = ChangeEdit.objects.get()
    assert (edit.state, edit.canary_percent, edit.note) == ("canary", 5.0, "too loud")
    assert rule().state == "live"


def test_a_move_from_a_state_that_is_past_is_explained() -> None:
    set_rule_state(by="test", code="high_amount", to=State.SHADOW)
    data = {"expected_state": "live", "reason": "too loud", "into": "new"}
    text = signed_in().post(rule_url("state", "retired"), data).content.decode()
    assert "no longer live" in text
    assert signed_in().get(rule_url("state", "heaven")).status_code == 404


def test_an_illegal_move_is_explained() -> None:
    data = {"expected_state": "live", "reason": "back to the roots", "into": "new"}
    text = signed_in().post(rule_url("state", "draft"), data).content.decode()
    assert "from there it can become" in text
    assert not ChangeSet.objects.exists()


# -- what the editor asks -----------------------------------------------------------------------


def asked(name: str, data: dict[str, Any]) -> Any:
    return signed_in().post(reverse(f"admin:rules_rule_{name}"), data)


def test_the_check_tells_places_hints_and_the_builder() -> None:
    told = asked("check", edited(condition="amount > threshold and amonut")).json()
    assert not told["sound"]
    found = told["found"][0]
    assert (found["line"], found["column"]) == (1, 24)
    assert told["builder"]["join"] == "and"


def test_the_check_of_a_rule_that_is_not_there_is_a_404() -> None:
    assert asked("check", {**edited(), "rule": "nothing"}).status_code == 404


def test_the_builder_is_turned_into_text() -> None:
    part = {"kind": "raw", "text": "amount>threshold"}
    told = asked("build", {"builder": json.dumps(part)}).json()
    assert told == {"text": "amount > threshold"}


@pytest.mark.parametrize(
    "given",
    ["", "[", "[1]", "{}", '{"kind": "group"}', "[" * 50_000, r'{"kind": "raw", "text": "\ud800"}'],
)
def test_a_builder_that_is_none_is_refused_in_words(given: str) -> None:
    answer = asked("build", {"builder": given})
    assert answer.status_code == 422
    assert answer.json()["problems"][0]["message"]


@pytest.fixture
def bank() -> None:
    """One whose decisions everybody who signs in here works on."""
    bank = create_institution(name="Bank", slug="bank", base_currency="NGN", by="test")
    grant_scope(user=make_user("rita", RISK_MANAGER), institution=bank, by="test")


def test_a_test_that_would_wait_behind_others_is_asked_for_again(bank: None) -> None:
    with services._one_at_a_time, services._one_waits:
        answer = asked("backtest", edited())
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "2")


@pytest.mark.parametrize("days", ["0", "-7", "000000030" + "9" * 9, "9" * 5_000, "month"])
def test_a_window_that_is_not_offered_is_the_usual_one(bank: None, days: str) -> None:
    assert asked("backtest", edited(days=days)).status_code == 200


PASTED = {"amount": 9_000, "currency": "USD", "industry": "payments"}


def test_a_pasted_transaction_is_tried() -> None:
    data = {**edited(), "subject": "pasted", "pasted": json.dumps(PASTED)}
    text = asked("try", data).content.decode()
    assert "It fires" in text
    assert "USD 9,000" in text


@pytest.mark.parametrize(
    ("pasted", "words"),
    [
        ("{", "This is no JSON"),
        ("[]", "one JSON object"),
        ("[" * 90_000, "This is no JSON"),
        ('{"amount": NaN}', "This is no JSON"),
        ('{"amount": 5, "days_to_card_expiry": 1e400}', "This is no JSON"),
        ('{"amount": 5, "transactions_last_hour": 1' + "0" * 400 + "}", "This is no JSON"),
        (r'{"amount": 5, "transactions_last_day": "\ud800"}', "This is no JSON"),
        (r'{"amount": 5, "\u0000": 5}', "NUL"),
        ("{}", "amount must be a number"),
        ('{"amount": -5}', "amount must be a number"),
        ('{"amount": 5, "currency": "naira"}', "currency must be three letters"),
        ('{"amount": 5, "industry": "moon"}', "no vertical moon"),
        ('{"amount": 5, "ip_is_vpn": "perhaps"}', "ip_is_vpn must be true or false"),
        ('{"shoe_size": 5}', "None of these fields is known"),
    ],
)
def test_what_cannot_be_tried_is_said(pasted: str, words: str) -> None:
    text = asked("try", {**edited(), "subject": "pasted", "pasted": pasted}).content.decode()
    assert words in text


def test_a_number_beyond_what_people_write_counts_as_missing() -> None:
    fields = {**PASTED, "days_to_card_expiry": 1e308}
    data = edited(condition="days_to_card_expiry > points and amount > threshold")
    data |= {"reason": "{days_to_card_expiry}"}
    data |= {"subject": "pasted", "pasted": json.dumps(fields)}
    assert "not known" in asked("try", data).content.decode()


def test_a_paste_may_name_what_we_would_have_counted() -> None:
    condition = "amount > threshold and transactions_last_hour > points and max_score > 0"
    fields = {**PASTED, "transactions_last_hour": 99}
    data = {**edited(condition=condition), "subject": "pasted", "pasted": json.dumps(fields)}
    assert "It fires" in asked("try", data).content.decode()


def test_a_draft_that_is_not_sound_is_not_tried() -> None:
    data = {**edited(condition="amonut"), "subject": "pasted", "pasted": json.dumps(PASTED)}
    assert "Mend what is wrong" in asked("try", data).content.decode()


def test_who_asks_too_often_waits(monkeypatch: Any) -> None:
    monkeypatch.setattr("studio.editor.bounding.ask", lambda *a, **k: (False, 0, 3))
    answer = asked("check", edited())
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "3")


def test_words_are_those_of_the_catalogue() -> None:
    told = signed_in().get(reverse("admin:rules_rule_words")).json()
    assert {"amount", "ip_is_vpn"} <= {one["name"] for one in told["features"]}
    assert "listed" in {one["name"] for one in told["functions"]}
    assert "vertical.currencies" in {one["name"] for one in told["vertical"]}
