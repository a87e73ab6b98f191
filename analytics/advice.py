"""Should a vertical's decline threshold move? Worked out from labels and stored scores.

A threshold costs one unit for each genuine transaction that it declines and `MISSED_FRAUD` for each
fraud that it does not. Every whole score from the review threshold to 100 is tried; of those that
cost least the one nearest to the present threshold is taken.

Counted are decisions older than SETTLING, since what is young may yet be reported, which no effect
decided, since a threshold would not have changed them. Fraud and genuine are the labels' word.
What has no label counts as genuine where it was let through: nobody complained. What was declined
and has no label is left out: nobody can know.

Which is cheapest, and whether that could be chance, `studio.optimise` tells, as for the curves of
risk managers: nothing is advised with too few labels, nor unless the gain holds in 95 % of redrawn
histories.
"""

from collections import Counter
from datetime import timedelta
from typing import Final, Literal

import msgspec

from analytics.period import Period, last_days
from analytics.reading import DECISIONS, LABELLED, WITHIN, rows
from analytics.verticals import verticals_in_force
from studio.optimise.scores import propose_threshold

MISSED_FRAUD: Final = 10
SETTLING: Final = timedelta(days=7)

Suggestion = Literal["increase_threshold", "decrease_threshold", "no_change"]


class Advice(msgspec.Struct, frozen=True, kw_only=True):
    """Thresholds are fraud scores, 0 to 100. `frauds` and `genuine` say what it rests on."""

    suggestion: Suggestion
    current_threshold: int
    suggested_threshold: int
    reason: str
    frauds: int
    genuine: int


class VerticalAdvice(Advice, frozen=True, kw_only=True):
    """Advice on one vertical's decline threshold; docs/feedback.md tells the method."""

    industry: str
    days: int


_KNOWN: Final = f"""
    SELECT d.fraud_score, label.is_fraud, count(*) FROM {LABELLED}
    WHERE {WITHIN} AND d.effect NOT IN ('decline', 'allow', 'switch') GROUP BY 1, 2
"""  # noqa: S608  no value from outside
_LET_THROUGH: Final = f"""
    SELECT d.fraud_score, count(*) FROM {DECISIONS}
    WHERE {WITHIN} AND d.effect NOT IN ('decline', 'allow', 'switch') AND d.status <> 'declined'
      AND NOT EXISTS (SELECT FROM transactions_label l WHERE l.transaction_id = t.id) GROUP BY 1
"""  # noqa: S608  no value from outside


def advise_on(institution_id: int, vertical: str, days: int) -> VerticalAdvice | None:
    """On the thresholds in force; None before a ruleset with that vertical is published. Three
    queries."""
    config = verticals_in_force().get(vertical)
    if config is None:
        return None
    advice = threshold_advice(
        institution_id,
        last_days(days),
        vertical=vertical,
        review=config.review_threshold,
        current=config.fraud_score_threshold,
    )
    return VerticalAdvice(industry=vertical, days=days, **msgspec.structs.asdict(advice))


def threshold_advice(
    institution_id: int, period: Period, *, vertical: str, review: int, current: int
) -> Advice:
    """On one vertical's threshold; `review` and `current` are those in force. Two queries."""
    settled = Period(period.since, max(period.since, period.until - SETTLING))
    frauds: Counter[int] = Counter()
    genuine: Counter[int] = Counter()
    for score, fraud, number in rows(_KNOWN, institution_id, settled, vertical):
        (frauds if fraud else genuine)[score] += number
    for score, number in rows(_LET_THROUGH, institution_id, settled, vertical):
        genuine[score] += number
    return advise(frauds, genuine, review=review, current=current)


def advise(frauds: Counter[int], genuine: Counter[int], *, review: int, current: int) -> Advice:
    """From numbers of transactions by score.

    >>> scores = {score: 10 for score in range(40, 60)}
    >>> advise(Counter({70: 50}), Counter(scores), review=40, current=80).suggestion
    'decrease_threshold'
    """
    found = propose_threshold(
        frauds, genuine, lowest=review, current=current, missed_fraud=MISSED_FRAUD
    )
    best = current if found.value is None else round(found.value)
    reason = found.words if best == current else _reason(frauds, genuine, current, best)
    return Advice(
        suggestion=_suggestion(current, best),
        current_threshold=current,
        suggested_threshold=best,
        reason=reason,
        frauds=frauds.total(),
        genuine=genuine.total(),
    )


def _suggestion(current: int, best: int) -> Suggestion:
    if best == current:
        return "no_change"
    return "increase_threshold" if best > current else "decrease_threshold"


def _changed(scores: Counter[int], current: int, best: int) -> int:
    """How many would have ended otherwise."""
    low, high = sorted((current, best))
    return sum(number for score, number in scores.items() if low <= score < high)


def _reason(frauds: Counter[int], genuine: Counter[int], current: int, best: int) -> str:
    caught, stopped = _changed(frauds, current, best), _changed(genuine, current, best)
    if best < current:
        return (
            f"At {best} instead of {current}, {caught:,} more frauds would have been declined, "
            f"and {stopped:,} more genuine transactions with them."
        )
    return (
        f"At {best} instead of {current}, {stopped:,} fewer genuine transactions would have been "
        f"declined, and {caught:,} frauds let through."
    )
