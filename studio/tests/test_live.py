"""The live check: what is said of a draft while it is typed."""

from typing import Any

import pytest

from rules.definition import Definition
from rules.tests.cast import make_definition
from studio.editor.drafts import form_values, read_draft
from studio.editor.live import Checkup, check_up, text_of_builder


def typed(definition: Definition, **changes: Any) -> dict[str, Any]:
    """The form as a browser sends it; a parameter's field as `parameters-0-value`."""
    values, rows = form_values(definition)
    values |= {"effect": definition.effect.value, "severity": definition.severity.value}
    for i, row in enumerate(rows):
        values |= {f"parameters-{i}-{k}": "" if v is None else v for k, v in row.items()}
    count = {"parameters-TOTAL_FORMS": len(rows), "parameters-INITIAL_FORMS": 0}
    return {**values, **count, **changes}


def look(base: Definition | None = None, **changes: Any) -> Checkup:
    base = base or make_definition()
    return check_up(read_draft(typed(base, **changes), code="high_amount"), base=base)


def test_an_untouched_draft_is_sound_and_changes_nothing():
    checkup = look()
    assert (checkup.sound, checkup.found, checkup.changes) == (True, (), ())
    assert checkup.canonical == "amount > limit"


def test_a_misspelt_name_is_told_with_its_place_and_a_hint():
    [found] = look(condition="amonut > limit").found
    assert (found.field, found.line, found.column, found.end_column) == ("condition", 1, 1, 7)
    assert found.hint == "did you mean `amount`?"
    assert "^^^^^^" in found.block


def test_a_place_in_the_second_line_is_told_as_such():
    [found] = look(condition="amount > limit\nand ip_is_vnp").found
    assert (found.line, found.column) == (2, 5)


def test_what_differs_is_told_in_words():
    checkup = look(**{"parameters-0-value": "7,500"})
    assert checkup.changes == (
        ("parameter limit", "5,000 USD [1 .. 9,000]", "7,500 USD [1 .. 9,000]"),
    )


def test_a_value_out_of_bounds_is_told_at_its_parameter():
    checkup = look(**{"parameters-0-value": "9,500"})
    assert not checkup.sound
    assert {found.parameter for found in checkup.found} == {"limit"}
    assert "above its maximum" in checkup.found[0].message


def test_the_condition_is_checked_while_a_number_beside_it_is_wrong():
    checkup = look(condition="amount > limit and amonut", **{"parameters-0-value": "lots"})
    fields = {(found.field, found.parameter) for found in checkup.found}
    assert fields == {("value", "limit"), ("condition", "")}
    assert "no feature or parameter `amonut`" in checkup.found[-1].message


def test_a_wrong_number_beside_it_does_not_make_the_condition_wrong():
    assert [f.field for f in look(confidence="x").found] == ["confidence"]


def test_a_warning_leaves_the_draft_sound():
    checkup = look(condition="amount > limit and amount > 0")
    assert checkup.sound
    assert [found.severity for found in checkup.found] == ["warning"]


@pytest.mark.parametrize("condition", ["amount >", "((((", "x" * 5_000, "\0", "import os", ")("])
def test_what_cannot_be_read_has_no_builder_and_does_not_fail(condition: str):
    checkup = look(condition=condition)
    assert checkup.builder is None
    assert not checkup.sound


def test_a_row_that_was_taken_out_is_no_parameter():
    checkup = look(**{"parameters-0-DELETE": "on"})
    assert "there is no feature or parameter `limit`" in [f.message for f in checkup.found]


def test_a_builder_gives_its_text():
    part = {"kind": "group", "join": "and", "parts": [
        {"kind": "test", "operator": "is", "negated": True,
         "operands": [{"kind": "name", "value": "ip_is_vpn"}]},
        {"kind": "test", "operator": "listed", "operands": [
            {"kind": "name", "value": "email"}, {"kind": "text", "value": "bad"}]},
    ]}  # fmt: skip
    assert text_of_builder(part) == 'not ip_is_vpn and listed(email, "bad")'
