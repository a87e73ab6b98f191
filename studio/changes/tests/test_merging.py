"""Three-way merging, field by field. No database."""

from typing import Any

import pytest

from studio.changes.merging import choose, merge

LIMIT = {"name": "limit", "value": 5, "minimum": 1, "maximum": 9}
OTHER = {"name": "hours", "value": 24}
BASE: dict[str, Any] = {"name": "A", "score": "30", "tags": ["x"], "parameters": [LIMIT, OTHER]}


def changed(**fields: Any) -> dict[str, Any]:
    return {**BASE, **fields}


def with_limit(**parts: Any) -> dict[str, Any]:
    return changed(parameters=[{**LIMIT, **parts}, OTHER])


@pytest.mark.parametrize(
    ("ours", "theirs", "merged"),
    [
        (BASE, BASE, BASE),
        (changed(score="40"), BASE, changed(score="40")),
        (BASE, changed(score="40"), changed(score="40")),
        (changed(score="40"), changed(score="40"), changed(score="40")),
        (changed(score="40"), changed(name="B"), changed(score="40", name="B")),
        (with_limit(value=7), with_limit(maximum=20), with_limit(value=7, maximum=20)),
        (
            with_limit(value=7),
            changed(parameters=[LIMIT]),
            changed(parameters=[{**LIMIT, "value": 7}]),
        ),
        (changed(parameters=[LIMIT]), BASE, changed(parameters=[LIMIT])),
        (BASE, with_limit(unit="hours"), with_limit(unit="hours")),
    ],
)
def test_what_only_one_side_changed_merges(ours: Any, theirs: Any, merged: Any) -> None:
    assert merge(BASE, ours, theirs) == (merged, {})


@pytest.mark.parametrize(
    ("ours", "theirs", "field", "sides"),
    [
        (changed(score="40"), changed(score="50"), "score", ("30", "40", "50")),
        (with_limit(value=7), with_limit(value=8), "parameters.limit.value", (5, 7, 8)),
        (
            changed(parameters=[OTHER]),
            with_limit(value=8),
            "parameters.limit",
            (LIMIT, None, {**LIMIT, "value": 8}),
        ),
        (changed(tags=["y"]), changed(tags=[]), "tags", (["x"], ["y"], [])),
    ],
)
def test_what_both_changed_is_a_conflict_and_ours_stands_till_chosen(
    ours: Any, theirs: Any, field: str, sides: tuple[Any, Any, Any]
) -> None:
    merged, conflicts = merge(BASE, ours, theirs)
    assert conflicts == {field: dict(zip(("base", "ours", "theirs"), sides, strict=True))}
    assert merged == ours
    assert choose(merged, field, sides[1]) == ours
    taken = choose(merged, field, sides[2])
    assert {p["name"]: p for p in taken["parameters"]} == {
        p["name"]: p for p in theirs["parameters"]
    }
    assert {**taken, "parameters": []} == {**theirs, "parameters": []}


def test_weights_of_a_vertical_merge_by_rule() -> None:
    base = {"rule_weights": {"a": 1.0, "b": 1.0}}
    ours, theirs = {"rule_weights": {"a": 2.0, "b": 1.0}}, {"rule_weights": {"a": 1.0, "c": 3.0}}
    assert merge(base, ours, theirs) == ({"rule_weights": {"a": 2.0, "c": 3.0}}, {})
    assert merge(base, {"rule_weights": {}}, base) == ({"rule_weights": {}}, {})
    clash = merge(base, ours, {"rule_weights": {"a": 3.0, "b": 1.0}})[1]
    assert list(clash) == ["rule_weights.a"]
    assert choose(ours, "rule_weights.a", None) == {"rule_weights": {"b": 1.0}}
