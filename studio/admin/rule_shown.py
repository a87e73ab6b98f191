"""All that a rule's page shows: what is known of it, the form, the drafts, the curves."""

from collections.abc import Mapping
from typing import Any

from foundation.models import User
from rules.admin.guide import suggestions
from rules.admin.moves import moves_from
from rules.admin.pages import state_label, verticals_in_words
from rules.definition import State
from rules.diffs import Change, diff_definitions
from rules.forms import ParameterFormSet, RuleForm
from rules.models import Rule, RuleVersion
from rules.queries import diff_versions, published_rule
from rules.reasons import say_value
from studio.admin.live import EDIT
from studio.admin.panel import panel_context
from studio.admin.small_curve import small_curves
from studio.editor.drafts import ROWS, Draft, blank_values, form_values
from studio.editor.saving import (
    Started,
    chosen_place,
    others_editing,
    places_for,
    started_edit,
)

VERSIONS_SHOWN = 100


def standing(rule: Rule, user: User) -> dict[str, Any]:
    """What is known of the rule as it is. Three queries."""
    version = rule.version
    return {
        "state": state_label(rule.state),
        "verticals": verticals_in_words(version.only, version.exclude),
        "parameters": [(p, say_value(p.value)) for p in version.parameter_list],
        "versions": rule.versions.order_by("-number")[:VERSIONS_SHOWN],
        "in_force": published_rule(rule.code),
        "moves": moves_from(State(rule.state)) if user.has_perm(EDIT) else [],
    }


def editor(
    rule: Rule | None, user: User, draft: Draft | None, asked: Mapping[str, str]
) -> dict[str, Any]:
    """The form: with what was typed, else with the draft in a change set, else with the rule.

    `asked` names a change set (`into`), of a new rule that stands in it also its `code`. Eight
    queries.
    """
    into, code = asked.get("into", ""), rule.code if rule else asked.get("code", "")
    may_start = draft is None and (rule is not None or into)
    started = started_edit(by=user, code=code, into=into) if may_start and code else None
    form, rows = _forms(rule, draft, started)
    places = places_for(by=user, code=code)
    return {
        "form": form,
        "rows": rows,
        "row_values": [_row(row) for row in rows],
        "started": started,
        "seen": asked.get("seen", started.mark if started else ""),
        "begins": asked.get("begins") or (started.state if started else State.SHADOW.value),
        "others": others_editing(by=user, code=code) if rule else [],
        "places": places,
        "chosen": chosen_place(places, started, into),
        "suggestions": suggestions(),
        "curves": small_curves(user, rule.code) if rule else [],
        **panel_context(user),
    }


def held_instead(user: User, code: str, into: str, rule: Rule | None) -> dict[str, Any] | None:
    """The edit that stands in that change set and would be written over, in words. One query."""
    there = started_edit(by=user, code=code, into=into) if into.isdecimal() else None
    if there is None:
        return None
    return {"mark": there.mark, "by": there.by_name, "changes": _told(there, rule)}


def _told(there: Started, rule: Rule | None) -> tuple[Change, ...]:
    if rule is None:
        told = ("condition", "score", "effect", "reason")
        return tuple(Change(name, "", str(there.said.get(name, ""))) for name in told)
    return diff_definitions(rule.version.definition, there.definition)


def changed_since(rule: Rule, began: str) -> tuple[Change, ...]:
    """What others changed since the version with which an edit began. One query."""
    if not began.isdecimal() or len(began) > 9:
        return ()
    old = RuleVersion.objects.filter(rule=rule, number=int(began)).first()
    return diff_versions(old, rule.version) if old else ()


def _forms(rule: Rule | None, draft: Draft | None, started: Started | None) -> tuple[RuleForm, Any]:
    if draft is not None:
        return draft.form, draft.rows
    values, rows = _initial(rule, started)
    form = RuleForm(initial=values)
    if rule is not None:
        form.fields["code"].disabled = True
    return form, ParameterFormSet(initial=rows, prefix=ROWS)


def _initial(
    rule: Rule | None, started: Started | None
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    said = started.definition if started else rule.version.definition if rule else None
    if said is None:
        return blank_values(), []
    values, rows = form_values(said)
    values["note"] = started.note if started else ""
    if rule is not None:
        values["code"] = rule.code
        values["expected_version"] = started.base_version if started else rule.version.number
    return values, rows


def _row(row: Any) -> dict[str, Any]:
    """A parameter's row with what it shows at once; the empty one at the end has no name."""
    shown = {name: row[name].value() or "" for name in ("name", "kind", "value", "currency")}
    bounds = {name: row[name].value() for name in ("minimum", "maximum", "unit", "doc")}
    return {"form": row, **shown, **bounds, "is_new": not shown["name"]}
