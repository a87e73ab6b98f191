"""What may be put into a draft, and what is refused with nothing lost."""

from dataclasses import replace
from typing import Any

import pytest

from foundation.errors import Forbidden
from foundation.models import AuditEntry, User
from foundation.roles import ANALYST, AUDITOR, SUPERVISOR
from rules.definition import State
from rules.errors import IllegalMove, Invalid, StaleEdit
from rules.models import Rule, Vertical
from rules.services import edit_rule
from rules.tests.cast import make_config, make_definition
from rules.tests.people import make_user
from studio.changes.editing import fingerprint
from studio.changes.services import (
    ChangeRefused,
    EvidenceStale,
    NewRule,
    Outdated,
    Retire,
    RuleEdit,
    StateMove,
    VerticalEdit,
    attach_evidence,
    create_change_set,
    describe,
    drop_edit,
    look_over,
    note_trial,
    put_edit,
    rebase_edit,
    resolve,
    standing,
    take_trial,
)
from studio.changes.tests.conftest import HIGH, NEW, broken, draft, edit_of
from studio.changes.writing import mark_of
from studio.models import Backtest

pytestmark = pytest.mark.django_db


def edit_book(by: str = "ravi", **fields: Any) -> None:
    rule = Rule.objects.get(code=HIGH)
    edit_rule(
        by=by,
        code=HIGH,
        definition=make_definition(**fields),
        expected_version=rule.version.number,
        note="too noisy",
    )


def stale(version: int, code: str = HIGH) -> RuleEdit:
    return RuleEdit(code=code, definition=make_definition(), expected_version=version)


def new(**more: Any) -> NewRule:
    return NewRule(code=NEW, definition=make_definition(), **more)


def words(change_set: Any) -> str:
    return " ".join(f"{one.level} {one.code}: {one.words}" for one in look_over(change_set).remarks)


def test_a_draft_changes_neither_book_nor_ruleset(rita: User) -> None:
    change_set = draft(rita)
    assert Rule.objects.get(code=HIGH).version.number == 1
    assert look_over(change_set).changes == (
        "high_amount: version: 1 -> 2",
        "high_amount: score: 30 -> 35",
    )
    assert AuditEntry.objects.filter(action__startswith="change_set.").count() == 2


def test_an_edit_and_a_move_of_one_rule_are_one_edit(rita: User) -> None:
    move = StateMove(code=HIGH, to=State.CANARY, canary_percent=25)
    change_set = draft(rita, edit_of(), move)
    edit = change_set.edits.get()
    assert (edit.state, edit.canary_percent) == ("canary", 25.0)
    assert edit.definition["score"] == "35"


def test_all_kinds_of_edits_go_together(rita: User) -> None:
    vertical = VerticalEdit(
        config=make_config(code="crypto", name="Crypto", review_threshold=30), expected_revision=1
    )
    new = NewRule(code=NEW, definition=make_definition(name="Night owl"))
    change_set = draft(rita, edit_of(), Retire(code="low_amount"), new, vertical)
    assert look_over(change_set).changes == (
        "night_owl is added as shadow (version 1)",
        "low_amount is removed (was live)",
        "high_amount: version: 1 -> 2",
        "high_amount: score: 30 -> 35",
        "vertical crypto: review threshold: 40 -> 30",
    )


@pytest.mark.parametrize(
    ("wish", "error", "says"),
    [
        (
            lambda: RuleEdit(code=HIGH, definition=broken("amuont > 5"), expected_version=1),
            Invalid,
            "amount",
        ),
        (
            lambda: RuleEdit(code=HIGH, definition=broken("amount > "), expected_version=1),
            Invalid,
            "condition",
        ),
        (
            lambda: RuleEdit(
                code=HIGH, definition=make_definition(score="101"), expected_version=1
            ),
            Invalid,
            "0 and 100",
        ),
        (
            lambda: RuleEdit(
                code=HIGH,
                definition=broken("account_age_days > 5 and account_age_days < 4"),
                expected_version=1,
            ),
            Invalid,
            "never",
        ),
        (lambda: stale(7), StaleEdit, "began at version 7"),
        (lambda: stale(1, code="gone"), Invalid, "no rule"),
        (lambda: NewRule(code=HIGH, definition=make_definition()), Invalid, "already"),
        (lambda: NewRule(code="Bad Code", definition=make_definition()), Invalid, "lower-case"),
        (lambda: new(state=State.LIVE), IllegalMove, "draft"),
        (lambda: StateMove(code=HIGH, to=State.DRAFT), IllegalMove, "live"),
        (lambda: StateMove(code=HIGH, to=State.CANARY, canary_percent=101), Invalid, "and 100"),
        (lambda: StateMove(code=HIGH, to=State.CANARY, canary_percent=0), Invalid, "is shadow"),
        (
            lambda: VerticalEdit(config=make_config(review_threshold=90), expected_revision=1),
            Invalid,
            "above the decline",
        ),
        (lambda: VerticalEdit(config=make_config(), expected_revision=3), StaleEdit, "began at 3"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused_and_the_draft_stays(
    rita: User, wish: Any, error: Any, says: str
) -> None:
    change_set = draft(rita, edit_of("low_amount"))
    with pytest.raises(error, match=says):
        put_edit(by=rita, change_set=change_set, wish=wish())
    assert [edit.code for edit in change_set.edits.all()] == ["low_amount"]


@pytest.mark.parametrize("role", [ANALYST, SUPERVISOR, AUDITOR])
def test_only_who_may_edit_rules_writes_in_it(rita: User, role: str) -> None:
    other = make_user("olu", role)
    with pytest.raises(Forbidden):
        create_change_set(by=other, title="Mine")
    change_set = draft(rita)
    with pytest.raises(Forbidden):
        put_edit(by=other, change_set=change_set, wish=edit_of())


@pytest.mark.parametrize("title", ["", "  ", "x" * 121, "a\0b"])
def test_it_has_a_title_of_a_line(rita: User, title: str) -> None:
    with pytest.raises(Invalid):
        create_change_set(by=rita, title=title)


def test_a_form_filled_in_before_somebody_else_wrote_is_told_who(rita: User, ravi: User) -> None:
    change_set = draft(rita)
    put_edit(by=ravi, change_set=change_set, wish=edit_of("low_amount"))
    with pytest.raises(Outdated, match="by ravi: low_amount"):
        describe(by=rita, change_set=change_set, title="B", description="", revision=2)


def test_an_edit_is_dropped_once(rita: User) -> None:
    change_set = draft(rita, edit_of(), edit_of("low_amount"))
    edit = change_set.edits.get(code=HIGH)
    drop_edit(by=rita, change_set=change_set, edit=edit)
    drop_edit(by=rita, change_set=change_set, edit=edit)
    assert [one.code for one in change_set.edits.all()] == ["low_amount"]
    assert AuditEntry.objects.filter(action="change_set.dropped").count() == 1


def test_it_tells_who_changed_the_rule_meanwhile_and_what(rita: User) -> None:
    change_set = draft(rita)
    edit_book(score="50")
    told = words(change_set)
    assert "error high_amount: high_amount was changed by ravi since this edit began" in told
    assert "score: 30 -> 50" in told


def test_rebasing_merges_what_only_one_side_changed(rita: User) -> None:
    change_set = draft(rita, edit_of(score="35"))
    edit_book(name="Higher amount")
    rebase_edit(by=rita, change_set=change_set, edit=change_set.edits.get())
    edit = change_set.edits.get()
    assert (edit.base_version, edit.conflicts) == (2, {})
    assert (edit.definition["name"], edit.definition["score"]) == ("Higher amount", "35")
    assert "error" not in words(change_set)


def test_lists_that_only_one_side_changed_are_no_conflict(rita: User) -> None:
    change_set = draft(rita, edit_of(tags=("night",)))
    edit_book(name="Higher amount")
    edit = rebase_edit(by=rita, change_set=change_set, edit=change_set.edits.get())
    assert (edit.conflicts, edit.definition["tags"]) == ({}, ["night"])


@pytest.mark.parametrize(("side", "score"), [("ours", "35"), ("theirs", "50")])
def test_a_conflict_waits_for_a_person_to_choose(rita: User, side: str, score: str) -> None:
    change_set = draft(rita, edit_of(score="35"))
    edit_book(score="50")
    edit = rebase_edit(by=rita, change_set=change_set, edit=change_set.edits.get())
    assert edit.conflicts == {"score": {"base": "30", "ours": "35", "theirs": "50"}}
    assert "score was changed on both sides: choose one" in words(change_set)
    edit = resolve(by=rita, change_set=change_set, edit=edit, choices={"score": side})
    assert (edit.conflicts, edit.definition["score"]) == ({}, score)
    with pytest.raises(ChangeRefused, match="nothing to choose"):
        resolve(by=rita, change_set=change_set, edit=edit, choices={"score": side})


def test_a_choice_that_is_open_outlives_a_second_merge(rita: User) -> None:
    change_set = draft(rita, edit_of(score="35"))
    edit_book(score="50")
    edit = rebase_edit(by=rita, change_set=change_set, edit=change_set.edits.get())
    edit_book(score="50", name="Higher amount")
    edit = rebase_edit(by=rita, change_set=change_set, edit=edit)
    assert edit.conflicts == {"score": {"base": "30", "ours": "35", "theirs": "50"}}
    assert edit.definition["name"] == "Higher amount"
    edit_book(score="60", name="Higher amount")
    edit = rebase_edit(by=rita, change_set=change_set, edit=edit)
    assert edit.conflicts == {"score": {"base": "50", "ours": "35", "theirs": "60"}}
    edit_book(score="35", name="Higher amount")
    edit = rebase_edit(by=rita, change_set=change_set, edit=edit)
    assert edit.conflicts == {}  # both say the same by now


@pytest.mark.parametrize(("score", "is_open"), [("35", True), ("45", False)])
def test_editing_another_field_is_no_choice(rita: User, score: str, is_open: bool) -> None:
    change_set = draft(rita, edit_of(score="35"))
    edit_book(score="50")
    rebase_edit(by=rita, change_set=change_set, edit=change_set.edits.get())
    edit = put_edit(by=rita, change_set=change_set, wish=edit_of(score=score, name="Other"))
    assert ("score" in edit.conflicts) is is_open
    assert edit.definition["name"] == "Other"


def test_the_same_edit_again_changes_nothing(rita: User, ravi: User) -> None:
    change_set = draft(rita, edit_of(score="35"))
    entries = change_set.entries.count()
    edit = put_edit(by=ravi, change_set=change_set, wish=edit_of(score="35"))
    move = StateMove(code="low_amount", to=State.SHADOW)
    put_edit(by=rita, change_set=change_set, wish=move)
    put_edit(by=rita, change_set=change_set, wish=move)
    assert edit.author == rita
    assert change_set.entries.count() == entries + 1


def test_an_edit_that_the_writer_has_not_seen_is_not_written_over(rita: User) -> None:
    change_set = draft(rita, edit_of(score="35"))
    first = mark_of(change_set.edits.get().definition)

    def write(score: str, seen: str | None) -> None:
        wish = replace(edit_of(score=score), seen=seen)
        put_edit(by=rita, change_set=change_set, wish=wish)

    for seen in ("", "another"):
        with pytest.raises(Outdated, match="holds another edit of high_amount by now, by rita"):
            write("40", seen)
    assert change_set.edits.get().definition["score"] == "35"
    write("40", first)
    write("40", first)  # sent twice
    write("45", None)
    assert change_set.edits.get().definition["score"] == "45"


def test_a_new_rule_is_not_written_over_by_another_of_its_code(rita: User) -> None:
    change_set = draft(rita, new())
    other = NewRule(code=NEW, definition=make_definition(score="77"), seen="")
    with pytest.raises(Outdated, match="holds another edit of night_owl"):
        put_edit(by=rita, change_set=change_set, wish=other)
    assert change_set.edits.get().definition["score"] == "30"


def test_a_vertical_rebases_too(rita: User) -> None:
    wish = VerticalEdit(config=make_config(review_threshold=30), expected_revision=1)
    change_set = draft(rita, wish)
    vertical = Vertical.objects.get(code="payments")
    vertical.aml_threshold, vertical.revision = 70, 2
    vertical.save()
    assert "aml threshold: 80 -> 70" in words(change_set)
    edit = rebase_edit(by=rita, change_set=change_set, edit=change_set.edits.get())
    assert (edit.definition["aml_threshold"], edit.definition["review_threshold"]) == (70, 30)


def test_preflight_warns_of_other_change_sets_and_empty_lists(rita: User, ravi: User) -> None:
    listed = make_definition(
        condition='listed(email, "blocked_emails")', parameters=(), reason="listed"
    )
    draft(ravi, title="Ravi's own")
    change_set = draft(rita, RuleEdit(code=HIGH, definition=listed, expected_version=1))
    told = words(change_set)
    assert "Ravi's own" in told
    assert "is empty" in told


def test_preflight_tells_the_cost_in_microseconds(rita: User) -> None:
    new = NewRule(code=NEW, definition=make_definition())
    cost = look_over(draft(rita, new)).cost
    assert cost is not None
    assert (cost.rules_before, cost.rules_after) == (2, 3)
    assert 0 < cost.after_us < 10_000


def test_an_edit_that_changes_nothing_cannot_be_proposed(rita: User) -> None:
    same = RuleEdit(code=HIGH, definition=make_definition(), expected_version=1)
    assert look_over(draft(rita, same)).errors == []
    assert look_over(create_change_set(by=rita, title="Empty")).errors


def tried(by: User, change_set: Any, result: dict[str, Any]) -> Backtest:
    """A finished backtest of the draft's edits as they stand."""
    trial = Backtest.objects.create(
        by=by, kind="rule", code=HIGH, edit={}, window={}, ruleset_number=1, rows=5,
        state=Backtest.State.DONE, result=result,
    )  # fmt: skip
    edits = fingerprint(change_set.edits.all())
    note_trial(by=by, change_set=change_set, trial=trial, tried=edits)
    return trial


def test_a_trial_is_attached_once_and_only_while_it_is_of_these_edits(rita: User) -> None:
    change_set = draft(rita, edit_of(score="35"))
    trial = tried(rita, change_set, {"rows": 5})
    held = take_trial(by=rita, change_set=change_set)
    assert held.evidence["backtest"] == str(trial.pk)
    assert held.evidence["against_ruleset"] == 1
    entries = change_set.entries.count()
    take_trial(by=rita, change_set=change_set)
    assert change_set.entries.count() == entries
    put_edit(by=rita, change_set=change_set, wish=edit_of(score="36"))
    with pytest.raises(EvidenceStale, match="changed after this backtest"):
        take_trial(by=rita, change_set=held)  # as the caller read it before the edit


def test_evidence_is_stale_once_an_edit_changes(rita: User) -> None:
    change_set = draft(rita)
    assert standing(change_set) == "none"
    change_set = attach_evidence(by=rita, change_set=change_set, evidence={"rows": 5})
    assert standing(change_set) == "fresh"
    put_edit(by=rita, change_set=change_set, wish=edit_of(score="36"))
    assert standing(change_set) == "stale"
