"""From a native body to the typed transaction, by the same decoder as at the door."""

import math
from collections.abc import Mapping
from typing import Any

from foundation.errors import BadRequest
from intake.body import NoNumber, Parsed
from intake.extras import text_fault
from intake.formats.native import decode_fields
from intake.imports.errors import BadRow
from scoring.inputs import TransactionInput


def decode(body: Mapping[str, Any], names: Mapping[str, str]) -> TransactionInput:
    """Raises BadRow naming every wrong field, as the file calls it where `names` knows.

    Unlike a parsed JSON text, a row may hold NaN or what cannot be stored anywhere; the door's
    decoder is told so, and then looks at every value.
    """
    fields = {name: _without_nan(value) for name, value in body.items()}
    sound = all(map(_is_sound, fields.values()))
    try:
        return decode_fields(Parsed(fields, sound)).request
    except BadRequest as problem:
        faults = [f"{names.get(e.field, e.field)}: {e.message}" for e in problem.errors]
        raise BadRow("", "; ".join(faults) or problem.detail) from None


def _without_nan(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return NoNumber("NaN" if math.isnan(value) else "infinity")
    if isinstance(value, dict):
        return {name: _without_nan(content) for name, content in value.items()}
    if isinstance(value, list):
        return [_without_nan(content) for content in value]
    return value


def _is_sound(value: Any) -> bool:
    if isinstance(value, str):
        return not text_fault(value)
    return not isinstance(value, NoNumber | dict | list)
