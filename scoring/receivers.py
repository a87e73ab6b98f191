"""What scoring itself does after a decision: count decisions and hits by day."""

from collections import Counter
from collections.abc import Iterator

from django.db import connection

from foundation.outbox import Envelope, subscribe
from scoring.events import DecisionMade

Row = tuple[str, int, str, str]  # day, institution, vertical, status or rule

_ADD_DECISIONS = """
INSERT INTO scoring_decisionactivity (day, institution_id, vertical, status, decisions)
SELECT * FROM unnest(%s::date[], %s::bigint[], %s::text[], %s::text[], %s::bigint[])
ON CONFLICT (day, institution_id, vertical, status) DO UPDATE
SET decisions = scoring_decisionactivity.decisions + EXCLUDED.decisions
"""
_ADD_HITS = """
INSERT INTO scoring_ruleactivity
  (day, institution_id, vertical, rule_code, live_hits, shadow_hits, errors)
SELECT * FROM unnest(%s::date[], %s::bigint[], %s::text[], %s::text[],
                     %s::bigint[], %s::bigint[], %s::bigint[])
ON CONFLICT (day, institution_id, vertical, rule_code) DO UPDATE
SET live_hits = scoring_ruleactivity.live_hits + EXCLUDED.live_hits,
    shadow_hits = scoring_ruleactivity.shadow_hits + EXCLUDED.shadow_hits,
    errors = scoring_ruleactivity.errors + EXCLUDED.errors
"""


@subscribe(DecisionMade, name="scoring.activity")
def count_activity(events: list[Envelope[DecisionMade]]) -> None:
    """Add a batch to the days' counts in two statements.

    Runs in the transaction that also marks the events as handled, so each counts exactly once.
    """
    made = [envelope.event for envelope in events]
    decisions = Counter((e.day, e.institution, e.vertical, e.status) for e in made)
    live, shadow, errors = (
        Counter(_rows(made, attribute)) for attribute in ("hits", "shadow_hits", "rule_errors")
    )
    _add(_ADD_DECISIONS, decisions)
    _add(_ADD_HITS, live, shadow, errors)


def _rows(made: list[DecisionMade], attribute: str) -> Iterator[Row]:
    for event in made:
        for code in getattr(event, attribute):
            yield event.day, event.institution, event.vertical, code


def _add(statement: str, *counts: Counter[Row]) -> None:
    # Sorted, so that two workers take their row locks in the same order.
    rows = sorted(set().union(*counts))
    if not rows:
        return
    columns = [[row[index] for row in rows] for index in range(4)]
    with connection.cursor() as cursor:
        cursor.execute(statement, columns + [[count[row] for row in rows] for count in counts])
