"""Rows in the native format: fields as at `POST /api/v1/fraud/check`, with all their other names.

A CSV file has only texts: each is read by the type of its field. `actual_fraud` or `is_fraud` is
the label, `label_known_at` the time since when it is known; they never reach the request. Neither
does the truth of a synthetic world (`true_fraud`, `true_typology`, `true_story`): of it only the
typology is kept, with the label of a fraud that was reported.
"""

from collections.abc import Sequence
from typing import Any, Final

from features.aliases import ALIASES
from features.catalogue import CATALOGUE
from features.supplied import parse_moment
from features.types import Type
from intake.body import NoNumber
from intake.fields import BOOLEAN, FIELDS, LIST, NUMBER, TEXT
from intake.imports import cells
from intake.imports.cells import Fields
from intake.imports.errors import BadRow
from intake.imports.formats import Options, Recorded, Truth

_NEEDED: Final = ("user_id", "amount", "occurred_at")
_LABELS: Final = ("actual_fraud", "is_fraud")
_KNOWN_AT: Final = "label_known_at"
_TYPOLOGY: Final = "true_typology"
_UNSENT: Final = frozenset({*_LABELS, _KNOWN_AT, _TYPOLOGY, "true_fraud", "true_story"})
_LONGEST_TYPOLOGY: Final = 64  # characters, as labels hold
_LIST_SEPARATOR: Final = ";"


def _names_of(field: str) -> tuple[str, ...]:
    return (field, *(name for name, meant in ALIASES.items() if meant == field))


_TIMES: Final = _names_of("occurred_at")
_CUSTOMERS: Final = _names_of("user_id")


class NativeRows:
    name = "native"
    default_currency = None
    default_epoch = None
    names: dict[str, str] = {}

    time_columns = _TIMES

    def missing(self, columns: Sequence[str]) -> list[str]:
        return [
            f"{field} (or {', '.join(_names_of(field)[1:])})" if _names_of(field)[1:] else field
            for field in _NEEDED
            if not set(_names_of(field)) & set(columns)
        ]

    def ignored(self, columns: Sequence[str]) -> list[str]:
        return []  # unknown ones are kept with the transaction, as at the door

    def event_time(self, fields: Fields) -> float | None:
        try:
            return _moment(_first(fields, _TIMES))
        except ValueError:
            return None

    def customer(self, fields: Fields) -> str:
        return str(_first(fields, _CUSTOMERS))

    def translate(self, number: int, fields: Fields, options: Options) -> Recorded:
        truth = _truth(fields)
        body = {
            name: _typed(name, value)
            for name, value in fields.items()
            if name not in _UNSENT and value not in ("", None)
        }
        if _first(body, _TIMES) is None:
            raise BadRow("occurred_at", "is required: recorded transactions go in by their time")
        if body.get("transaction_id") is None:
            body["transaction_id"] = f"{options.id_prefix}{number}"
        if options.currency is not None:
            body.setdefault("currency", options.currency)
        return Recorded(body, truth)


def _first(fields: Fields, names: Sequence[str]) -> Any:
    return next((v for name in names if (v := fields.get(name)) not in (None, "")), None)


def _moment(value: Any) -> float | None:
    """Epoch seconds. Raises ValueError for what is no time."""
    if isinstance(value, str):
        text = value.strip()
        return parse_moment(text).epoch if ":" in text or "-" in text else float(text)
    return float(value) if isinstance(value, int | float) else None


def _truth(fields: Fields) -> Truth | None:
    found = [value for name in _LABELS if (value := cells.truth(fields, name)) is not None]
    if not found:
        return None
    if len(set(found)) > 1:
        raise BadRow(_LABELS[0], f"contradicts {_LABELS[1]}")
    try:
        known_at = _moment(cells.present(fields, _KNOWN_AT))
    except ValueError:
        raise BadRow(_KNOWN_AT, "must be a time in ISO 8601 or seconds since 1970") from None
    return Truth(found[0], _typology(fields) if found[0] else "", known_at)


def _typology(fields: Fields) -> str:
    """What kind of fraud it was. Asked for only where the fraud was reported."""
    name = cells.present(fields, _TYPOLOGY)
    if name is None:
        return ""
    if not isinstance(name, str) or len(name) > _LONGEST_TYPOLOGY or not name.isprintable():
        raise BadRow(_TYPOLOGY, f"must be a text of at most {_LONGEST_TYPOLOGY} characters")
    return name


def _typed(name: str, value: Any) -> Any:
    """A CSV cell as JSON would have it; what does not read is left for the decoder to refuse."""
    field = FIELDS.get(ALIASES.get(name, name))
    if field is None or not isinstance(value, str):
        return value
    text = value.strip()
    if field.kinds == {NUMBER} or _is_time(field.name):
        return _number(text)
    if field.kinds == {BOOLEAN}:
        return {"1": True, "0": False, "true": True, "false": False}.get(text.lower(), text)
    if LIST in field.kinds and TEXT not in field.kinds:
        return [part.strip() for part in text.split(_LIST_SEPARATOR)]
    return value


def _is_time(field: str) -> bool:
    feature = CATALOGUE.get(field)
    return feature is not None and feature.type is Type.TIMESTAMP


def _number(text: str) -> float | str | NoNumber:
    try:
        return cells.number({"": text}, "", minimum=float("-inf"))
    except BadRow:
        return NoNumber("NaN") if text.lower() == "nan" else text
