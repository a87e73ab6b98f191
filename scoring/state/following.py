"""What the counters are told after the decision: its outcome, and what was decided without them."""

from collections.abc import Sequence
from itertools import groupby
from uuid import UUID

from features.windows.declaring import OUTCOMES
from features.windows.happening import FLAGS
from foundation.outbox import Envelope, subscribe
from foundation.redis_scripts import Lua, run_many, run_script
from scoring.events import DecisionMade
from scoring.state.counters import REMEMBERED_SECONDS, encode, state_name
from scoring.state.opening import open_state
from scoring.state.script import SCRIPT
from scoring.state.stored import Stored, stored_recordings

_KNOWN_FROM = Lua("""
local since = tonumber(redis.call('HGET', KEYS[1], 'complete_since') or 0)
if since < tonumber(ARGV[1]) then redis.call('HSET', KEYS[1], 'complete_since', ARGV[1]) end
return 'ok'
""")


@subscribe(DecisionMade, name="scoring.counters")
def tell_counters(events: list[Envelope[DecisionMade]]) -> None:
    """Record outcomes; and the transactions that were decided while Redis was away.

    Told twice, it counts once. Raises RedisUnavailableError, so that it is told again.
    """
    made = [envelope.event for envelope in events]
    missed = {UUID(e.transaction) for e in made if "counters" in e.degraded}
    wanted = [UUID(e.transaction) for e in made if e.status in OUTCOMES] + list(missed)
    if not wanted:
        return
    stored = list(stored_recordings(list(dict.fromkeys(wanted))))
    record_missed([one for one in stored if one.id in missed])
    record_outcomes(stored)


def record_missed(stored: Sequence[Stored]) -> None:
    """Count transactions that the counters have not heard of, and open the state where needed.

    One that comes too late to be counted leaves a gap: from its time on the state is not complete.
    """
    for institution, group in groupby(stored, key=lambda one: one.recording.institution_id):
        mine = list(group)
        answers = count(mine, state_name(institution))
        if b"nothing" in answers:
            open_state(institution)
            answers = count(mine, state_name(institution))
        gaps = [
            one.recording.happening.occurred_at
            for one, answer in zip(mine, answers, strict=True)
            if answer == b"late"
        ]
        if gaps:
            _admit_gap(institution, max(gaps))


def count(
    stored: Sequence[Stored], name: str, *, remembered: int = REMEMBERED_SECONDS
) -> list[bytes]:
    """Record transactions in the state of this name; the script's answers."""
    calls = [(name, encode(one.recording, remembered=remembered)) for one in stored]
    return run_many(SCRIPT, calls)


def record_outcomes(stored: Sequence[Stored], name: str = "") -> None:
    """Count approvals and refusals; in the institutions' own states unless one is named."""
    run_many(
        SCRIPT,
        [
            (
                name or state_name(one.recording.institution_id),
                encode(one.recording, outcome=FLAGS[one.status]),
            )
            for one in stored
            if one.status in OUTCOMES and not one.late
        ],
    )


def _admit_gap(institution_id: int, at: float) -> None:
    run_script(_KNOWN_FROM, state_name(institution_id), [repr(at).encode()])
