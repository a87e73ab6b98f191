"""What an answer says, whoever gave it: a reader for each wire format.

Our own answer is encoded in the same format and read by the same reader, so that both sides are
compared by what a client of that format would see.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import msgspec

from intake.formats import gateway, sentinel
from intake.formats.base import Decoded, Scored
from intake.formats.native import NATIVE
from intake.formats.sentra import SENTRA

Fields = Mapping[str, Any]


class UnreadableAnswer(ValueError):
    """The sentence names what is missing."""


class Said(NamedTuple):
    """One decision as its client saw it. `score` 0 to 100; `rules` by whatever name they had."""

    status: str  # approved, review, declined
    score: float
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reader:
    """How a format's recorded calls are read. One call may hold many transactions."""

    name: str
    decode: Callable[[Any], list[Decoded]]
    said: Callable[[Any], list[Said]]
    encode: Callable[[Scored, Any], Any]
    """What we would have answered to one transaction of that call, decoded from its JSON."""


def _body(value: Any) -> bytes:
    return msgspec.json.encode(value)


def _score(answer: Fields, name: str) -> float:
    value = answer.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UnreadableAnswer(f"answer.{name} must be a number")
    return float(value)


def _word(answer: Fields, name: str, words: Mapping[Any, str]) -> str:
    value = answer.get(name)
    known = isinstance(value, str | bool | int)
    status = words.get(value.upper() if isinstance(value, str) else value) if known else None
    if status is None:
        raise UnreadableAnswer(f"answer.{name} must be one of {', '.join(map(str, words))}")
    return status


def _names(values: object, *keys: str) -> tuple[str, ...]:
    """Of a list of names, or of objects that have one under the first key that is there."""
    found: list[str] = []
    for value in values if isinstance(values, list) else ():
        name = value
        if isinstance(value, dict):
            name = next((value[key] for key in keys if key in value), None)
        if isinstance(name, str):
            found.append(name)
    return tuple(found)


def _one(answer: Any) -> Fields:
    if not isinstance(answer, dict):
        raise UnreadableAnswer("answer must be an object")
    return answer


# --- native --------------------------------------------------------------------------------------
_STATUS: Final = {"APPROVED": "approved", "REVIEW": "review", "DECLINED": "declined"}


def _native(answer: Any) -> list[Said]:
    one = _one(answer)
    rules = _names(one.get("flags"), "rule", "flag_type")
    return [Said(_word(one, "status", _STATUS), _score(one, "fraud_score"), rules)]


# --- sentinel ------------------------------------------------------------------------------------
_FRAUDULENT: Final = {True: "declined", False: "approved"}


def _sentinel(answer: Any) -> list[Said]:
    if isinstance(answer, dict) and isinstance(answer.get("results"), list):
        answer = answer["results"]
    return [
        _sentinel_one(_one(each)) for each in (answer if isinstance(answer, list) else [answer])
    ]


def _sentinel_one(answer: Fields) -> Said:
    details = answer.get("rule_details")
    failed = [
        one
        for one in (details if isinstance(details, list) else ())
        if isinstance(one, dict) and one.get("passed") is False
    ]
    named = answer.get("triggered_rules") or answer.get("rules_triggered")
    rules = _names(failed or named, "rule_id", "rule_name")
    status = _word(answer, "is_fraudulent", _FRAUDULENT)
    return Said(status, _score(answer, "final_fraud_score"), rules)


def _sentinel_requests(request: Any) -> list[Decoded]:
    if isinstance(request, list):
        return sentinel.decode_batch(_body(request))
    return [sentinel.SENTINEL.decode(_body(request))]


def _sentinel_answer(scored: Scored, request: Any) -> Any:
    by_vertical = isinstance(request, dict) and "vertical" in request
    wire = sentinel.SENTINEL_VERTICAL if by_vertical else sentinel.SENTINEL
    return msgspec.json.decode(wire.encode(scored))


# --- gateway -------------------------------------------------------------------------------------
_PREDICTION: Final = {1: "declined", 0: "approved"}


def _gateway(answer: Any) -> list[Said]:
    results = answer.get("results") if isinstance(answer, dict) else answer
    if not isinstance(results, list):
        raise UnreadableAnswer("answer.results must be a list")
    return [
        Said(_word(one, "prediction", _PREDICTION), 100 * _score(one, "fraud_probability"))
        for one in map(_one, results)
    ]


def _gateway_answer(scored: Scored, request: Any) -> Any:
    answer = scored.answer
    result = gateway.result_of(answer.transaction_id, answer, ruleset=answer.ruleset)
    return [msgspec.to_builtins(result)]


# --- sentra --------------------------------------------------------------------------------------
_ADVICE: Final = {"APPROVE": "approved", "FLAG": "review", "BLOCK": "declined"}


def _sentra(answer: Any) -> list[Said]:
    one = _one(answer)
    return [Said(_word(one, "recommendation", _ADVICE), _score(one, "risk_score"))]


READERS: Final[Mapping[str, Reader]] = {
    reader.name: reader
    for reader in (
        Reader(
            "native",
            lambda request: [NATIVE.decode(_body(request))],
            _native,
            lambda scored, request: msgspec.json.decode(NATIVE.encode(scored)),
        ),
        Reader("sentinel", _sentinel_requests, _sentinel, _sentinel_answer),
        Reader(
            "gateway",
            lambda request: gateway.decode_batch(_body(request)),
            _gateway,
            _gateway_answer,
        ),
        Reader(
            "sentra",
            lambda request: [SENTRA.decode(_body(request))],
            _sentra,
            lambda scored, request: msgspec.json.decode(SENTRA.encode(scored)),
        ),
    )
}
"""By the format's name."""
