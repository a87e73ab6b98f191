"""The first page: what happened lately, by role, every figure a link to the page behind it."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db.models import Sum
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone as clock

from cases.queries import COUNTED_UP_TO, count_waiting
from cases.queues.reading import own_cases
from cases.services.mentions import unseen_by
from cases.services.working import WORK
from clients.queries import user_institutions
from foundation.admin_parts import NO_INSTITUTION
from foundation.approvals import seen_by, waiting_for, waiting_requests
from foundation.models import User
from foundation.outbox import outbox_status
from rules.definition import State
from rules.queries import published_number
from rules.registry import book_for
from scoring.models import Decision, DecisionActivity
from studio.changes.emergencies import open_reviews
from studio.models import Demotion, EmergencyReview
from studio.rollout.demoting import CHANGE
from studio.rollout.reading import recent_demotions

FLAGGED_SHOWN = 8
CASES_SHOWN = 8
MENTIONS_SHOWN = 8
DEMOTIONS_SHOWN = 20


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Context of the admin's index. At most fourteen queries, none of them over all decisions."""
    user = request.user
    context["title"] = "Home"
    if not isinstance(user, User) or not user.has_perm("scoring.view_decision"):
        return context
    institutions = list(user_institutions(user).values_list("id", flat=True))
    if not institutions:
        context["no_institution"] = NO_INSTITUTION
    today = datetime.now(UTC).date()
    number = published_number()
    context.update(
        figures=_figures(institutions, today),
        flagged=_flagged(institutions),
        ruleset=number,
        rules=_rules_in_words(number),
        approvals=_approvals(user),
        work=_work(user, institutions),
        demotions=_demotions(user),
        mentions=unseen_by(user, institutions, MENTIONS_SHOWN),
        reviews=_reviews(user),
        outbox=outbox_status() if user.has_perm("foundation.view_outboxevent") else None,
        decisions_url=reverse("admin:scoring_decision_changelist"),
    )
    return context


def _work(user: User, institutions: list[int]) -> dict[str, Any] | None:
    """What waits for an analyst: the person's own cases by due time, with those that are due soon
    or came back from a snooze, and how many nobody has claimed; None for who does not work on
    cases. Three queries."""
    if not user.has_perm(WORK):
        return None
    now = clock.now()
    return {
        "own": own_cases(user, institutions, CASES_SHOWN, now=now),
        "waiting": count_waiting(institutions, now=now),
        "most": COUNTED_UP_TO,
    }


def _demotions(user: User) -> list[Demotion]:
    """Rules that went into shadow by themselves and that nobody has looked at, the person's own
    first; for whoever changes rules. One query."""
    if not user.has_perm(CHANGE):
        return []
    found = list(recent_demotions(clock.now())[:DEMOTIONS_SHOWN])
    return sorted(found, key=lambda one: one.owner != user.get_username())


def _rules_in_words(number: int | None) -> str:
    """ "88 live, 10 in shadow" of the ruleset in force."""
    if number is None:
        return "publish one first"
    states = Counter(rule.state for rule in book_for(number).snapshot.rules)
    named = {State.LIVE: "live", State.CANARY: "canary", State.SHADOW: "in shadow"}
    return ", ".join(f"{states[state]} {name}" for state, name in named.items() if states[state])


def _approvals(user: User) -> dict[str, int] | None:
    """How many requests wait, and how many of them for this person; None for who sees none."""
    if not user.has_perm("foundation.view_approvalrequest"):
        return None
    return {"waiting": waiting_requests(seen_by(user)).count(), "yours": waiting_for(user).count()}


def _reviews(user: User) -> list[EmergencyReview]:
    """What was published in an emergency and waits for another person's look: one query. It
    stands here for everybody who sees change sets until somebody has done it."""
    return list(open_reviews()) if user.has_perm("studio.view_changeset") else []


def _figures(institutions: list[int], today: date) -> list[dict[str, Any]]:
    """Decisions on transactions of the last seven days by status, with shares."""
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
    """The newest decisions, whenever their transactions took place."""
    return list(
        Decision.objects.filter(institution_id__in=institutions)
        .exclude(status=Decision.Status.APPROVED)
        .select_related("transaction")
        .order_by("-transaction")[:FLAGGED_SHOWN]
    )
