"""The `sentinel` format: transactions in US dollars, judged by rules alone, each rule by its name.

Its own fields are native ones under names that the native decoder knows; what differs is two
defaults, the answer and the errors.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, Literal

import msgspec
from django.http import HttpRequest, HttpResponse, JsonResponse
from msgspec import Raw

from clients.authentication import Client
from foundation.errors import BadRequest, FieldError, Problem, problem_body
from intake.body import Parsed, kind_of, parse_json, parse_object
from intake.errors import fields_problem
from intake.formats.base import Decoded, Scored
from intake.formats.native import by_key, decode_fields
from intake.keyless import keyless_client
from rules.definition import Definition, PublishedRule, State
from rules.engine import CompiledBook, CompiledVertical
from rules.registry import book_for, exact_book
from scoring.formula import level_of

CURRENCY: Final = "USD"
FRAUDULENT_OVER: Final = 50.0
LARGEST_BATCH: Final = 500
LONGEST_NAME: Final = 255
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


class SentinelError(msgspec.Struct, frozen=True, kw_only=True):
    """A refusal: a sentence, and what is wrong with each field where fields are to blame."""

    error: str
    detail: list[FieldError]
    type: str
    request_id: str


class SentinelItemError(msgspec.Struct, frozen=True, kw_only=True):
    """Why a transaction of a batch has no decision."""

    transaction_id: str | None
    error: str
    detail: list[FieldError]
    type: str


class Sentinel:
    """See `WireFormat`. Without a key the setting SENTINEL_KEYLESS_INSTITUTION says who calls."""

    name = "sentinel"

    def client_of(self, request: HttpRequest) -> Client:
        if "HTTP_X_API_KEY" in request.META:
            return by_key(request)
        return keyless_client(request)

    def decode(self, body: bytes) -> Decoded:
        return _decode(parse_object(body))

    def encode(self, scored: Scored) -> bytes:
        return _encode(sentinel_answer(scored))

    def refuse(self, problem: Problem, request: HttpRequest) -> HttpResponse:
        headers = dict(problem.headers)
        if problem.status == 401:
            headers.setdefault("WWW-Authenticate", 'ApiKey realm="fraudshield"')
        body = {**_told(problem), "request_id": problem_body(problem, request)["request_id"]}
        return JsonResponse(body, status=problem.status, headers=headers)


class SentinelVertical(Sentinel):
    """The same transaction, answered by the threshold of its vertical."""

    def encode(self, scored: Scored) -> bytes:
        return _encode(vertical_answer(scored))


SENTINEL: Final = Sentinel()
SENTINEL_VERTICAL: Final = SentinelVertical()
_encode = msgspec.json.Encoder().encode


def _told(problem: Problem) -> Details:
    return {
        "error": problem.detail or problem.title,
        "detail": [asdict(error) for error in problem.errors],
        "type": problem.type,
    }


# --- In -------------------------------------------------------------------------------------
def _decode(parsed: Parsed) -> Decoded:
    """The native transaction: in dollars where no currency is named, and never with a model."""
    fields = {**parsed.fields, "use_ml": False}
    if fields.get("currency") is None:
        fields["currency"] = CURRENCY
    wrong = list(_merchant_faults(fields.get("merchant_name")))
    try:
        decoded = decode_fields(Parsed(fields, parsed.sound))
    except BadRequest as problem:
        named = {error.field for error in problem.errors}
        wrong = [*problem.errors, *(error for error in wrong if error.field not in named)]
    if wrong:
        raise fields_problem(wrong)
    return decoded


def _merchant_faults(name: object) -> Iterator[FieldError]:
    """The one field of this format that no feature stands behind: it is kept as it came."""
    if name is None or (isinstance(name, str) and len(name) <= LONGEST_NAME):
        return
    came = "a longer one" if isinstance(name, str) else kind_of(name)
    message = f"must be a text of at most {LONGEST_NAME} characters; got {came}"
    yield FieldError("merchant_name", message, "type")


def decode_batch(body: bytes) -> list[Decoded]:
    """The transactions of a list. Raises BadRequest naming every wrong field as `place.field`."""
    items, sound = parse_json(body)
    if not isinstance(items, list):
        detail = f"The body must be a list of transactions; got {kind_of(items)}."
        raise BadRequest(detail, type="not-a-list")
    if len(items) > LARGEST_BATCH:
        detail = f"A batch may have {LARGEST_BATCH:,} transactions at most; got {len(items):,}."
        raise BadRequest(detail, type="batch-too-large")
    decoded: list[Decoded] = []
    errors: list[FieldError] = []
    for place, item in enumerate(items):
        if not isinstance(item, dict):
            message = f"must be an object; got {kind_of(item)}"
            errors.append(FieldError(str(place), message, "type"))
            continue
        try:
            decoded.append(_decode(Parsed(item, sound)))
        except BadRequest as problem:
            errors += [_within(place, error) for error in problem.errors]
    if errors:
        raise fields_problem(errors)
    return decoded


def _within(place: int, error: FieldError) -> FieldError:
    return FieldError(f"{place}.{error.field}", error.message, error.code)


# --- Out ------------------------------------------------------------------------------------
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


def encode_batch(batch: Iterable[Decoded], outcomes: Iterable[Scored | Problem]) -> bytes:
    """{results, total} in the batch's order, encoded one by one: together they are large."""
    results = [
        Raw(_encode(_item(decoded, outcome)))
        for decoded, outcome in zip(batch, outcomes, strict=True)
    ]
    return _encode({"results": results, "total": len(results)})


def _item(decoded: Decoded, outcome: Scored | Problem) -> SentinelAnswer | Details:
    if isinstance(outcome, Scored):
        return sentinel_answer(outcome)
    return {"transaction_id": decoded.request.transaction_id, **_told(outcome)}


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
