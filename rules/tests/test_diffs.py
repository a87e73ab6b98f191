"""Differences between definitions, verticals and snapshots, as data and in words."""

import msgspec
import pytest

from rules.definition import Definition, Money, Parameter, PublishedRule, Snapshot, State
from rules.diffs import diff_definitions, diff_snapshots, diff_verticals
from rules.tests.cast import make_config, make_definition


def changed(**fields: object) -> Definition:
    return msgspec.structs.replace(make_definition(), **fields)


@pytest.mark.parametrize(
    ("after", "words"),
    [
        (changed(), []),
        (changed(confidence=0.9), ["confidence: 0.8 -> 0.9"]),
        (changed(condition="amount > 1"), ["condition: amount > limit -> amount > 1"]),
        (changed(effect="review"), ["effect: score -> review"]),
        (changed(exclude=("crypto", "gaming")), ["not in: nothing -> crypto, gaming"]),
        (changed(owner="Ada"), ["owner: nothing -> Ada"]),
        (
            changed(parameters=(Parameter("limit", Money(7500, "USD"), 1, 9_000),)),
            ["parameter limit: 5,000 USD [1 .. 9,000] -> 7,500 USD [1 .. 9,000]"],
        ),
        (
            changed(parameters=(Parameter("limit", Money(5000, "USD", {"NGN": 8e6}), 1, 9_000),)),
            [
                "parameter limit: 5,000 USD [1 .. 9,000] -> 5,000 USD (NGN 8,000,000) [1 .. 9,000]",
            ],
        ),
        (changed(parameters=()), ["parameter limit removed: 5,000 USD [1 .. 9,000]"]),
        (
            changed(parameters=(*make_definition().parameters, Parameter("words", ("a", "b")))),
            ["parameter words added: a, b"],
        ),
    ],
)
def test_an_edit_is_told_in_words(after: Definition, words: list[str]) -> None:
    assert [str(change) for change in diff_definitions(make_definition(), after)] == words


def test_a_vertical_is_compared_field_by_field_and_weight_by_weight() -> None:
    before = make_config(rule_weights={"gambling": 1.5, "high_amount": 2.0})
    after = make_config(fraud_score_threshold=70, rule_weights={"gambling": 1.0})
    assert [str(change) for change in diff_verticals(before, after)] == [
        "fraud score threshold: 60 -> 70",
        "weight of gambling: 1.5 -> 1",
        "weight of high_amount removed: 2",
    ]


def published(code: str, version: int = 1, state: State = State.LIVE, **fields: object) -> object:
    return PublishedRule(
        code=code, version=version, state=state, canary_percent=100.0, definition=changed(**fields)
    )


def snapshot(*rules: object, **config: object) -> Snapshot:
    return Snapshot(catalogue_version=1, rules=rules, verticals=(make_config(**config),))  # type: ignore[arg-type]


def test_rulesets_differ_in_rules_added_removed_and_changed_and_in_verticals() -> None:
    before = snapshot(published("kept"), published("gone"), published("moved"))
    after = snapshot(
        published("kept"),
        published("moved", 2, State.SHADOW, score="20"),
        published("new"),
        aml_threshold=70,
    )
    diff = diff_snapshots(before, after)
    assert diff.words == [
        "new is added as live (version 1)",
        "gone is removed (was live)",
        "moved: version: 1 -> 2",
        "moved: state: live -> shadow",
        "moved: score: 30 -> 20",
        "vertical payments: aml threshold: 80 -> 70",
    ]


def test_equal_rulesets_do_not_differ() -> None:
    assert not diff_snapshots(snapshot(published("a")), snapshot(published("a")))


def test_everything_is_new_after_nothing() -> None:
    diff = diff_snapshots(None, snapshot(published("a")))
    assert [rule.code for rule in diff.added] == ["a"]
    assert not diff.verticals


def test_numbers_written_differently_are_the_same_definition() -> None:
    whole = changed(parameters=(Parameter("limit", 5, 1, 10),))
    point = changed(parameters=(Parameter("limit", 5.0, 1.0, 10.0),))
    assert whole.fingerprint == point.fingerprint != changed().fingerprint


def test_a_definition_survives_its_json_form() -> None:
    definition = changed(tags=("a",), only=("crypto",))
    assert Definition.load(definition.as_dict()) == definition
    assert Definition.load(definition.as_dict()).fingerprint == definition.fingerprint
