"""How a decision's parts look in lists and on pages."""

from datetime import timedelta

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from foundation.admin_display import relative_time
from scoring.models import Decision

_SAME_TIME = timedelta(minutes=5)
"""Within it a transaction was decided when it took place, as far as a reader cares."""


def status_cell(status: str) -> SafeString:
    """A sign and a word in the colour of the status."""
    return format_html('<span class="fs-status fs-{0}">{0}</span>', status)


def number_cell(number: float) -> SafeString:
    return format_html('<span class="fs-number">{}</span>', number)


def decided_cell(decision: Decision) -> SafeString:
    """When it was decided, and below it when the transaction took place, where that differs."""
    decided, occurred = decision.decided_at, decision.transaction.occurred_at
    if abs(decided - occurred) <= _SAME_TIME:
        return format_html('<span class="fs-line">{}</span>', relative_time(decided))
    return format_html(
        '<span class="fs-line">{}</span><br><span class="fs-line fs-muted">made {}</span>',
        relative_time(decided),
        relative_time(occurred),
    )


def rule_link(code: str) -> SafeString:
    """The code, leading to the rule's page."""
    url = reverse("admin:rules_rule_by_code", args=[code])
    return format_html('<a class="fs-link fs-id" href="{}">{}</a>', url, code)


def two_lines(text: str) -> SafeString:
    """A sentence cut after two lines, all of it on hover."""
    return format_html('<span class="fs-two-lines" title="{0}">{0}</span>', text or "–")
