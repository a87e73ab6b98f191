"""Editing the rule book: permissions, versions, states, verticals, the audit trail."""

from typing import Any

import msgspec
import pytest

from foundation.errors import Forbidden
from foundation.models import AuditEntry
from foundation.roles import ADMINISTRATOR, ANALYST, AUDITOR, SUPERVISOR
from rules.definition import Definition, Parameter, State
from rules.errors import IllegalMove, Invalid, StaleEdit
from rules.models import Rule, RuleVersion, Vertical
from rules.services import (
    MOVES,
    create_rule,
    edit_rule,
    edit_vertical,
    set_rule_state,
    write_config,
)
from rules.tests.cast import make_config, make_definition
from rules.tests.people import make_user

pytestmark = pytest.mark.django_db


def edited(**fields: Any) -> Definition:
    return msgspec.structs.replace(make_definition(), **fields)


def make_rule(code: str = "high_amount", state: State = State.DRAFT) -> Rule:
    create_rule(by="tests", code=code, definition=make_definition())
    Rule.objects.filter(code=code).update(state=state)
    return Rule.objects.get(code=code)


def last_entry() -> AuditEntry:
    return AuditEntry.objects.order_by("-id")[0]


def test_a_new_rule_is_a_draft_with_version_1() -> None:
    rita = make_user()
    rule = create_rule(by=rita, code="high_amount", definition=make_definition(), note="asked for")
    assert (rule.state, rule.version.number, rule.version.author) == ("draft", 1, rita)
    entry = last_entry()
    assert (entry.action, entry.subject) == ("rules.create", "rules.rule:high_amount")
    assert (entry.actor, entry.reason) == (rita, "asked for")
    assert entry.after is not None
    assert entry.after["condition"] == "amount > limit"


def test_an_edit_is_a_new_version_and_the_old_one_stays() -> None:
    make_rule()
    rita = make_user()
    version = edit_rule(
        by=rita,
        code="high_amount",
        definition=edited(score="35"),
        expected_version=1,
        note="too low",
    )
    assert (version.number, version.score, version.author_name) == (2, "35", "rita")
    assert Rule.objects.get().version == version
    assert RuleVersion.objects.get(number=1).score == "30"
    entry = last_entry()
    assert entry.before == {"version": 1, "score": "30"}
    assert entry.after == {"version": 2, "score": "35"}


def test_an_edit_that_changes_nothing_makes_no_version() -> None:
    make_rule()
    edit_rule(by="tests", code="high_amount", definition=edited(), expected_version=1)
    assert RuleVersion.objects.count() == 1
    assert AuditEntry.objects.count() == 1


def test_of_two_edits_begun_at_the_same_version_the_second_is_refused() -> None:
    make_rule()
    edit_rule(by="ada", code="high_amount", definition=edited(score="35"), expected_version=1)
    with pytest.raises(StaleEdit, match="version 2 by ada"):
        edit_rule(by="bob", code="high_amount", definition=edited(score="40"), expected_version=1)
    assert Rule.objects.get().version.score == "35"


def test_an_invalid_edit_leaves_everything_as_it_was() -> None:
    make_rule()
    with pytest.raises(Invalid):
        edit_rule(
            by="tests",
            code="high_amount",
            definition=edited(condition="amonut > limit"),
            expected_version=1,
        )
    assert RuleVersion.objects.count() == 1


@pytest.mark.parametrize("code", ["High", "high-amount", "a", "1st", "x" * 65, "naïve", ""])
def test_a_code_is_lower_case_words(code: str) -> None:
    with pytest.raises(Invalid) as caught:
        create_rule(by="tests", code=code, definition=make_definition())
    assert caught.value.findings[0].field == "code"


def test_a_code_is_taken_once() -> None:
    make_rule()
    with pytest.raises(Invalid, match="already"):
        create_rule(by="tests", code="high_amount", definition=make_definition())


@pytest.mark.parametrize("role", [ANALYST, SUPERVISOR, AUDITOR, ADMINISTRATOR])
def test_other_roles_change_nothing(role: str) -> None:
    make_rule()
    make_vertical()
    stranger = make_user("sam", role)
    with pytest.raises(Forbidden):
        create_rule(by=stranger, code="other", definition=make_definition())
    with pytest.raises(Forbidden):
        edit_rule(by=stranger, code="high_amount", definition=edited(), expected_version=1)
    with pytest.raises(Forbidden):
        set_rule_state(by=stranger, code="high_amount", to=State.SHADOW)
    with pytest.raises(Forbidden):
        edit_vertical(by=stranger, config=make_config(), expected_revision=1)


@pytest.mark.parametrize("here", State)
@pytest.mark.parametrize("to", State)
def test_a_rule_moves_only_along_the_legal_ways(here: State, to: State) -> None:
    make_rule(state=here)
    if to in MOVES[here] or to is here is State.CANARY:
        assert set_rule_state(by="tests", code="high_amount", to=to).state == to
    else:
        with pytest.raises(IllegalMove, match=f"not {to}"):
            set_rule_state(by="tests", code="high_amount", to=to)
        assert Rule.objects.get().state == here


def test_no_draft_goes_live_at_once_and_none_comes_back_from_retirement_live() -> None:
    assert State.LIVE not in MOVES[State.DRAFT]
    assert State.CANARY not in MOVES[State.DRAFT]
    assert State.LIVE not in MOVES[State.RETIRED]


def test_a_canary_has_its_share() -> None:
    make_rule(state=State.SHADOW)
    rule = set_rule_state(by="t", code="high_amount", to=State.CANARY, canary_percent=2.5)
    assert float(rule.canary_percent) == 2.5
    rule = set_rule_state(by="t", code="high_amount", to=State.CANARY, canary_percent=50)
    assert float(rule.canary_percent) == 50
    assert last_entry().before == {"canary_percent": 2.5}
    for wrong in (-1, 100.1, float("nan")):
        with pytest.raises(Invalid):
            set_rule_state(by="t", code="high_amount", to=State.CANARY, canary_percent=wrong)


def test_a_move_begun_in_another_state_is_refused() -> None:
    make_rule(state=State.SHADOW)
    with pytest.raises(StaleEdit):
        set_rule_state(by="t", code="high_amount", to=State.LIVE, expected_state=State.CANARY)


def make_vertical() -> Vertical:
    vertical = Vertical(code="payments")
    write_config(vertical, make_config())
    vertical.save()
    return vertical


def test_a_verticals_edit_is_audited_and_counted() -> None:
    make_vertical()
    make_rule()
    config = make_config(fraud_score_threshold=70, rule_weights={"high_amount": 2.0})
    vertical = edit_vertical(by=make_user(), config=config, expected_revision=1, reason="calmer")
    assert (vertical.revision, vertical.config) == (2, config)
    entry = last_entry()
    assert entry.before == {"fraud_score_threshold": 60, "rule_weights": {}}
    assert entry.after == {"fraud_score_threshold": 70, "rule_weights": {"high_amount": 2.0}}
    with pytest.raises(StaleEdit):
        edit_vertical(by="bob", config=make_config(), expected_revision=1)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 65}, "name"),
        ({"name": "a\0b"}, "name"),
        ({"review_threshold": 0}, "review_threshold"),
        ({"review_threshold": 61}, "review_threshold"),
        ({"fraud_score_threshold": 101}, "fraud_score_threshold"),
        ({"aml_threshold": -1}, "aml_threshold"),
        ({"rules_weight": 0.7}, "ml_weight"),
        ({"rules_weight": 1.4, "ml_weight": -0.4}, "rules_weight"),
        ({"rules_weight": float("nan")}, "rules_weight"),
        ({"currencies": ()}, "currencies"),
        ({"currencies": ("ngn",)}, "currencies"),
        ({"currencies": ("NGN", "XYZ")}, "currencies"),
        ({"currencies": ("NGN", "NGN")}, "currencies"),
        ({"rule_weights": {"no_such_rule": 1.0}}, "rule_weights"),
        ({"rule_weights": {"high_amount": 5.5}}, "rule_weights"),
        ({"rule_weights": {"high_amount": float("inf")}}, "rule_weights"),
        ({"alert_on": ("approved",)}, "alert_on"),
    ],
)
def test_a_verticals_numbers_are_bounded(wrong: dict[str, Any], field: str) -> None:
    make_vertical()
    make_rule()
    with pytest.raises(Invalid) as caught:
        edit_vertical(by="tests", config=make_config(**wrong), expected_revision=1)
    assert field in {finding.field for finding in caught.value.findings}
    assert Vertical.objects.get().revision == 1


def test_parameters_within_their_bounds_are_edited_freely() -> None:
    make_rule()
    limit = Parameter("limit", msgspec.structs.replace(LIMIT, value=9000.0), 1, 9000)
    edit_rule(
        by="t", code="high_amount", definition=edited(parameters=(limit,)), expected_version=1
    )
    assert Rule.objects.get().version.parameter_list == (limit,)


LIMIT: Any = make_definition().parameters[0].value
