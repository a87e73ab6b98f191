"""What one rule's hits of late turned out to be, as cheaply as a page can ask."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
from django.db import connection
from django.db.models import Sum

from scoring.models import RuleActivity
from scoring.reports.figures import Share, proportion
from transactions.labels.precedence import current_first

DAYS: Final = 30
LABELS_READ: Final = 10_000
"""So many of the window's newest labels are read at most: of each the decision is looked up."""


@dataclass(frozen=True, slots=True)
class RuleFigures:
    """Of transactions since the day `since`, UTC. `precision` is of the labelled ones."""

    since: date
    hits: int
    shadow_hits: int
    fraud: int
    genuine: int
    precision: Share
    cut: bool  # there are more labels than were read


# A label is known after its transaction, so that of one in the window none lies before it.
_FIRED: Final = f"""
WITH newest AS (
    SELECT transaction_id FROM transactions_label
    WHERE institution_id = ANY(%(institutions)s) AND known_at >= %(since)s
    ORDER BY known_at DESC LIMIT %(most)s
), fired AS (
    SELECT d.transaction_id AS id,
           (SELECT l.is_fraud FROM transactions_label l WHERE l.transaction_id = d.transaction_id
            ORDER BY {current_first("l")} LIMIT 1) AS is_fraud
    FROM scoring_decision d
    JOIN transactions_transaction t ON t.id = d.transaction_id
    WHERE d.transaction_id IN (SELECT transaction_id FROM newest)
      AND t.occurred_at >= %(since)s
      AND (d.hits @> %(code)s::jsonb OR d.shadow_hits @> %(code)s::jsonb)
)
"""  # noqa: S608  no value from outside


def rule_figures(code: str, institutions: Sequence[int], *, now: datetime) -> RuleFigures:
    """Two queries, however many decisions there are."""
    since = _since(now)
    days = RuleActivity.objects.filter(
        rule_code=code, day__gte=since.date(), institution__in=institutions
    )
    counted = days.aggregate(live=Sum("live_hits"), shadow=Sum("shadow_hits"))
    [(fraud, genuine, read)] = _rows(
        "SELECT count(*) FILTER (WHERE is_fraud), count(*) FILTER (WHERE NOT is_fraud),"
        " (SELECT count(*) FROM newest) FROM fired",
        code,
        institutions,
        since,
    )
    return RuleFigures(
        since=since.date(),
        hits=counted["live"] or 0,
        shadow_hits=counted["shadow"] or 0,
        fraud=fraud,
        genuine=genuine,
        precision=proportion(fraud, fraud + genuine),
        cut=read >= LABELS_READ,
    )


def labelled_hits(
    code: str, institutions: Sequence[int], *, fraud: bool, now: datetime
) -> list[UUID]:
    """The transactions behind the figure, LABELS_READ at most. One query."""
    outer = f"SELECT id FROM fired WHERE {'' if fraud else 'NOT '}is_fraud"  # noqa: S608
    return [row[0] for row in _rows(outer, code, institutions, _since(now))]


def _since(now: datetime) -> datetime:
    """The beginning of the first of DAYS days, the present one among them."""
    first = now.astimezone(UTC).date() - timedelta(days=DAYS - 1)
    return datetime.combine(first, time(), UTC)


def _rows(
    outer: str, code: str, institutions: Sequence[int], since: datetime
) -> list[tuple[Any, ...]]:
    params: dict[str, Any] = {
        "institutions": list(institutions),
        "since": since,
        "most": LABELS_READ,
        "code": msgspec.json.encode([{"code": code}]).decode(),
    }
    with connection.cursor() as cursor:
        cursor.execute(_FIRED + outer, params)
        return list(cursor.fetchall())
