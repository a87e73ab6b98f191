"""What the `sentinel` format tells of a decision: each rule by its name, passed or not."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, Literal

import msgspec
from msgspec import Raw

from intake.formats.base import Scored
from rules.definition import Definition, PublishedRule, State
from rules.engine import CompiledBook, CompiledVertical
from rules.registry import book_for, exact_book
from scoring.formula import level_of

FRAUDULENT_OVER: Final = 50.0
DECIDING: Final = frozenset({State.LIVE, State.CANARY})
"""States of the rules that clients are told of as evaluated; shadow rules are our own affair."""

Level = Literal["low", "medium", "high", "critical"]
Details = dict[str, Any]


class RuleDetail(msgspec.Struct, frozen=True, kw_only=True):
    """One evaluated rule. `risk_score` 0 to 100 before weight, 0 when it passed; confidence 0 to 1.

    `rule_id` is the class that the rule had in Sentinel, or our code for rules that it did not have
    and for entries of lists.
    """

    rule_name: str
    rule_id: str
    passed: bool
    risk_score: float
    risk_level: str
    reason: str
    confidence: float
    details: Details


class SentinelAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A decision. `final_fraud_score` is what the rules say, 0 to 100; fraudulent is a score over
    50. `risk_level`: critical from 80, high from 60, medium from 40.

    `status` is what was decided: effects of rules and lists, and the vertical's own thresholds,
    stand above the score.
    """

    transaction_id: str
    final_fraud_score: float
    is_fraudulent: bool
    risk_level: Level
    rules_triggered: int
    total_rules_evaluated: int
    rule_details: tuple[RuleDetail, ...]
    timestamp: datetime
    status: Literal["approved", "review", "declined"]


class VerticalAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A decision by the vertical's threshold, which the rounded score is compared with.

    `triggered_rules` are rule_ids.
    """

    transaction_id: str
    vertical: str
    is_fraudulent: bool
    final_fraud_score: float
    threshold: int
    triggered_rules: list[str]
    timestamp: datetime
    status: Literal["approved", "review", "declined"]


_encode = msgspec.json.Encoder().encode


def sentinel_answer(scored: Scored) -> SentinelAnswer:
    """The decision with every rule; of a repeat, by the ruleset that decided then."""
    answer = scored.answer
    vertical = _book_of(answer.ruleset).vertical(scored.request.vertical)
    details = _rule_details(vertical, answer.stored.hits, answer.stored.inputs)
    return SentinelAnswer(
        transaction_id=answer.transaction_id,
        final_fraud_score=answer.rule_score,
        is_fraudulent=answer.rule_score > FRAUDULENT_OVER,
        risk_level=level_of(int(answer.rule_score)),
        rules_triggered=len(answer.flags),
        total_rules_evaluated=len(details),
        rule_details=details,  # type: ignore[arg-type]  # some are encoded already
        timestamp=answer.decided_at,
        status=answer.status,  # type: ignore[arg-type]
    )


def vertical_answer(scored: Scored) -> VerticalAnswer:
    """The decision by its vertical's threshold; of a repeat, by the one that held then."""
    answer = scored.answer
    vertical = _book_of(answer.ruleset).vertical(scored.request.vertical)
    threshold = vertical.config.fraud_score_threshold
    names = rule_ids(vertical)
    return VerticalAnswer(
        transaction_id=answer.transaction_id,
        vertical=scored.request.vertical,
        is_fraudulent=answer.fraud_score >= threshold,
        final_fraud_score=answer.rule_score,
        threshold=threshold,
        triggered_rules=[names.get(flag.rule, flag.rule) for flag in answer.flags],
        timestamp=answer.decided_at,
        status=answer.status,  # type: ignore[arg-type]
    )


def _book_of(number: int) -> CompiledBook:
    """The very ruleset that decided: a repeat is told what was told the first time."""
    book = book_for(number)
    return book if book.number == number else exact_book(number)


def _rule_details(
    vertical: CompiledVertical, hits: Sequence[Details], inputs: Mapping[str, Any]
) -> tuple[RuleDetail | Raw, ...]:
    """Each rule that was evaluated, in the ruleset's order; after them, entries of lists that
    spoke without a rule. A rule that failed was not evaluated."""
    passed = _passed(vertical)
    by_rule = {hit["code"]: hit for hit in hits if hit["code"] in passed}
    failed = set(inputs.get("rule_errors", ())) - by_rule.keys()
    names = rule_ids(vertical)
    return (
        *(
            _failed(by_rule[code], names[code]) if code in by_rule else detail
            for code, detail in passed.items()
            if code not in failed
        ),
        *(_failed(hit, hit["code"]) for hit in hits if hit["code"] not in passed),
    )


def _failed(hit: Details, rule_id: str) -> RuleDetail:
    return RuleDetail(
        rule_name=hit["name"],
        rule_id=rule_id,
        passed=False,
        risk_score=round(hit["score"], 2),
        risk_level=hit["severity"],
        reason=hit["reason"],
        confidence=hit["confidence"],
        details=_details(hit),
    )


@lru_cache(maxsize=64)  # by the compiled vertical itself: as many as are in memory
def _passed(vertical: CompiledVertical) -> dict[str, Raw]:
    """By code, what is told of each rule that did not fire: made and encoded once."""
    return {
        rule.published.code: Raw(_encode(_pass(rule.published, rule.weight)))
        for rule in vertical.rules
        if rule.published.state in DECIDING
    }


def _pass(rule: PublishedRule, weight: float) -> RuleDetail:
    known = rule.definition
    return RuleDetail(
        rule_name=known.name,
        rule_id=rule_id_of(rule.code, known),
        passed=True,
        risk_score=0.0,
        risk_level="low",
        reason="Nothing found",
        confidence=known.confidence,
        details=_details({**known.as_dict(), "version": rule.version, "weight": weight}),
    )


def _details(known: Mapping[str, Any]) -> Details:
    told = ("category", "flag_type", "severity", "effect", "weight", "version")
    return {name: known[name] for name in told}


@lru_cache(maxsize=64)
def rule_ids(vertical: CompiledVertical) -> dict[str, str]:
    """What this format calls each of the vertical's rules, by our code."""
    rules = (rule.published for rule in vertical.rules)
    return {rule.code: rule_id_of(rule.code, rule.definition) for rule in rules}


def rule_id_of(code: str, definition: Definition) -> str:
    return definition.sentinel_id or code
