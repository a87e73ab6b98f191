"""Counts the stored transactions anew, while decisions go on.

1. A new state is filled beside the one in use, in order of arrival.
2. What arrived meanwhile is added, until nothing is left but what arrives just now.
3. The new state takes the place of the old one, in one step.
4. Once more what arrived lately is told: it may have gone to the old state only. What the new one
   has heard of already counts once, as ever.

Interrupted before the third step, it leaves the state in use as it was; what was filled expires.
"""

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Final
from uuid import UUID

from django.db.models import Max, Q, QuerySet

from clients.models import Institution
from features.windows.declaring import LATE_SECONDS, WINDOWS
from foundation import audit
from foundation.errors import Conflict
from foundation.locks import alone
from foundation.redis_scripts import patient_client
from scoring.state.counters import keys_of, state_name
from scoring.state.following import count, record_outcomes
from scoring.state.labels import tell_risk
from scoring.state.opening import ALWAYS
from scoring.state.script import LONGEST_RISK
from scoring.state.stored import stored_recordings
from transactions.models import Label, Transaction

Progress = Callable[[int], None]

BATCH: Final = 500
SETTLING: Final = timedelta(seconds=15)
"""How long a transaction may be under way between its counters and its commit."""

_SETTLING: Final = "settling"
"""In the state from its taking over until what arrived meanwhile is told; left there when the
rebuild is interrupted between, so that it is not taken for complete."""

_REMEMBERED_SECONDS: Final = 3_600
RISK_REACH: Final = timedelta(seconds=10 * LONGEST_RISK)
"""How far back frauds are known: by then one has faded to a thousandth."""

_LONGEST = max(WINDOWS.values(), key=lambda window: window.seconds)
_REACH: Final = timedelta(seconds=_LONGEST.seconds + _LONGEST.bucket_seconds + LATE_SECONDS)
"""How far back stored transactions are counted: what the longest window of the latest event that
may still come reaches."""

_SWAP = """
local old = redis.call('HGET', ARGV[1], 'generation')
redis.call('RENAME', KEYS[1], ARGV[1])
return old or ''
"""


def rebuild_counters(
    institution: Institution,
    *,
    by: audit.Actor,
    progress: Progress = lambda _: None,
    settle: Callable[[float], None] = time.sleep,
) -> int:
    """Fill a new state from what is stored and put it in the place of the old one.

    Returns how many transactions were counted. Raises Conflict while another rebuild of this
    institution runs, RedisUnavailableError without Redis.
    """
    with _only_one(institution):
        began = datetime.now(UTC)
        start, complete = _reach(institution)
        name = state_name(institution.pk)
        building = f"{name}:building"
        _begin(institution.pk, building)
        counted = 0
        for batch in _batches(institution, start):
            counted += _count(batch, building)
            progress(len(batch))
        _tell_labels(institution, building, _frauds_since(began - RISK_REACH))
        since = ALWAYS if complete else start.timestamp()
        old = _swap(building, name, since)
        if old:  # decisions may be under way that counted there
            settle(SETTLING.total_seconds())
        for batch in _batches(institution, start, received_from=began - SETTLING):
            _count(batch, name)
        _tell_labels(institution, name, Q(recorded_at__gte=began - SETTLING))
        _settled(name)
        _forget(institution.pk, old)
        audit.record(
            actor=by,
            action="scoring.rebuild_counters",
            subject=f"clients.institution:{institution.pk}",
            after={"transactions": counted, "from": start.isoformat(), "complete": complete},
            institution_id=institution.pk,
        )
    return counted


def is_complete(institution: Institution) -> bool:
    """Whether every window can be told, or nothing is stored that could be counted. Two queries."""
    if not Transaction.objects.filter(institution=institution).exists():
        return True
    with patient_client() as server:
        since, settling = server.hmget(state_name(institution.pk), "complete_since", _SETTLING)
    return not settling and since is not None and float(since) <= _reach(institution)[0].timestamp()


def waiting(institution: Institution) -> int:
    """How many stored transactions a rebuild would count. Two queries."""
    start, _ = _reach(institution)
    return _stored(institution, start).count()


def beyond(institution: Institution) -> int:
    """How many stored transactions no window can reach any more. Two queries."""
    start, _ = _reach(institution)
    return Transaction.objects.filter(institution=institution, occurred_at__lt=start).count()


def _reach(institution: Institution) -> tuple[datetime, bool]:
    """From when on transactions are counted, and whether none is stored from before."""
    stored = Transaction.objects.filter(institution=institution)
    newest = stored.aggregate(newest=Max("occurred_at"))["newest"]
    if newest is None:
        return datetime.now(UTC), True
    start = newest - _REACH
    return start, not stored.filter(occurred_at__lt=start).exists()


def _stored(institution: Institution, start: datetime) -> QuerySet[Transaction]:
    return Transaction.objects.filter(institution=institution, occurred_at__gte=start)


def _batches(
    institution: Institution, start: datetime, *, received_from: datetime | None = None
) -> Iterator[list[UUID]]:
    """Ids in order of arrival, up to those that arrive while the batches are read."""
    rows = _stored(institution, start).order_by("pk")
    if received_from is not None:
        rows = rows.filter(received_at__gte=received_from)
    last: UUID | None = None
    while True:
        later = rows if last is None else rows.filter(pk__gt=last)
        batch = list(later.values_list("pk", flat=True)[:BATCH])
        if not batch:
            return
        yield batch
        last = batch[-1]


def _count(ids: list[UUID], name: str) -> int:
    stored = list(stored_recordings(ids))
    count(stored, name, remembered=_REMEMBERED_SECONDS)
    record_outcomes(stored, name)
    return len(stored)


def _frauds_since(start: datetime) -> Q:
    return Q(is_fraud=True, transaction__occurred_at__gte=start)


def _tell_labels(institution: Institution, name: str, which: Q) -> None:
    now = datetime.now(UTC)
    labels = Label.objects.filter(which, institution=institution).order_by("known_at", "pk")
    ids = list(dict.fromkeys(labels.values_list("transaction_id", flat=True)))
    for first in range(0, len(ids), BATCH):
        tell_risk(ids[first : first + BATCH], known_by=now, name=name)


def _begin(institution_id: int, building: str) -> None:
    """An empty state to be filled; what an interrupted rebuild has left goes first."""
    with patient_client() as server:
        left = server.hget(building, "generation")
    _forget(institution_id, "" if left is None else str(left, "ascii"))  # type: ignore[arg-type]
    fields = {"generation": secrets.token_hex(4), "complete_since": repr(ALWAYS)}
    with patient_client() as server:
        server.delete(building)
        server.hset(building, mapping=fields)  # type: ignore[arg-type]


def _swap(building: str, name: str, since: float) -> str:
    """Put the new state in place; the generation of the old one, empty where there was none."""
    with patient_client() as server:
        server.hset(building, mapping={"complete_since": repr(since), _SETTLING: "yes"})
        return bytes(server.eval(_SWAP, 1, building, name)).decode()


def _settled(name: str) -> None:
    with patient_client() as server:
        server.hdel(name, _SETTLING)


def _forget(institution_id: int, generation: str) -> None:
    """Remove an old state's keys; decisions under way may write a few more, which expire."""
    if not generation:
        return
    with patient_client() as server:
        keys = server.scan_iter(f"{keys_of(institution_id, generation)}*", count=5_000)
        while some := list(islice(keys, 1_000)):
            server.unlink(*some)


@contextmanager
def _only_one(institution: Institution) -> Iterator[None]:
    with alone(f"scoring.rebuild_counters:{institution.pk}") as taken:
        if not taken:
            raise Conflict(f"The counters of {institution.slug} are being rebuilt already.")
        yield
