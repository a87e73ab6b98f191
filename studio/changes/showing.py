"""The frozen backtest of a change set, as pages and approvers are shown it."""

from collections.abc import Mapping
from typing import Any

from studio.models.changes import ChangeSet


def evidence_shown(change_set: ChangeSet) -> dict[str, Any] | None:
    """The frozen backtest's figures, before and after; plain facts where it has none."""
    evidence = change_set.evidence
    if evidence is None:
        return None
    result = evidence.get("result", {})
    sides = [result.get(side) for side in ("before", "after")]
    shown = {"against": evidence.get("against_ruleset"), "at": change_set.evidence_at}
    if not all(sides):
        return {**shown, "facts": evidence}
    rows = [(words, *(_figure(side, name) for side in sides)) for name, words in _FIGURES.items()]
    return {**shown, "rows": rows, "notes": result.get("notes", []), "read": result.get("rows")}


_FIGURES = {
    "matched.n": "matched",
    "declined.n": "declined",
    "review.n": "held for review",
    "precision": "precision",
    "recall": "recall",
    "false_positive_rate": "false positives",
    "money_saved": "fraud stopped",
    "genuine_money_blocked": "genuine blocked",
    "alerts_a_day": "alerts a day",
}


def _figure(side: Mapping[str, Any], name: str) -> str:
    value: Any = side
    for part in name.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    if isinstance(value, dict):  # a share with its whole
        share = value.get("value", value.get("share"))
        return "–" if share is None else f"{100 * share:.1f} %"
    if value is None:
        return "–"
    return f"{value:,.1f}" if name == "alerts_a_day" else f"{value:,.0f}"
