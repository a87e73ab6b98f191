"""Many transactions of one call, decided one after the other, each in its own right."""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from threading import BoundedSemaphore
from time import perf_counter

from django.conf import settings

from clients.authentication import Client
from foundation.errors import Problem, Unavailable
from intake.doors import decide
from intake.formats.base import Decoded, Scored

_room = BoundedSemaphore(settings.BATCHES_AT_ONCE)


def decide_batch(
    client: Client, batch: Iterable[Decoded], source: str, idempotency_key: str | None = None
) -> list[Scored | Problem]:
    """For each transaction its decision, or why it has none; in the batch's order.

    One that cannot be decided (its id came before with other fields, its time lies ahead) takes
    nothing from the others. Raises Unavailable when the database goes away: what was decided until
    then is stored, and the same batch again finds it; and when half of the process's threads are
    busy with batches, so that single checks find one that is free. With an `idempotency_key` each
    transaction has the key of its place.
    """
    if not _room.acquire(blocking=False):
        raise Unavailable("Other batches are being decided; send this one again.", retry_after=1)
    try:
        return _decide_each(client, batch, source, idempotency_key)
    finally:
        _room.release()


def _decide_each(
    client: Client, batch: Iterable[Decoded], source: str, idempotency_key: str | None
) -> list[Scored | Problem]:
    outcomes: list[Scored | Problem] = []
    # Hashed, so that a long one has room for the place.
    base = idempotency_key and sha256(idempotency_key.encode()).hexdigest()
    for place, decoded in enumerate(batch):
        key = f"{base}/{place}" if base else None
        started = perf_counter()
        try:
            answer = decide(client, decoded, source, key)
        except Unavailable:
            raise
        except Problem as problem:
            outcomes.append(problem)
        else:
            milliseconds = (perf_counter() - started) * 1_000
            outcomes.append(Scored(answer, decoded.request, milliseconds))
    return outcomes


def first_problem(outcomes: Sequence[Scored | Problem]) -> Problem | None:
    """The first one's problem when there is no decision at all, to be answered as a refusal."""
    first = outcomes[0] if outcomes else None
    if isinstance(first, Problem) and all(isinstance(one, Problem) for one in outcomes):
        return first
    return None
