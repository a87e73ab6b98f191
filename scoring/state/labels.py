"""What turned out to be fraud, told to the risk of those who took part, when it becomes known."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import msgspec

from features.windows.declaring import BUCKETS, LATE_SECONDS, WINDOWS
from foundation.outbox import Envelope, subscribe
from foundation.redis_scripts import Lua, patient_client, run_many
from scoring.state.counters import state_name
from scoring.state.script import DELAYS_REMEMBERED, HALF_LIVES, RISK_LAYOUT, RISKY
from scoring.state.stored import Stored, stored_recordings
from transactions.events import LabelRecorded
from transactions.labels.precedence import current_labels
from transactions.models import Label

_TELL = Lua((Path(__file__).parent / "labels.lua").read_text(encoding="utf-8"))
_BATCH = 500
_TOLD_UNTIL = "labels_until"
_MONTH = WINDOWS["30d"]
_RING = (
    f"{_MONTH.name}.fraud",
    _MONTH.bucket_seconds,
    BUCKETS,
    _MONTH.seconds + LATE_SECONDS,
)
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


@subscribe(LabelRecorded, name="scoring.risk")
def tell_labels(events: list[Envelope[LabelRecorded]]) -> None:
    """Count each transaction by what is now known of it. Told twice, it counts once."""
    told = dict.fromkeys(UUID(envelope.event.transaction) for envelope in events)
    tell_risk(list(told), known_by=datetime.now(UTC))


def tell_risk(ids: Sequence[UUID], *, known_by: datetime, name: str = "") -> int:
    """Bring the entities of these transactions up to the labels known by then, in their order.

    Of several labels the current one holds (transactions.labels). Returns how many changed
    anything. Raises RedisUnavailableError.
    """
    verdicts = _verdicts(ids, known_by)
    calls = [
        (name or state_name(one.recording.institution_id), _arguments(one, *verdicts[one.id]))
        for one in sorted(stored_recordings(list(verdicts)), key=lambda one: verdicts[one.id][1])
    ]
    return sum(int(changed) for changed in run_many(_TELL, calls)) if calls else 0


def _verdicts(ids: Sequence[UUID], known_by: datetime) -> dict[UUID, tuple[bool, datetime]]:
    """Whether each was fraud, and since when that is known."""
    labels = Label.objects.filter(transaction_id__in=ids, known_at__lte=known_by)
    found = current_labels(labels).values_list("transaction_id", "is_fraud", "known_at")
    return {pk: (is_fraud, known_at) for pk, is_fraud, known_at in found}


def _arguments(one: Stored, fraud: bool, known_at: datetime) -> list[bytes]:
    event = one.recording.happening
    question = (
        event.occurred_at,
        fraud,
        HALF_LIVES,
        one.late,
        RISK_LAYOUT,
        known_at.timestamp(),
        DELAYS_REMEMBERED,
        _RING,
    )
    entities = (
        name.encode() + b":" + event.entities[name] for name in RISKY if name in event.entities
    )
    return [msgspec.msgpack.encode(question), one.recording.record_id, *entities]


def tell_due_labels(
    institution_id: int, *, until: datetime, from_the_beginning: bool = False
) -> int:
    """Tell the labels of imported history that became known up to `until`, by the events' clock.

    For imports, where no event tells of each label. What was told before is remembered with the
    state and left out, unless it is to be told `from_the_beginning`; told again, it changes
    nothing. Returns how many changed anything.
    """
    name = state_name(institution_id)
    with patient_client() as server:
        before = None if from_the_beginning else server.hget(name, _TOLD_UNTIL)
        since = datetime.fromtimestamp(float(before), UTC) if before else _BEGINNING
        if until <= since:
            return 0
        changed = sum(tell_risk(ids, known_by=until) for ids in _due(institution_id, since, until))
        if server.exists(name):
            server.hset(name, _TOLD_UNTIL, repr(until.timestamp()))
    return changed


def _due(institution_id: int, since: datetime, until: datetime) -> Iterator[list[UUID]]:
    """Transactions that a label of that time makes a fraud, or no longer one; in the order in which
    that became known, as the labels' usual delay is of the latest."""
    labels = Label.objects.filter(
        institution_id=institution_id, known_at__gt=since, known_at__lte=until
    )
    frauds = labels.filter(transaction__labels__is_fraud=True).order_by("known_at", "pk")
    ids = list(dict.fromkeys(frauds.values_list("transaction_id", flat=True)))
    for first in range(0, len(ids), _BATCH):
        yield ids[first : first + _BATCH]
