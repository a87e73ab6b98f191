"""The `sentra` format: bearer tokens, a telephone number for a customer, a word of advice back.

Errors are `{"error": slug, "detail": sentence, "request_id": id}`, with `fields` [{field, message,
code}] where fields are named.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final, Literal

import msgspec
from django.http import HttpRequest, HttpResponse, JsonResponse

from clients.authentication import Client
from clients.credentials import client_by_token
from features.framework import Value
from features.identifiers import normal_form
from features.vector import by_name
from foundation.errors import BadRequest, FieldError, Problem
from intake.body import kind_of, parse_object
from intake.errors import fields_problem, under_names
from intake.formats.base import Decoded, Scored
from intake.formats.native import decode_fields
from intake.places import place_before
from scoring.decided import Decided
from scoring.models import Decision

DEFAULT_VERTICAL: Final = "mobile_money"
LONGEST_LOCATION: Final = 200
RECOMMENDATIONS: Final[Mapping[str, str]] = {
    "approved": "APPROVE",
    "review": "FLAG",
    "declined": "BLOCK",
}
_CUSTOMERS: Final = ("phone_number", "phone", "device_id")
"""Who stands for the customer where no `user_id` is given; the first that is there."""

_COORDINATES: Final = re.compile(
    r"\s*(-?\d{1,2}(?:\.\d+)?)\s*,\s*(-?\d{1,3}(?:\.\d+)?)\s*"
).fullmatch


class Signals(msgspec.Struct, frozen=True):
    """0 (nothing unusual, or nothing known) to 1. Made of our features; no rule reads them."""

    velocity: float
    amount_anomaly: float
    device_new: float
    location_change: float


class SentraAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A decision. `recommendation` follows the status, not the level."""

    transaction_id: str
    risk_score: int
    risk_level: Literal["LOW", "MEDIUM", "HIGH", "CRITICAL"]
    signals: Signals
    recommendation: Literal["APPROVE", "FLAG", "BLOCK"]
    processing_time_ms: float


class Sentra:
    """See `WireFormat`."""

    name = "sentra"

    def decode(self, body: bytes) -> Decoded:
        parsed = parse_object(body)
        fields = {**parsed.fields}
        _check_location(fields.get("location"))
        _put_place(fields)
        customer = _put_customer(fields)
        if fields.get("industry") is None and fields.get("vertical") is None:
            fields["industry"] = DEFAULT_VERTICAL
        names = {"user_id": customer} if customer else {}
        try:
            decoded = decode_fields(parsed._replace(fields=fields))
        except BadRequest as problem:
            if not problem.errors:
                raise
            raise fields_problem(under_names(problem.errors, names)) from None
        return Decoded(decoded.request, {**decoded.names, **names})

    def encode(self, scored: Scored) -> bytes:
        answer = scored.answer
        return _encode(
            SentraAnswer(
                transaction_id=answer.transaction_id,
                risk_score=answer.fraud_score,
                risk_level=answer.risk_level.upper(),  # type: ignore[arg-type]
                signals=signals_of(answer.stored, scored.request.extras.get("location")),
                recommendation=RECOMMENDATIONS[answer.status],  # type: ignore[arg-type]
                processing_time_ms=round(scored.milliseconds, 2),
            )
        )

    def client_of(self, request: HttpRequest) -> Client:
        """By bearer token; without one, an API key does as well."""
        return client_by_token(request.META)

    def refuse(self, problem: Problem, request: HttpRequest) -> HttpResponse:
        headers = dict(problem.headers)
        if problem.status == 401:
            headers.setdefault("WWW-Authenticate", 'Bearer realm="fraudshield"')
        return JsonResponse(_error_body(problem, request), status=problem.status, headers=headers)


SENTRA = Sentra()
_encode = msgspec.json.Encoder().encode


def _error_body(problem: Problem, request: HttpRequest) -> dict[str, Any]:
    body: dict[str, Any] = {
        "error": problem.type,
        "detail": problem.detail or problem.title,
        "request_id": getattr(request, "request_id", ""),
    }
    if problem.errors:
        body["fields"] = [asdict(error) for error in problem.errors]
    return body


# -- in ----------------------------------------------------------------------------------------


def _put_customer(fields: dict[str, Any]) -> str | None:
    """Names the customer, and returns the field that did so; None where the client named one.

    A value of the wrong kind is put in as it is: the decoder says what is wrong with it.
    """
    if any(fields.get(name) is not None for name in ("user_id", "customer_id")):
        return None
    for name in _CUSTOMERS:
        value = fields.get(name)
        if value is None or value == "":
            continue
        known_as = "device_id" if name == "device_id" else "phone"
        normal = normal_form(known_as, value) if isinstance(value, str) else None
        fields["user_id"] = normal or value
        return name
    return _CUSTOMERS[0]


def _check_location(value: Any) -> None:
    if value is None or (isinstance(value, str) and len(value) <= LONGEST_LOCATION):
        return
    message = f"must be a text of at most {LONGEST_LOCATION} characters"
    if not isinstance(value, str):
        message += f"; got {kind_of(value)}"
    raise fields_problem([FieldError("location", message, "type")])


def _put_place(fields: dict[str, Any]) -> None:
    """Coordinates given as a location ("-1.29, 36.82") count as such; a name stays a name."""
    match = _COORDINATES(fields.get("location") or "")
    if match is None or "latitude" in fields or "longitude" in fields:
        return
    latitude, longitude = float(match[1]), float(match[2])
    if abs(latitude) <= 90 and abs(longitude) <= 180:
        fields["latitude"], fields["longitude"] = latitude, longitude


# -- out ---------------------------------------------------------------------------------------


def signals_of(decision: Decision | Decided, location: Any) -> Signals:
    """Features of the decision pressed into 0 to 1; what is not known is 0."""
    known = by_name(decision.numbers, decision.texts, decision.catalogue_version)
    return Signals(
        velocity=_rising(_number(known, "transactions_last_hour") - 1, half=5),
        amount_anomaly=_rising(_number(known, "amount_zscore"), half=3),
        device_new=_device_new(known),
        location_change=_location_change(known, decision, location),
    )


def _rising(value: float, *, half: float) -> float:
    """0 up to zero, 0.5 at `half`, towards 1 beyond."""
    return round(value / (value + half), 4) if value > 0 else 0.0


def _number(known: Mapping[str, Value], name: str) -> float:
    value = known.get(name)
    return float(value) if isinstance(value, (int, float)) and math.isfinite(value) else 0.0


def _device_new(known: Mapping[str, Value]) -> float:
    """1 for one that the customer, or we, never saw; else halved with every week of its age."""
    if known.get("device_is_new"):
        return 1.0
    age = known.get("device_age_days")
    if isinstance(age, (int, float)):
        return round(float(0.5 ** (age / 7)), 4)
    return 1.0 if "device_id" in known and "device_is_new" not in known else 0.0


def _location_change(
    known: Mapping[str, Value], decision: Decision | Decided, location: Any
) -> float:
    """By distance from the customer's last place where both are known, 0.5 at 100 km; else by the
    words that the two names do not share. One query for a name."""
    if "distance_from_last_location_km" in known:
        return _rising(_number(known, "distance_from_last_location_km"), half=100)
    if not isinstance(location, str) or not location.strip():
        return 0.0
    before = place_before(decision.institution_id, decision.transaction_id)
    return _difference(location, before) if before else 0.0


def _difference(one: str, other: str) -> float:
    """The share of words that only one of the two has.

    >>> _difference("Ikeja, Lagos", "LAGOS")
    0.5
    """
    left, right = _words(one), _words(other)
    return round(len(left ^ right) / len(left | right), 4) if left | right else 0.0


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.casefold()))
