"""The card as one HTML page that needs nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from html import escape
from typing import Any

from learning.evaluation import charts
from learning.evaluation.checks import in_words

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem;
       color: #1b1f24; background: #fff }
table { border-collapse: collapse; margin: .5rem 0 1.5rem }
th, td { text-align: left; padding: .25rem .8rem .25rem 0; border-bottom: 1px solid #d5dae0 }
td.n { text-align: right; font-variant-numeric: tabular-nums }
.charts { display: flex; flex-wrap: wrap; gap: 1rem } svg { width: 29rem; max-width: 100% }
svg text { font-size: 11px; fill: #1b1f24 } svg text.title { font-size: 13px; font-weight: 600 }
svg polyline { fill: none; stroke-width: 2 } .axis { stroke: #8a939e; stroke-width: 1 }
.ideal { stroke: #8a939e; stroke-dasharray: 4 4 } polyline.line0 { stroke: #0b63b6 }
polyline.line1 { stroke: #b3470f } text.line0 { fill: #0b63b6 } text.line1 { fill: #b3470f }
.bar { fill: #0b63b6 } .good { color: #1a6b2f } .bad { color: #a11d1d }
"""


def as_html(card: Mapping[str, Any], name: str) -> str:
    """A page with the card's figures and charts; every text in it is escaped."""
    return "\n".join(
        [
            "<!doctype html>",
            f'<html lang="en"><head><meta charset="utf-8"><title>{escape(name)}</title>',
            f"<style>{_STYLE}</style></head><body><main><h1>{escape(name)}</h1>",
            *_leaks(card["leaks"]),
            "<h2>On later days</h2>",
            _pairs(card["figures"]),
            f'<div class="charts">{"".join(_charts(card))}</div>',
            "<h2>By week</h2>",
            _table(card["by_week"]),
            *(_section(name, groups) for name, groups in card["segments"].items()),
            *(_fair(name, told) for name, told in card["fairness"].items() if told),
            "<h2>What it rests on</h2>",
            _pairs(_dated(card["facts"])),
            "</main></body></html>",
        ]
    )


def _charts(card: Mapping[str, Any]) -> Iterator[str]:
    curve = [(part["predicted"], part["found"]) for part in card["calibration_curve"]]
    yield charts.lines(
        "Calibration",
        {"found": curve},
        x_label="predicted probability",
        y_label="share of fraud",
        diagonal=True,
    )
    if card.get("money_curve"):
        told = card["money_curve"]
        yield charts.lines(
            "What reviewing finds",
            {
                "of the value": [(0.0, 0.0), *((part["reviewed"], part["value"]) for part in told)],
                "of the frauds": [
                    (0.0, 0.0),
                    *((part["reviewed"], part["frauds"]) for part in told),
                ],
            },
            x_label="share of transactions reviewed",
            y_label="share found",
        )
    yield charts.bars("Importance: share of what splits gained", card["importance"])
    yield charts.bars("Stability: PSI of the last week", card["stability"]["features"])


def _leaks(leaks: Mapping[str, Any]) -> Iterator[str]:
    if leaks["passed"]:
        yield '<p class="good">No sign of a leak: no single feature knows too much, permuted '
        yield "labels teach nothing, and no fold learned from later rows or labels.</p>"
        return
    yield '<p class="bad">Look into this before use: '
    yield escape(" ".join(in_words(leaks)))
    yield "</p>"


def _section(name: str, groups: Mapping[str, Any]) -> str:
    return f"<h2>By {escape(name)}</h2>{_table(groups)}" if groups else ""


def _fair(name: str, told: Mapping[str, Any]) -> str:
    verdict = "holds" if told["four_fifths"] else "is broken"
    kind = "good" if told["four_fifths"] else "bad"
    return (
        f"<h2>Fairness: {escape(name)}</h2>"
        f'<p class="{kind}">The four-fifths rule {verdict}: {told["ratio"]:.2f}. '
        f"Highest over lowest rate of false alarms: {_shown(told['fpr_ratio'])}.</p>"
        f"{_pairs(told['false_alarms'])}"
    )


def _table(groups: Mapping[str, Mapping[str, Any]]) -> str:
    if not groups:
        return "<p>Too few rows to tell.</p>"
    names = list(next(iter(groups.values())))
    head = "".join(f"<th>{escape(name.replace('_', ' '))}</th>" for name in names)
    rows = "".join(
        f"<tr><td>{escape(group)}</td>"
        + "".join(f'<td class="n">{_shown(told.get(name))}</td>' for name in names)
        + "</tr>"
        for group, told in groups.items()
    )
    return f"<table><tr><th></th>{head}</tr>{rows}</table>"


def _pairs(pairs: Mapping[str, Any]) -> str:
    rows = "".join(
        f"<tr><th>{escape(str(name).replace('_', ' '))}</th><td>{_shown(value)}</td></tr>"
        for name, value in pairs.items()
    )
    return f"<table>{rows}</table>"


def _dated(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Facts for people: moments as days, spans in days, without what is too long to read."""
    shown = {name: value for name, value in facts.items() if name not in ("trials", "folds")}
    if "period" in shown:
        shown["period"] = " to ".join(_day(moment) for moment in facts["period"])
    if "known_by" in shown:
        shown["known_by"] = _day(facts["known_by"])
    if "label_delay" in shown:
        shown["label_delay"] = f"{facts['label_delay'] / 86_400:g} days"
    return shown


def _day(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).date().isoformat()


def _shown(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:,.0f}" if value == int(value) and abs(value) >= 1 else f"{value:.4g}"
    return escape(str(value))
