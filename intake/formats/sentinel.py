"""The `sentinel` format: transactions in US dollars, judged by rules alone, each rule by its name.

Its own fields are native ones under names that the native decoder knows; what differs is two
defaults, the answer and the errors.
"""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any, Final

import msgspec
from django.http import HttpRequest, HttpResponse, JsonResponse
from msgspec import Raw

from clients.authentication import Client
from foundation.errors import BadRequest, FieldError, Problem, problem_body
from intake.body import Parsed, kind_of, parse_json, parse_object
from intake.errors import fields_problem
from intake.formats.base import Decoded, Scored
from intake.formats.batches import decode_each
from intake.formats.native import by_key, decode_fields
from intake.formats.sentinel_answers import SentinelAnswer, sentinel_answer, vertical_answer
from intake.keyless import keyless_client

CURRENCY: Final = "USD"
LARGEST_BATCH: Final = 500
LONGEST_NAME: Final = 255

Details = dict[str, Any]


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
        # A token that is sent says whose the transaction is, and must not be passed over.
        if request.META.keys() & {"HTTP_X_API_KEY", "HTTP_AUTHORIZATION"}:
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
        if not problem.errors:
            raise
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
    return decode_each(items, lambda item: _decode(Parsed(item, sound)))


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
