"""The `native` format: the one real implementation, which all others translate to.

Decoding has two paths to one result. The fast one converts the whole request at once and knows only
that something is wrong; then the careful one goes field by field and says all that is.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Literal

import msgspec
from django.http import HttpRequest, HttpResponse

from clients.authentication import Client
from clients.credentials import client_by_key
from features.aliases import ALIASES, Conflict, canonicalise
from features.framework import Value
from features.supplied import parse_moment, read
from foundation.errors import FieldError, Problem, problem_response
from intake.body import Parsed, kind_of, parse_object
from intake.errors import Wrong, fields_problem
from intake.extras import read_extras, scalar_fault
from intake.fields import CHECKS, FIELDS, LISTS, PLAIN, REQUIRED, TEXTS, Field, FraudCheck
from intake.formats.base import Decoded, Scored
from intake.pan import SHORTEST, mask_card_numbers
from scoring.answers import Answer, Flag
from scoring.inputs import WEBHOOK_FIELD, TransactionInput

Fields = dict[str, Any]


class NativeAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A decision. Scores 0 to 100, probability 0 to 1; `timestamp` is when it was made, in UTC.

    `rule_score` is what the rules say, `ml_score` the model, `fraud_score` both together. Without a
    model the latter two are null and the rules decide alone. `degraded` names parts that were out
    of order; `ruleset` and `model_version` say what decided, `switch` an operator's switch that was
    on. `unknown_fields` of the request were kept and judged by no rule: a misspelt name is found
    there.
    """

    transaction_id: str
    fraud_score: int
    risk_level: Literal["low", "medium", "high", "critical"]
    status: Literal["approved", "review", "declined"]
    rule_score: float
    ml_score: float | None
    ml_probability: float | None
    flags: tuple[Flag, ...]
    ml_risk_factors: tuple[str, ...]
    message: str
    timestamp: datetime
    degraded: tuple[str, ...]
    switch: Literal["rules_only", "approve_all", "review_all", "decline_all"] | None
    ruleset: int
    model_version: str
    unknown_fields: tuple[str, ...] = ()


def native_answer(answer: Answer, unknown_fields: tuple[str, ...] = ()) -> NativeAnswer:
    return NativeAnswer(
        transaction_id=answer.transaction_id,
        fraud_score=answer.fraud_score,
        risk_level=answer.risk_level,  # type: ignore[arg-type]
        status=answer.status,  # type: ignore[arg-type]
        rule_score=answer.rule_score,
        ml_score=answer.ml_score,
        ml_probability=answer.ml_probability,
        flags=answer.flags,
        ml_risk_factors=answer.ml_risk_factors,
        message=answer.message,
        timestamp=answer.decided_at,
        degraded=answer.degraded,
        switch=answer.switch,  # type: ignore[arg-type]
        ruleset=answer.ruleset,
        model_version=answer.model_version,
        unknown_fields=unknown_fields,
    )


def by_key(request: HttpRequest) -> Client:
    """The client of the key in X-API-Key, or else of an account's token. Raises Unauthorized."""
    return client_by_key(request.META)


class Native:
    """See `WireFormat`."""

    name = "native"

    def decode(self, body: bytes) -> Decoded:
        return decode_fields(parse_object(body))

    def encode(self, scored: Scored) -> bytes:
        unknown = tuple(sorted(scored.request.extras.keys() - {WEBHOOK_FIELD}))
        return _encode(native_answer(scored.answer, unknown))

    def client_of(self, request: HttpRequest) -> Client:
        return by_key(request)

    def refuse(self, problem: Problem, request: HttpRequest) -> HttpResponse:
        return problem_response(problem, request)


NATIVE = Native()
_encode = msgspec.json.Encoder().encode


def decode_fields(parsed: Parsed) -> Decoded:
    """The native transaction of a JSON object. Raises BadRequest naming every wrong field.

    Other formats may rename the fields of their own object and come in here.
    """
    fields, conflicts = canonicalise(parsed.fields)
    names = _given_names(parsed.fields)
    if None in fields.values():
        fields = {name: value for name, value in fields.items() if value is not None}
    if parsed.sound and not conflicts:
        try:
            return Decoded(_fast(fields), names)
        except (msgspec.ValidationError, Wrong):
            pass
    return Decoded(_careful(fields, names, conflicts), names)


def _given_names(raw: Fields) -> dict[str, str]:
    """By which other name a field was given, where it was."""
    return {
        ALIASES[name]: name
        for name in raw.keys() & ALIASES.keys()
        if ALIASES[name] not in raw and raw[name] is not None
    }


def _fast(fields: Fields) -> TransactionInput:
    """Raises ValidationError or Wrong as soon as anything is wrong."""
    known: Fields = msgspec.convert(fields, FraudCheck)
    for name in known.keys() & CHECKS.keys():
        known[name] = CHECKS[name](known[name])
    extras, errors = _extras(fields)
    if errors:
        raise Wrong(errors[0].message)
    return _assemble(known, extras)


def _careful(
    fields: Fields, names: Mapping[str, str], conflicts: Iterable[Conflict]
) -> TransactionInput:
    """Raises BadRequest with all that is wrong, in the order in which the fields were given."""
    errors = [FieldError(conflict.names[1], conflict.message, "conflict") for conflict in conflicts]
    known: Fields = {}
    for name, value in fields.items():
        if name in FIELDS:
            try:
                known[name] = convert_field(FIELDS[name], value)
            except Wrong as wrong:
                errors.append(FieldError(names.get(name, name), wrong.message, wrong.code))
    absent = (name for name in REQUIRED if name not in fields)
    errors += [FieldError(name, "is required", "missing") for name in absent]
    extras, faults = _extras(fields)
    errors += faults
    if errors:
        raise fields_problem(errors)
    return _assemble(known, extras)


def convert_field(field: Field, value: Any) -> Any:
    """One field's value, as the decoder would give it. Raises Wrong with a sentence for it.

    The sentence says what is expected and what kind of thing came, never the value: it may be
    personal, and answers end up in logs.
    """
    for part in value if isinstance(value, list) else [value]:
        if fault := scalar_fault(part):
            raise Wrong(fault, "value")
    try:
        converted = msgspec.convert(value, field.annotation)
    except msgspec.ValidationError:
        raise Wrong(
            f"must be {field.expected}; got {_came(value, field)}", _code(value, field)
        ) from None
    if field.check is not None:
        converted = field.check(converted)
    for problem in read({field.name: converted}).problems:
        raise Wrong(problem.message)
    return converted


def _came(value: Any, field: Field) -> str:
    kind = kind_of(value)
    if kind not in field.kinds:
        return kind
    if isinstance(value, str):
        too_long = field.max_length and len(value) > field.max_length
        return f"a text of {len(value):,} characters" if too_long else "another text"
    if isinstance(value, list):
        return "one that is longer or holds something else"
    return "a number out of these bounds"


def _code(value: Any, field: Field) -> str:
    if kind_of(value) not in field.kinds:
        return "type"
    return "format" if isinstance(value, str) else "range"


def _extras(fields: Fields) -> tuple[Fields, list[FieldError]]:
    unknown = {name: value for name, value in fields.items() if name not in FIELDS}
    return read_extras(unknown) if unknown else ({}, [])


def _assemble(known: Fields, extras: Fields) -> TransactionInput:
    """The transaction of typed and checked fields. Raises Wrong when a feature does not read."""
    moment = parse_moment(known["occurred_at"]) if "occurred_at" in known else None
    # Numbers and booleans are what they are as soon as they are decoded; only the rest is read.
    readings = read({name: value for name, value in known.items() if name not in PLAIN})
    for problem in readings.problems:
        raise Wrong(problem.message)
    values, identifiers = readings.values, readings.identifiers
    values.update({name: value for name, value in known.items() if name in PLAIN})
    values.pop("occurred_at", None)
    return TransactionInput(
        user_id=identifiers.pop("user_id"),  # in normal form, as the others are
        amount=abs(values.pop("amount")),  # type: ignore[arg-type]  # -0.0 is 0
        transaction_id=known.get("transaction_id"),
        vertical=values.pop("industry", "payments"),  # type: ignore[arg-type]
        transaction_type=values.pop("transaction_type", None),  # type: ignore[arg-type]
        currency=values.pop("currency", None),  # type: ignore[arg-type]
        occurred_at=moment.epoch if moment else None,
        utc_offset_minutes=moment.utc_offset_minutes if moment else None,
        use_ml=known.get("use_ml", True),
        card_last_four=known.get("card_last_four"),
        identifiers=identifiers,
        supplied=_without_card_numbers(values),
        extras=extras,
    )


def _without_card_numbers(values: dict[str, Value]) -> dict[str, Value]:
    """The values, in place, with card numbers in texts masked."""
    for name in values.keys() & TEXTS:
        text = values[name]
        if isinstance(text, str) and len(text) >= SHORTEST:
            values[name] = mask_card_numbers(text)
    for name in values.keys() & LISTS:
        values[name] = tuple(map(mask_card_numbers, values[name]))  # type: ignore[arg-type]
    return values
