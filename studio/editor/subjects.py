"""Transactions to try a draft on: a stored one, with what it was decided on, or a pasted one."""

import json
import math
import time
from collections.abc import Mapping
from typing import Any, Final, NoReturn
from uuid import UUID

import msgspec

from clients.models import Institution
from features.aliases import ALIASES
from features.catalogue import CATALOGUE, compute_vector
from features.framework import Facts, Row, Value
from features.supplied import SUPPLIED, expected, field_annotation
from features.supplied import read as read_supplied
from features.types import Type
from features.vector import unpack
from foundation.errors import BadRequest, NotFound
from foundation.models import User
from foundation.money import is_currency
from foundation.permissions import require
from foundation.scopes import visible_institutions
from intelligence.enrichment import enrich, texts_to_look_up
from intelligence.lookup import Listing, pairs
from intelligence.rates import current_rates
from rules.definition import Definition, Money, VerticalConfig
from rules.models import Vertical
from scoring.gather import look_up
from scoring.models import Decision
from scoring.prepare import hashes_of
from studio.editor.trying import Subject

LARGEST_PASTE: Final = 100_000  # characters
_LONGEST_INTEGER: Final = 40  # digits
_LARGEST_NUMBER: Final = 1e15
"""Of a feature that is pasted; no amount or time that people write is beyond it."""
_FIELDS_BESIDE: Final = frozenset(
    {"transaction_id", "industry", "vertical", "use_ml", "card_last_four", "currency", "amount"}
)
PASTED: Final = (
    "Counters and habits are not looked up for a pasted transaction: what they would tell is "
    "missing, unless you give it by the feature's name."
)


def stored_subject(*, by: User, reference: str, definition: Definition) -> Subject:
    """A stored transaction by our id or the client's, as it was when it was decided.

    Only those of institutions that the person sees; another's is as if it were not there. Raises
    NotFound. Three queries.
    """
    require(by, "scoring.view_decision")
    decision = _decision(by, reference.strip())
    stored = decision.transaction
    values = unpack(decision.numbers, decision.texts, decision.catalogue_version)
    rates = _rates(definition, stored.currency, stored.occurred_at.timestamp())
    listings = [Listing(f, name, effect, "") for f, name, effect in decision.inputs["listed"]]
    return Subject(
        title=f"transaction {stored.external_id}",
        values=values,
        currency=stored.currency,
        rates={**rates, **decision.inputs["rates"]},
        listed=pairs(listings),
        vertical=_vertical(stored.vertical),
        notes=_lists_not_asked(definition, listings),
    )


def _decision(by: User, reference: str) -> Decision:
    if not reference or "\0" in reference:
        raise BadRequest("Give the id of a transaction, or paste one.")
    found = Decision.objects.select_related("transaction")
    visible = visible_institutions(by)
    if visible is not None:
        found = found.filter(transaction__institution__in=visible)
    try:
        key = {"pk": UUID(reference)}
    except ValueError:
        key = {"transaction__external_id": reference}  # type: ignore[dict-item]
    decision = found.filter(**key).order_by("-pk").first()
    if decision is None:
        raise NotFound("There is no such transaction at the institutions that you work for.")
    return decision


def _lists_not_asked(definition: Definition, listings: list[Listing]) -> tuple[str, ...]:
    """A list that the draft is the first to ask for was perhaps not looked up then."""
    if "listed(" not in definition.condition:
        return ()
    return ("Lists are as they were found when it was decided.",)


def pasted_subject(*, by: User, text: str, definition: Definition) -> Subject:
    """A transaction written as JSON: the fields of a request, or features by name.

    Nothing of it is stored. Raises BadRequest naming what cannot be read. Two queries.
    """
    require(by, "scoring.view_decision")
    fields = _fields(text)
    supplied = _checked(fields)
    readings = read_supplied(supplied)
    if readings.problems:
        raise _wrong([f"{p.field} {p.message}" for p in readings.problems])
    amount, currency = _amount(fields), _currency(fields, by)
    occurred_at = time.time()
    moment = readings.values.get("occurred_at")
    if isinstance(moment, float):
        occurred_at = moment
    raw = readings.identifiers
    gathered = enrich(raw, readings.values)
    vertical = _vertical(str(fields.get("vertical", fields.get("industry", "payments"))))
    known = {**readings.values, "amount": amount, "currency": currency, "industry": vertical.code}
    facts = Facts(
        occurred_at=occurred_at,
        supplied=known,
        gathered=gathered,
        hashes={name: digest.hex() for name, digest in hashes_of(raw).items()},
        raw=raw,
        timestamped=moment is not None,
    )
    values, _ = compute_vector(facts)
    _override(values, fields)
    return Subject(
        title="the pasted transaction",
        values=values,
        currency=currency,
        rates=_rates(definition, currency, occurred_at),
        listed=_listed(by, texts_to_look_up(raw, known, gathered)),
        vertical=vertical,
        notes=(PASTED,),
    )


def _fields(text: str) -> dict[str, Any]:
    if len(text) > LARGEST_PASTE:
        raise BadRequest(f"At most {LARGEST_PASTE:,} characters.")
    try:
        fields = json.loads(
            text, parse_constant=_no_number, parse_float=_finite, parse_int=_of_this_world
        )
        plain = json.dumps(fields, ensure_ascii=False)
        plain.encode()  # half of a surrogate pair is no text
    except (ValueError, RecursionError) as error:
        where = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        raise BadRequest(f"This is no JSON{where}. Paste an object as a client sends it.") from None
    if "\\u0000" in plain:
        raise BadRequest("It holds a character that no text has (NUL).")
    if not isinstance(fields, dict):
        raise BadRequest("Paste one JSON object, as a client sends it.")
    return {ALIASES.get(name, name): value for name, value in fields.items()}


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number of JSON")


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _no_number(text)


def _of_this_world(text: str) -> int:
    return int(text) if len(text) <= _LONGEST_INTEGER else _no_number(text)


def _checked(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Values of fields that a client may supply, of their types and within bounds."""
    wrong, sound = [], {}
    for name, value in fields.items():
        feature = SUPPLIED.get(name)
        if feature is None or name in _FIELDS_BESIDE or value is None:
            continue
        try:
            sound[name] = msgspec.convert(value, field_annotation(feature))
        except msgspec.ValidationError:
            wrong.append(f"{name} must be {expected(feature)}")
    unknown = [n for n in fields if n not in CATALOGUE and n not in _FIELDS_BESIDE]
    if wrong:
        raise _wrong(wrong)
    if unknown and len(unknown) == len(fields):
        raise BadRequest("None of these fields is known: see the guide for the names of features.")
    return sound


def _wrong(messages: list[str]) -> BadRequest:
    more = f" And {len(messages) - 5} more." if len(messages) > 5 else ""
    return BadRequest("; ".join(messages[:5]) + "." + more)


def _amount(fields: Mapping[str, Any]) -> float:
    amount = fields.get("amount")
    if (
        isinstance(amount, bool)
        or not isinstance(amount, int | float)
        or not 0 <= amount < _LARGEST_NUMBER
    ):
        raise BadRequest("amount must be a number, 0 or more.")
    return float(amount)


def _currency(fields: Mapping[str, Any], by: User) -> str:
    currency = fields.get("currency")
    if currency is None:
        return _institutions(by).values_list("base_currency", flat=True).first() or "USD"
    if not isinstance(currency, str) or not is_currency(currency.upper()):
        raise BadRequest("currency must be three letters, as NGN.")
    return currency.upper()


def _institutions(by: User) -> Any:
    visible = visible_institutions(by)
    every = Institution.objects.order_by("pk")
    return every if visible is None else every.filter(pk__in=visible)


def _vertical(code: str) -> VerticalConfig:
    vertical = Vertical.objects.filter(code=code).first()
    if vertical is None:
        raise BadRequest(f"There is no vertical {code[:40]}.")
    return vertical.config


def _listed(by: User, texts: Mapping[str, str]) -> frozenset[tuple[str, str]]:
    """Texts alone: an identifier's entries are of one institution, and a paste is of none."""
    institution = _institutions(by).first()
    return pairs(look_up(texts, institution.pk)) if institution and texts else frozenset()


def _override(values: Row, fields: Mapping[str, Any]) -> None:
    """Features of ours that the paste names, such as counts, as they stand if of their type."""
    for name, value in fields.items():
        feature = CATALOGUE.get(name)
        if feature is None or name in SUPPLIED or not feature.readable:
            continue
        if (fitting := _fitting(feature.type, value)) is not None:
            values[CATALOGUE.index[name]] = fitting


def _fitting(kind: Type, value: Any) -> Value | None:
    if kind is Type.BOOLEAN:
        return value if isinstance(value, bool) else None
    if kind in (Type.NUMBER, Type.MONEY, Type.TIMESTAMP):
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return float(value) if number and abs(value) < _LARGEST_NUMBER else None
    if kind is Type.STRINGS:
        return tuple(map(str, value)) if isinstance(value, list) else None
    return value if isinstance(value, str) and kind is Type.STRING else None


def _rates(definition: Definition, currency: str, at: float) -> dict[str, float]:
    wanted = {p.value.currency for p in definition.parameters if isinstance(p.value, Money)}
    return current_rates().into(currency, sorted(wanted), at)
