"""The `gateway` format: PaySim-shaped transactions, one or a batch, with a prediction for each.

What a transaction's fields mean is said once, where files of them are imported
(`intake.imports.paysim`); every other field is a native one under its own name.
"""

from collections.abc import Mapping
from typing import Any, Final, Literal, Protocol

import msgspec
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse

from clients.authentication import Client
from features.supplied import parse_moment
from foundation.errors import BadRequest, FieldError, Problem, problem_body
from intake.body import Parsed, kind_of, parse_object
from intake.errors import Wrong, fields_problem, under_names
from intake.fields import FIELDS
from intake.formats.base import Decoded
from intake.formats.batches import decode_each
from intake.formats.native import by_key, convert_field, decode_fields
from intake.imports.paysim import BALANCES, LABELS, PaySim, read_transaction

LARGEST_BATCH: Final = 1_000

_TAKEN: Final = frozenset({"type", "amount", "nameOrig", "nameDest", *BALANCES})
_DROPPED: Final = frozenset({"epoch", *LABELS})
"""Not kept with a transaction: labels are told by feedback, never by the transaction itself."""


_OWN: Final = _TAKEN | _DROPPED


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """The prediction for one transaction. `prediction` is 1 for whatever was declined and from a
    probability of one half on; `confidence` is the probability's larger side."""

    transaction_id: str
    fraud_probability: float
    prediction: Literal[0, 1]
    risk_level: str
    confidence: float
    model_version: str
    status: str


class Outcome(Protocol):
    """What an answer and a stored decision have in common."""

    @property
    def status(self) -> str: ...
    @property
    def risk_level(self) -> str: ...
    @property
    def fraud_score(self) -> int: ...
    @property
    def ml_probability(self) -> float | None: ...
    @property
    def model_version(self) -> str: ...


def result_of(transaction_id: str, outcome: Outcome, *, ruleset: int) -> Result:
    """Without a model the score stands in for the probability, and the ruleset for its version."""
    probability = outcome.ml_probability
    if probability is None:
        probability = outcome.fraud_score / 100
    suspicious = outcome.status == "declined" or probability >= 0.5
    return Result(
        transaction_id=transaction_id,
        fraud_probability=probability,
        prediction=1 if suspicious else 0,
        risk_level=outcome.risk_level,
        confidence=max(probability, 1 - probability),
        model_version=outcome.model_version or f"ruleset-{ruleset}",
        status=outcome.status,
    )


def decode_batch(body: bytes) -> list[Decoded]:
    """The transactions of a batch. Raises BadRequest naming every wrong field of every one."""
    parsed = parse_object(body)
    items = parsed.fields.get("transactions")
    if not isinstance(items, list):
        came = "nothing" if "transactions" not in parsed.fields else kind_of(items)
        raise fields_problem([FieldError("transactions", f"must be a list; got {came}", "type")])
    if not 1 <= len(items) <= LARGEST_BATCH:
        message = f"must hold 1 to {LARGEST_BATCH:,} transactions; got {len(items):,}"
        raise fields_problem([FieldError("transactions", message, "length")])
    epoch = _epoch_of(parsed.fields)
    sound = parsed.sound
    return decode_each(items, lambda item: _decode(item, sound, epoch), at="transactions.")


def decode_one(parsed: Parsed) -> Decoded:
    """A single transaction. Raises BadRequest naming every wrong field."""
    return _decode(parsed.fields, parsed.sound, settings.GATEWAY_EPOCH)


def _epoch_of(fields: Mapping[str, Any]) -> float | None:
    """Where steps begin, in seconds since 1970; None when nobody says."""
    given = fields.get("epoch")
    if given is None:
        epoch: float | None = settings.GATEWAY_EPOCH
        return epoch
    try:
        return parse_moment(convert_field(FIELDS["occurred_at"], given)).epoch
    except (Wrong, ValueError) as wrong:
        raise fields_problem([FieldError("epoch", str(wrong), "format")]) from None


def _decode(item: Mapping[str, Any], sound: bool, epoch: float | None) -> Decoded:
    if item.get("epoch") is not None:
        epoch = _epoch_of(item)
    body, faults = read_transaction(item, epoch)
    errors = [FieldError(fault.column, fault.reason, "value") for fault in faults]
    others = {name: v for name, v in item.items() if name not in _OWN}
    errors += [
        FieldError(name, "says again what a field of this format says", "conflict")
        for name in sorted(others.keys() & (body.keys() - {"industry"}))
    ]
    if others.keys() & {"industry", "vertical"}:
        del body["industry"]  # what the client says outranks the format's own
    try:
        decoded = decode_fields(Parsed({**body, **others}, sound))
    except BadRequest as problem:
        named = {error.field for error in errors}
        others_wrong = under_names(problem.errors, PaySim.names)
        errors += [error for error in others_wrong if error.field not in named]
    if errors:
        raise fields_problem(errors)
    return Decoded(decoded.request, {**decoded.names, **PaySim.names})


class Gateway:
    """See `Manners`. The key is the same as in the native format."""

    name = "gateway"

    def client_of(self, request: HttpRequest) -> Client:
        return by_key(request)

    def refuse(self, problem: Problem, request: HttpRequest) -> HttpResponse:
        """{error, detail, status, request_id} and, where fields are wrong, errors."""
        native = problem_body(problem, request)
        kept = ("detail", "status", "request_id", "errors")
        body = {"error": problem.type, **{name: native[name] for name in kept if name in native}}
        headers = dict(problem.headers)
        if problem.status == 401:
            headers.setdefault("WWW-Authenticate", 'ApiKey realm="fraudshield"')
        return JsonResponse(body, status=problem.status, headers=headers)


GATEWAY: Final = Gateway()
