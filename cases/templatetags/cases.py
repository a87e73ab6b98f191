"""Parts of cases in other pages: {% load cases %} {% verdict_banner %}"""

import re
from typing import Any, Final

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from cases.page.pending import pending
from cases.services.closing import pending_of
from foundation.models import User

register = template.Library()
_MENTION: Final = re.compile(r"((?<![\w@.+-])@[\w.@+-]*\w)")


@register.inclusion_tag("cases/parts/pending.html", takes_context=True)
def verdict_banner(context: template.Context) -> dict[str, Any]:
    """What the person has decided within the last seconds, with a way back. One query."""
    request = context["request"]
    user = request.user
    closing = pending_of(user) if isinstance(user, User) else None
    found = pending(closing, user) if closing is not None else None
    return {"pending": found, "csrf_token": context.get("csrf_token"), "request": request}


@register.filter
def with_mentions(text: str) -> SafeString:
    """The text, escaped, with the names behind an @ made bold."""
    parts = _MENTION.split(text)
    return format_html_join(
        "",
        "{}",
        (
            (format_html('<b class="cs-mention">{}</b>', part) if place % 2 else part,)
            for place, part in enumerate(parts)
        ),
    )
