"""The first page: what happened lately, by role, every figure a link to the page behind it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db.models import Sum
from django.http import HttpRequest
from django.urls import reverse

from clients.queries import user_institutions
from foundation.models import User
from foundation.outbox import outbox_status
from rules.queries import published_number
from rules.registry import book_for
from scoring.models import Decision, DecisionActivity

FLAGGED_SHOWN = 8


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Context of the admin's index. At most five queries, none of them over all decisions."""
    user = request.user
    context["title"] = "Home"
    if not isinstance(user, User) or not user.has_perm("scoring.view_decision"):
        return context
    institutions = list(user_institutions(user).values_list("id", flat=True))
    today = datetime.now(UTC).date()
    number = published_number()
    context.update(
        figures=_figures(institutions, today),
        flagged=_flagged(institutions),
        ruleset=number,
        rules_loaded=len(book_for(number).snapshot.rules) if number else 0,
        outbox=outbox_status() if user.has_perm("foundation.view_outboxevent") else None,
        decisions_url=reverse("admin:scoring_decision_changelist"),
    )
    return context


def _figures(institutions: list[int], today: date) -> list[dict[str, Any]]:
    """Decisions of the last seven days by status, with shares."""
    since = today - timedelta(days=6)
    rows = (
        DecisionActivity.objects.filter(institution_id__in=institutions, day__gte=since)
        .values_list("status")
        .annotate(total=Sum("decisions"))
    )
    counts = dict(rows)
    total = sum(counts.values())
    return [
        {
            "status": status.value,
            "label": status.label,
            "count": counts.get(status.value, 0),
            "percent": 100 * counts.get(status.value, 0) / total if total else None,
        }
        for status in Decision.Status
    ]


def _flagged(institutions: list[int]) -> list[Decision]:
    return list(
        Decision.objects.filter(institution_id__in=institutions)
        .exclude(status=Decision.Status.APPROVED)
        .select_related("transaction")
        .order_by("-transaction")[:FLAGGED_SHOWN]
    )
