"""Deciding: a batch, one transaction with findings on its data, the prediction for one."""

from time import perf_counter
from typing import Final

import msgspec
from django.http import HttpRequest, HttpResponse

from clients.authentication import Client
from clients.errors import ScopeMissing
from clients.models import Scope
from foundation.errors import BadRequest, FieldError, NotFound, Problem
from intake.batches import decide_batch, first_problem
from intake.body import Parsed, parse_object, read_body
from intake.doors import decide, idempotency_key, with_headers
from intake.formats.base import Decoded, Scored
from intake.formats.gateway import (
    GATEWAY,
    Result,
    decode_batch,
    decode_one,
    result_of,
)
from intake.formats.native import NATIVE, NativeAnswer, decode_fields, native_answer
from intake.quality import DataQuality, assess
from intake.queries import transaction_of
from intake.views.answers import json_answer
from intake.views.gateway.listing import StoredPrediction, stored_prediction
from scoring.answers import Answer

_KEPT: Final = frozenset({"step"})
"""Fields of the format that no feature reads, kept so that they can be shown."""


class Undecided(msgspec.Struct, frozen=True, kw_only=True):
    """A transaction of a batch that has no decision: its place from 0, and why."""

    index: int
    transaction_id: str | None
    status: int
    error: str
    detail: str


class BatchAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """`total` counts the transactions that were sent: results and errors together."""

    results: list[Result]
    errors: list[Undecided]
    total: int
    processing_time_ms: float


class Ingested(Result, frozen=True, kw_only=True):
    """A stored transaction's prediction and what is odd about its data."""

    data_quality: DataQuality
    processing_time_ms: float


class NativeIngested(NativeAnswer, frozen=True, kw_only=True):
    """A decision, and what is odd about the data that it was made on."""

    data_quality: DataQuality


def score(request: HttpRequest, client: Client) -> HttpResponse:
    """A batch's predictions, in its order.

    A field that is wrong refuses the whole batch before any of it is stored. What only shows while
    deciding refuses its own transaction alone, in `errors`, unless it refuses all of them.
    """
    started = perf_counter()
    batch = [with_headers(one, request) for one in decode_batch(read_body(request))]
    outcomes = decide_batch(client, batch, GATEWAY.name, idempotency_key(request))
    problem = first_problem(outcomes)
    if problem is not None:
        raise problem
    answer = BatchAnswer(
        results=[_result(one.answer) for one in outcomes if isinstance(one, Scored)],
        errors=[
            _undecided(place, batch[place], one)
            for place, one in enumerate(outcomes)
            if isinstance(one, Problem)
        ],
        total=len(batch),
        processing_time_ms=_milliseconds_since(started),
    )
    return json_answer(answer)


def _result(answer: Answer) -> Result:
    return result_of(answer.transaction_id, answer, ruleset=answer.ruleset)


def _undecided(place: int, decoded: Decoded, problem: Problem) -> Undecided:
    return Undecided(
        index=place,
        transaction_id=decoded.request.transaction_id,
        status=problem.status,
        error=problem.type,
        detail=problem.detail,
    )


def ingest(request: HttpRequest, client: Client) -> HttpResponse:
    """Store and decide one transaction of the format: 201, or 200 when it was there already."""
    started = perf_counter()
    decoded = decode_one(parse_object(read_body(request)))
    answer = _decide(request, client, decoded, GATEWAY.name)
    body = Ingested(
        **msgspec.structs.asdict(_result(answer)),
        data_quality=assess(decoded, own=_KEPT),
        processing_time_ms=_milliseconds_since(started),
    )
    return _stored(answer, body)


def ingest_native(request: HttpRequest, client: Client) -> HttpResponse:
    """The same for a native transaction."""
    decoded = decode_fields(parse_object(read_body(request)))
    answer = _decide(request, client, decoded, NATIVE.name)
    native = msgspec.structs.asdict(native_answer(answer))
    return _stored(answer, NativeIngested(**native, data_quality=assess(decoded)))


def predict(request: HttpRequest, client: Client) -> HttpResponse:
    """The prediction for a transaction, which is sent whole (201, stored with it) or, when it is
    stored already, by its id alone (200), for which the key must have the scope `read` as well.

    Predictions of somebody else are not taken: whatever the body says of one, ours is answered.
    """
    parsed = parse_object(read_body(request))
    if not parsed.fields.keys() & {"nameOrig", "amount", "type"}:
        return json_answer(_known(parsed, client))
    answer = _decide(request, client, decode_one(parsed), GATEWAY.name)
    result = msgspec.structs.asdict(_result(answer))
    return _stored(answer, StoredPrediction(**result, timestamp=answer.decided_at))


def _known(parsed: Parsed, client: Client) -> msgspec.Struct:
    if Scope.READ not in client.scopes:
        raise ScopeMissing(Scope.READ)
    given = parsed.fields.get("transaction_id")
    if not isinstance(given, str | int) or isinstance(given, bool) or not _sane(str(given)):
        message = "must be the id of a stored transaction, unless the whole transaction is sent"
        errors = [FieldError("transaction_id", message, "missing")]
        raise BadRequest(f"transaction_id {message}.", type="invalid-fields", errors=errors)
    row = transaction_of(client.institution_id, str(given))
    if row is None:
        raise NotFound("There is no transaction of this ID.")
    return stored_prediction(row)


def _sane(text: str) -> bool:
    return 1 <= len(text) <= 128 and text.isprintable()


def _decide(request: HttpRequest, client: Client, decoded: Decoded, source: str) -> Answer:
    return decide(client, with_headers(decoded, request), source, idempotency_key(request))


def _stored(answer: Answer, body: msgspec.Struct) -> HttpResponse:
    response = json_answer(body, status=200 if answer.replayed else 201)
    if answer.replayed:
        response.headers["Idempotent-Replayed"] = "true"
    return response


def _milliseconds_since(started: float) -> float:
    return round((perf_counter() - started) * 1_000, 3)
