"""How values look in the admin: times, changes, JSON."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone as clock
from django.utils.html import format_html
from django.utils.safestring import SafeString

EMPTY = "-"


def relative_time(value: datetime | None) -> str | SafeString:
    """ "3 min ago" or "in 2 days", in one unit, the exact time in the reader's zone on hover."""
    if value is None:
        return EMPTY
    seconds = (value - clock.now()).total_seconds()
    length = _length(abs(seconds))
    if seconds > 0:
        words = f"in {length}" if length else "in less than a minute"
    else:
        words = f"{length} ago" if length else "just now"
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', value.isoformat(), exact_time(value), words
    )


def exact_time(value: datetime | None) -> str:
    """ "2026-05-03 14:05:00 WAT", in the reader's zone."""
    return clock.localtime(value).strftime("%Y-%m-%d %H:%M:%S %Z") if value else EMPTY


# A length of time is told in the first unit in which it stays below so many.
_LENGTHS = (
    (60, 120, "min"),
    (3_600, 48, "h"),
    (86_400, 60, "days"),
    (2_629_800, 24, "months"),
    (31_557_600, float("inf"), "years"),
)


def _length(seconds: float) -> str:
    """ "72 min", "31 h", "12 days"; empty below a minute. Rounded down, as ages are."""
    if seconds < 60:
        return ""
    return next(
        f"{int(seconds // size)} {unit}" for size, most, unit in _LENGTHS if seconds // size < most
    )


def short_text(text: str, most: int = 16) -> SafeString:
    """An identifier on one line: a long one as its beginning and end, all of it on hover."""
    short = text if len(text) <= most else f"{text[: most - 6]}…{text[-4:]}"
    return format_html('<span class="fs-id fs-line" title="{}">{}</span>', text, short)


def show_value(value: Any) -> str:
    """A JSON value for people: text as it is, structures indented, nothing as a dash."""
    if value is None:
        return EMPTY
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, indent=2, default=str)


def diff_table(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> SafeString:
    """A table of field, before and after; changed rows are marked by a sign, not colour alone."""
    old, new = before or {}, after or {}
    rows = [
        {
            "name": name,
            "before": show_value(old.get(name)),
            "after": show_value(new.get(name)),
            "sign": _sign(name, old, new),
        }
        for name in dict.fromkeys([*old, *new])
    ]
    return render_to_string("foundation/diff_table.html", {"rows": rows})


def _sign(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    if name not in old:
        return "+"
    if name not in new:
        return "−"
    return "→" if old[name] != new[name] else ""


def facts_table(facts: Mapping[str, Any]) -> SafeString:
    """A table of names and values; nested structures are shown as indented JSON."""
    rows = [{"name": name, "value": show_value(value)} for name, value in facts.items()]
    return render_to_string("foundation/facts_table.html", {"rows": rows})


def rows_table(headers: Iterable[str], rows: Iterable[Iterable[Any]]) -> SafeString:
    """A plain table in the admin's style; cells are escaped unless they are safe strings."""
    context = {"headers": list(headers), "rows": [list(row) for row in rows]}
    return render_to_string("foundation/rows_table.html", context)
