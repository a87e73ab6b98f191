"""Decide each recorded request, as imported data: nothing is sent, no case is opened."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from typing import Any, Final, NamedTuple

import msgspec

from clients.authentication import Client, ClientTier
from clients.models import Institution
from foundation.errors import BadRequest, Conflict
from foundation.outbox import drain_outbox
from intake.comparing.answers import Reader, Said, UnreadableAnswer
from intake.formats.base import Decoded, Scored
from scoring.answers import Answer
from scoring.services import score_transaction
from transactions.models import Transaction

SOURCE: Final = "compare:"
FOLLOWED_EVERY: Final = 250  # decisions; habits and outcomes must not fall behind the next ones
LONGEST_LINE: Final = 4_194_304  # bytes


class Call(msgspec.Struct, forbid_unknown_fields=True):
    """A line of the file."""

    request: Any
    answer: Any
    label: bool | None = None


class Pair(NamedTuple):
    """One transaction, as the other system answered it and as we do, both in its format."""

    line: int
    old: Said
    new: Said
    answer: Answer
    fraud: bool | None
    timed: bool  # the request named its time


class BadLine(msgspec.Struct, frozen=True):
    """A line, or a transaction of it, that could not be compared, and why."""

    line: int
    message: str


def others_stored(institution: Institution) -> bool:
    """Whether it has transactions that no comparison brought. One query."""
    rows = Transaction.objects.filter(institution=institution)
    return rows.exclude(source__startswith=SOURCE).exists()


def compare_file(path: Path, reader: Reader, institution: Institution) -> Iterator[Pair | BadLine]:
    """Pairs in the file's order; started again it decides nothing twice.

    Raises OSError, and Unavailable when the database goes away.
    """
    client, prefix = _client(institution), f"compare-{_fingerprint(path)}"
    decided = 0
    with path.open("rb") as file:
        number = 0
        while line := file.readline(LONGEST_LINE):
            number += 1
            if not line.strip():
                continue
            for result in _compare(line, number, reader, client, prefix):
                yield result
                decided += 1
                if decided % FOLLOWED_EVERY == 0:
                    drain_outbox()
    drain_outbox()


def _fingerprint(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:12]


def _compare(
    line: bytes, number: int, reader: Reader, client: Client, prefix: str
) -> Iterator[Pair | BadLine]:
    try:
        call = msgspec.json.decode(line, type=Call)
        said = reader.said(call.answer)
        requests = reader.decode(call.request)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, UnreadableAnswer) as error:
        yield BadLine(number, str(error) or "is nested too deeply")
        return
    except BadRequest as problem:
        yield BadLine(number, _in_words(problem))
        return
    if len(said) != len(requests):
        message = f"has {len(requests)} transactions and {len(said)} answers"
        yield BadLine(number, message)
        return
    for place, (decoded, old) in enumerate(zip(requests, said, strict=True)):
        fallback = f"{prefix}-{number}-{place}"
        yield _decide(number, decoded, old, call, reader, client, fallback)


def _in_words(problem: BadRequest) -> str:
    named = [f"request.{error.field}: {error.message}" for error in problem.errors]
    return "; ".join(named) or problem.detail


def _decide(
    number: int,
    decoded: Decoded,
    old: Said,
    call: Call,
    reader: Reader,
    client: Client,
    fallback: str,
) -> Pair | BadLine:
    request = decoded.request
    if request.transaction_id is None:
        request = msgspec.structs.replace(request, transaction_id=fallback)
    started = perf_counter()
    try:
        answer = score_transaction(
            client=client, request=request, source=f"{SOURCE}{reader.name}", imported=True
        )
    except BadRequest as problem:
        return BadLine(number, _in_words(problem))
    except Conflict:
        return BadLine(number, "its transaction_id is there already, with other fields")
    scored = Scored(answer, request, (perf_counter() - started) * 1_000)
    [new] = reader.said(reader.encode(scored, call.request))
    return Pair(number, old, new, answer, call.label, request.occurred_at is not None)


def _client(institution: Institution) -> Client:
    return Client(
        institution_id=institution.pk,
        institution_slug=institution.slug,
        base_currency=institution.base_currency,
        key_id=0,
        scopes=frozenset({"score"}),
        tier=ClientTier("import", 0),
        throttled_as="",
    )
