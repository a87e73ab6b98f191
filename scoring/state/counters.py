"""The counters: record a transaction at its entities and read what the windows hold, in one trip.

State is kept by institution under a name that tells what is kept (the plan's fingerprint) and by
which key the hashes were made. So an upgrade that counts other things, or a new key, begins a state
of its own and does not read the other's as if it were complete.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import msgspec

from features.windows.happening import Happening
from foundation.crypto import hash_versions
from foundation.redis_scripts import run_script
from scoring.state.script import HALF_LIVES, MARKS, RISKY, SCRIPT, Script

UNITS: Final = 10_000.0
"""Parts of a currency's unit in which amounts are added up: whole numbers add without error."""

REMEMBERED_SECONDS: Final = 86_400
"""How long a transaction's id is known here. Repeats of stored ones are found in the database; this
is for those that were counted and then not stored."""

ANSWERED_SECONDS: Final = 600
"""How long an answer is kept for a repeat, which must not see its own first try as history."""

_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder().decode


@dataclass(frozen=True, slots=True)
class Risk:
    """How many frauds of an entity are known, how many seconds ago the newest took place (None
    without one), and for each of `HALF_LIVES` its frauds and transactions, faded by their age.

    `settled`: for each of `SETTLED_BUCKETS` its transactions that are older than labels usually
    take, and its known frauds since that span began; empty before there is any label, or when
    labels take longer than a month."""

    known: int
    since: float | None
    faded: tuple[tuple[float, float], ...]
    settled: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """What the counters say. `answers` are by feature, amounts in the institution's currency; what
    is not known is left out. `marks` are what was told last, by name: when, then its numbers."""

    answers: Mapping[str, float | bool] = field(default_factory=dict)
    marks: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    risks: Mapping[str, Risk] = field(default_factory=dict)
    late: bool = False  # too old to be counted, so that nothing is known for it either


@dataclass(frozen=True, slots=True)
class Recording:
    """One transaction for the counters. `record_id` is what its repeats have in common."""

    institution_id: int
    record_id: bytes
    happening: Happening
    marks: Mapping[str, Sequence[float]] = field(default_factory=dict)


def keys_of(institution_id: int, generation: str) -> str:
    """What the names of all keys of one generation of an institution's state begin with."""
    return f"{_institution(institution_id)}{generation}:"


def state_name(institution_id: int, script: Script = SCRIPT) -> str:
    """The key under which the state of an institution is described."""
    return f"{_institution(institution_id)}{script.fingerprint}.{hash_versions()[0]}"


def _institution(institution_id: int) -> str:
    """The braces keep an institution's keys on one node of a cluster; counters.lua reads them."""
    return f"fs:{{{institution_id}}}:"


def ask(recording: Recording, script: Script = SCRIPT) -> bytes:
    """Record and read; the script's raw answer. Raises RedisUnavailableError."""
    name = state_name(recording.institution_id, script)
    return run_script(script, name, encode(recording, script, answered=ANSWERED_SECONDS))


def encode(
    recording: Recording,
    script: Script = SCRIPT,
    *,
    outcome: int = 0,
    remembered: int = REMEMBERED_SECONDS,
    answered: int = 0,
) -> list[bytes]:
    """The script's arguments. With an outcome's flag, only that is recorded.

    `remembered`: how long the transaction's id is known; `answered`: how long the answer is kept
    for its repeats. In seconds.
    """
    event = recording.happening
    amount = None if event.amount is None else round(event.amount * UNITS)
    hashes = [b"", recording.record_id]  # the first argument is the question itself
    entities = [_entity(name, event, script, hashes) for name in asked_of(event, script)]
    hashes[0] = _pack(
        (
            event.occurred_at,
            remembered,
            outcome or event.flags,
            # As a float: whole numbers beyond 64 bits would not pass.
            False if amount is None else float(amount),
            entities,
            [recording.marks.get(mark, False) for mark in MARKS],
            bool(outcome),
            answered,
        )
    )
    return hashes


def asked_of(event: Happening, script: Script = SCRIPT) -> list[str]:
    """The entities of the event that are counted, in order of the answers."""
    return [name for name in event.entities if name in script.places]


def _entity(
    name: str, event: Happening, script: Script, hashes: list[bytes]
) -> list[int | Literal[False]]:
    """Names hashes by their place among the arguments: Redis' msgpack knows no binary strings."""
    asked: list[int | Literal[False]] = [script.places[name]]
    hashes.append(event.entities[name])
    asked.append(len(hashes))
    for sighting in script.entity(name).sightings:
        member = event.members.get(sighting.of)
        if member is None:
            asked.append(False)
        else:
            hashes.append(member)
            asked.append(len(hashes))
    return asked


def decode(answer: bytes, event: Happening, script: Script = SCRIPT) -> Reading:
    """What the script's answer says of the event."""
    if answer == b"late":
        return Reading(late=True)
    answers: dict[str, float | bool] = {}
    marks: dict[str, tuple[float, ...]] = {}
    risks: dict[str, Risk] = {}
    for name, values in zip(asked_of(event, script), _unpack(answer)[1:], strict=True):
        if name in RISKY and values[-1] is not False:
            risks[name] = _risk(values[-1])
        if name == "customer":
            marks = _marks(values)
        _put(answers, script, name, values)
    return Reading(answers, marks, risks)


def _put(
    answers: dict[str, float | bool], script: Script, entity: str, values: Sequence[Any]
) -> None:
    for value, (names, kind) in zip(values, script.slots[entity], strict=False):
        if value is not False:
            found = bool(value) if kind == "repeated" else _number(value, kind)
            for name in names:
                answers[name] = found


def _number(value: float, kind: str) -> float:
    return value / UNITS if kind == "sum" else float(value)


def _risk(told: Sequence[Any]) -> Risk:
    known, since, *sums = told
    pairs = tuple(zip(sums[::2], sums[1::2], strict=True))
    spans = len(HALF_LIVES)
    return Risk(known, None if since is False else float(since), pairs[:spans], pairs[spans:])


def _marks(values: Sequence[Any]) -> dict[str, tuple[float, ...]]:
    """The customer's answers end with the marks and the risk."""
    found = zip(MARKS, values[-1 - len(MARKS) : -1], strict=True)
    return {mark: tuple(told) for mark, told in found if told is not False}
