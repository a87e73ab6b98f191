"""The frozen backtest of a change set, as pages and approvers are shown it."""

from collections.abc import Mapping
from typing import Any

from studio.models.changes import ChangeSet

NO_BREAK = "\u00a0"
"""Keeps a figure on one line where its column is narrow."""


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
    is_rule, currency = result.get("kind") == "rule", result.get("currency", "")
    rows = [
        (words.format(matched="matched" if is_rule else "flagged", currency=currency), *values)
        for name, words in _FIGURES.items()
        for values in [[_figure(side, name) for side in sides]]
    ]
    return {**shown, "rows": rows, "over": _over(result), "notes": result.get("notes", [])}


_FIGURES = {
    "matched.n": "{matched}",
    "declined.n": "declined",
    "review.n": "held for review",
    "precision": "precision of what is {matched}",
    "recall": "recall",
    "false_positive_rate": "false positives",
    "money_saved": "fraud stopped, {currency}",
    "genuine_money_blocked": "genuine declined, {currency}",
    "alerts_a_day": "alerts a day",
}


def _over(result: Mapping[str, Any]) -> str:
    """What it was made on, in a sentence."""
    window, decided = result.get("window", {}), result.get("decisions", {})
    days = (str(window.get(name, ""))[:10] for name in ("since", "until"))
    where = f" in {window['vertical'].replace('_', ' ')}" if window.get("vertical") else ""
    return (
        f"{result.get('rows', 0):,} decisions{where} from {' to '.join(days)}, "
        f"{decided.get('fraud', 0):,} of them fraud, {decided.get('genuine', 0):,} genuine."
    )


def _figure(side: Mapping[str, Any], name: str) -> str:
    value: Any = side
    for part in name.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    if isinstance(value, dict):
        return _share(value)
    if value is None:
        return "–"
    return f"{value:,.1f}" if name == "alerts_a_day" else f"{value:,.0f}"


def _share(share: Mapping[str, Any]) -> str:
    """With its interval at 95 %.

    >>> _share({"value": 0.5, "low": 0.27, "high": 0.73}).replace(NO_BREAK, " ")
    '50.0 % (27 to 73)'
    >>> _share({"value": None})
    '–'
    """
    value, low, high = (share.get(name) for name in ("value", "low", "high"))
    if value is None:
        return "–"
    if low is None or high is None:
        return f"{100 * value:.1f} %"
    bounds = f" ({100 * low:.0f}{NO_BREAK}to{NO_BREAK}{100 * high:.0f})"
    return f"{100 * value:.1f}{NO_BREAK}%{bounds}"
