"""How values look in the admin: times, changes, JSON."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone as clock
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince, timeuntil

EMPTY = "-"


def relative_time(value: datetime | None) -> str | SafeString:
    """ "3 minutes ago" or "in 2 days", the exact time in the reader's zone on hover."""
    if value is None:
        return EMPTY
    now = clock.now()
    if abs(now - value) < timedelta(minutes=1):
        words = "just now" if value <= now else "in less than a minute"
    else:
        words = f"in {timeuntil(value, now)}" if value > now else f"{timesince(value, now)} ago"
    exact = clock.localtime(value).strftime("%Y-%m-%d %H:%M:%S %Z")
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        value.isoformat(),
        exact,
        words.replace("\xa0", " "),
    )


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
