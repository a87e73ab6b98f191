"""Decide each recorded request, as imported data: nothing is sent, no case is opened."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from typing import Annotated, Any, Final, NamedTuple

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


Fraud = bool | Annotated[int, msgspec.Meta(ge=0, le=1)] | None


class Call(msgspec.Struct, forbid_unknown_fields=True):
    """A line of the file. A batch has a label for each of its transactions, or one for all."""

    request: Any
    answer: Any
    label: Fraud | list[Fraud] = None

    def labels(self, transactions: int) -> list[bool | None]:
        given = self.label if isinstance(self.label, list) else [self.label] * transactions
        return [None if label is None else bool(label) for label in given]


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
    labels = call.labels(len(requests))
    for name, found in (("answers", said), ("labels", labels)):
        if len(found) != len(requests):
            yield BadLine(number, f"has {len(requests)} transactions and {len(found)} {name}")
            return
    for place, (decoded, old, fraud) in enumerate(zip(requests, said, labels, strict=True)):
        answered = _decide(decoded, reader, client, f"{prefix}-{number}-{place}")
        if isinstance(answered, str):
            yield BadLine(number, answered)
            continue
        [new] = reader.said(reader.encode(answered, call.request))
        timed = answered.request.occurred_at is not None
        yield Pair(number, old, new, answered.answer, fraud, timed)


def _in_words(problem: BadRequest) -> str:
    named = [f"request.{error.field}: {error.message}" for error in problem.errors]
    return "; ".join(named) or problem.detail


def _decide(decoded: Decoded, reader: Reader, client: Client, fallback: str) -> Scored | str:
    """The decision, or why there is none; `fallback` names a transaction without an ID."""
    request = decoded.request
    if request.transaction_id is None:
        request = msgspec.structs.replace(request, transaction_id=fallback)
    started = perf_counter()
    try:
        answer = score_transaction(
            client=client, request=request, source=f"{SOURCE}{reader.name}", imported=True
        )
    except BadRequest as problem:
        return _in_words(problem)
    except Conflict:
        return "its transaction_id is there already, with other fields"
    return Scored(answer, request, (perf_counter() - started) * 1_000)


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
