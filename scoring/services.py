"""Score a transaction: the one way in, for every door, import and test."""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from time import perf_counter
from typing import Any

import msgspec
from django.db import (
    IntegrityError,
    InterfaceError,
    OperationalError,
    connection,
    transaction,
)

from clients.authentication import Client
from features.catalogue import CATALOGUE, compute_vector
from features.framework import Facts, Row, Value
from features.identifiers import PURPOSES
from features.vector import pack
from foundation.crypto import hash_versions
from foundation.errors import BadRequest, FieldError, Unavailable
from foundation.outbox import nudge
from intelligence.lookup import TEXTS, Listing
from intelligence.rates import current_rates
from rules.engine import CompiledBook, CompiledVertical, Evaluation, UnknownVerticalError
from rules.registry import book_for
from rules.switching.reading import Mode, Switched, read_switch
from scoring import metrics
from scoring.answers import Answer, answer_of
from scoring.consider import Ground, consider, hit_as_json
from scoring.decided import Decided
from scoring.events import DecisionMade
from scoring.formula import Verdict
from scoring.gather import Gathered, gather, look_up
from scoring.holding_out import is_held_out
from scoring.inputs import TransactionInput
from scoring.knowledge import Knowledge, learn
from scoring.prepare import Prepared, prepare
from scoring.repeats import repeat
from scoring.serving import hearing
from scoring.serving.factors import top_codes
from scoring.serving.hearing import Heard, hear
from scoring.serving.registry import models_for
from scoring.store import write

logger = logging.getLogger(__name__)

KEY_CONSTRAINT = "transactions_transactionkey_pkey"


def score_transaction(
    *,
    client: Client,
    request: TransactionInput,
    source: str,
    idempotency_key: str | None = None,
    imported: bool = False,
) -> Answer:
    """Decide, store, and return the decision; for a repeated request the stored one.

    Two SQL statements, one SELECT and one write, and between them a trip to Redis. Nothing is
    answered that is not stored. Raises BadRequest (future event, unknown vertical), Conflict (the
    same transaction_id or Idempotency-Key with other fields), Unavailable (database down, nothing
    published).

    Concurrent requests with one key: all but the first wait in the write for the first to commit,
    then answer with its decision.
    """
    marks = [perf_counter()]
    prepared = prepare(
        client, request, idempotency_key=idempotency_key, received_at=datetime.now(UTC)
    )
    try:
        return _score(prepared, source, imported, marks)
    except (OperationalError, InterfaceError) as error:
        logger.warning("database unavailable: %s", type(error).__name__)
        # A connection lost during the write does not tell whether the write was still committed.
        raise Unavailable(
            "The database does not answer, so there is no decision to give. Repeat the request: "
            "under its transaction_id or Idempotency-Key it counts once."
        ) from error


def _score(prepared: Prepared, source: str, imported: bool, marks: list[float]) -> Answer:
    marks.append(perf_counter())
    gathered = gather(prepared.question)
    marks.append(perf_counter())
    if gathered.stored_by_id or gathered.stored_by_key:
        return repeat(prepared)
    book, vertical = _rules_for(prepared, gathered)
    # Recorded history obeys no switch.
    switch = None if imported else read_switch(gathered.switch, prepared.received_at.timestamp())
    known = learn(prepared, gathered)
    marks.append(perf_counter())
    values, beaten = compute_vector(facts_of(prepared, known.features))
    marks.append(perf_counter())
    heard = _models_say(prepared, gathered, values, switch)
    marks.append(perf_counter())
    ground = _ground(prepared, vertical, values, gathered.listings, heard.score, switch)
    evaluation, verdict = consider(ground)
    marks.append(perf_counter())
    decision = _decision(prepared, book, ground, beaten, evaluation, verdict, known, heard)
    event = _event(prepared, decision, evaluation, imported)
    marks.append(perf_counter())
    try:
        _write(prepared, gathered, decision, event, source)
    except IntegrityError as error:
        if KEY_CONSTRAINT not in str(error):
            raise
        return repeat(prepared)
    marks.append(perf_counter())
    nudge()
    _count(decision, prepared, evaluation, marks)
    return answer_of(decision, prepared.external_id, replayed=False)


def facts_of(prepared: Prepared, gathered: Mapping[str, Value]) -> Facts:
    """What the features are computed from. `gathered` is what we know ourselves, by feature."""
    request = prepared.request
    supplied: dict[str, Value] = {
        **request.supplied,
        "amount": request.amount,
        "currency": prepared.currency,
        "industry": request.vertical,
    }
    if request.transaction_type is not None:
        supplied["transaction_type"] = request.transaction_type
    return Facts(
        occurred_at=prepared.occurred_at,
        supplied=supplied,
        gathered=gathered,
        hashes={name: value.hex() for name, value in prepared.hashes.items()},
        raw=prepared.raw,
        timestamped=request.occurred_at is not None,
        utc_offset_minutes=request.utc_offset_minutes,
    )


def _rules_for(prepared: Prepared, gathered: Gathered) -> tuple[CompiledBook, CompiledVertical]:
    if gathered.ruleset_number is None:
        raise Unavailable("No ruleset is published yet; run the command load_rules.")
    book = book_for(gathered.ruleset_number)
    try:
        return book, book.vertical(prepared.request.vertical)
    except UnknownVerticalError:
        message = f"must be one of {', '.join(sorted(book.configs))}"
        errors = [FieldError("industry", message, "choice")]
        raise BadRequest(f"industry {message}.", errors=errors) from None


def _models_say(
    prepared: Prepared, gathered: Gathered, values: Row, switch: Switched | None
) -> Heard:
    if not prepared.request.use_ml or (switch is not None and switch.mode is Mode.RULES_ONLY):
        return hearing.NOTHING
    heard = hear(
        models_for(gathered.models_revision),
        values,
        customer_hash=prepared.hashes["user_id"],
        vertical=prepared.request.vertical,
    )
    if heard.failed:
        metrics.DEGRADED.labels("model").inc()
    return heard


def _ground(
    prepared: Prepared,
    vertical: CompiledVertical,
    values: Row,
    listings: tuple[Listing, ...],
    ml_score: float | None,
    switch: Switched | None,
) -> Ground:
    return Ground(
        vertical=vertical,
        values=values,
        currency=prepared.currency,
        rates=current_rates().into(
            prepared.currency, vertical.required_currencies, prepared.occurred_at
        ),
        listings=listings + _further_listings(prepared, vertical, values),
        customer_hash=prepared.hashes["user_id"],
        ml_score=ml_score,
        held_out=is_held_out(prepared),
        switch=switch,
    )


def _further_listings(
    prepared: Prepared, vertical: CompiledVertical, values: Row
) -> tuple[Listing, ...]:
    """Lists of texts that are not looked up for every transaction, but that a rule asks for.

    One query where there is such a rule and such a text, else none.
    """
    texts = {}
    for feature in _further_texts(vertical.listed_pairs):
        value = values[CATALOGUE.index[feature]]
        if isinstance(value, str):
            texts[feature] = value
    return look_up(texts, prepared.client.institution_id) if texts else ()


@lru_cache(maxsize=64)
def _further_texts(listed_pairs: frozenset[tuple[str, str]]) -> tuple[str, ...]:
    """Features that rules look up and gather does not: neither identifiers nor the usual texts."""
    features = {feature for feature, _ in listed_pairs}
    return tuple(sorted(features - PURPOSES.keys() - set(TEXTS)))


def _decision(
    prepared: Prepared,
    book: CompiledBook,
    ground: Ground,
    beaten: Mapping[str, Any],
    evaluation: Evaluation,
    verdict: Verdict,
    known: Knowledge,
    heard: Heard,
) -> Decided:
    numbers, texts = pack(ground.values)
    return Decided(
        transaction_id=prepared.id,
        institution_id=prepared.client.institution_id,
        decided_at=datetime.now(UTC),
        status=verdict.status,
        risk_level=verdict.level,
        fraud_score=verdict.fraud_score,
        rule_score=verdict.rule_score,
        ml_score=heard.score,
        ml_probability=heard.probability,
        effect=verdict.effect,
        degraded=[*known.degraded, *(("model",) if heard.failed else ())],
        use_ml=prepared.request.use_ml,
        hits=[hit_as_json(hit) for hit in evaluation.hits],
        shadow_hits=[hit_as_json(hit) for hit in evaluation.shadow_hits],
        ruleset_number=book.number,
        model_version=heard.version,
        catalogue_version=CATALOGUE.version,
        hash_version=hash_versions()[0],
        numbers=numbers,
        texts=texts,
        inputs={
            "rates": dict(ground.rates),
            "listed": sorted(entry[:3] for entry in ground.listings),
            "computed": dict(beaten),
            "rule_errors": [error.code for error in evaluation.errors],
            **({"late": True} if known.late else {}),
            **({"recorded_as": known.recorded_as} if known.recorded_as else {}),
            **({"high": True} if known.high else {}),
            **heard.inputs,
            **({"switch": msgspec.to_builtins(ground.switch)} if ground.switch else {}),
            **_factors(heard, ground, verdict),
        },
    )


def _factors(heard: Heard, ground: Ground, verdict: Verdict) -> dict[str, list[str]]:
    """What raised the model's score most, of a flagged decision; of others nobody asks at once."""
    if heard.detector is None or verdict.status == "approved":
        return {}
    return {"ml_factors": top_codes(heard.detector.moved_by(ground.values))}


def _event(
    prepared: Prepared, decision: Decided, evaluation: Evaluation, imported: bool
) -> DecisionMade:
    return DecisionMade(
        transaction=str(prepared.id),
        institution=prepared.client.institution_id,
        vertical=prepared.request.vertical,
        status=decision.status,
        fraud_score=decision.fraud_score,
        ruleset=decision.ruleset_number,
        day=prepared.occurred.date().isoformat(),
        hits=tuple(hit.code for hit in evaluation.hits),
        shadow_hits=tuple(hit.code for hit in evaluation.shadow_hits),
        rule_errors=tuple(error.code for error in evaluation.errors),
        imported=imported,
        degraded=tuple(decision.degraded),
        model=decision.model_version,
    )


def _write(
    prepared: Prepared, gathered: Gathered, decision: Decided, event: DecisionMade, source: str
) -> None:
    if connection.in_atomic_block:  # the caller's transaction must survive a duplicate
        with transaction.atomic():
            write(prepared, gathered, decision, event, source=source)
    else:
        write(prepared, gathered, decision, event, source=source)


def _count(
    decision: Decided, prepared: Prepared, evaluation: Evaluation, marks: list[float]
) -> None:
    metrics.checks_counter(prepared.request.vertical, decision.status).inc()
    metrics.FRAUD_SCORE.observe(decision.fraud_score)
    metrics.observe_stages(marks)
    for error in evaluation.errors:
        metrics.RULE_ERRORS.labels(error.code).inc()
