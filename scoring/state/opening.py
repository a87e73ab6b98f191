"""Where an institution's state begins, and since when it holds everything."""

import secrets
from datetime import UTC, datetime
from typing import Final

from foundation.redis_scripts import Lua, RedisUnavailableError, run_script
from scoring.prepare import CLOCK_TOLERANCE_SECONDS
from scoring.state.counters import Reading, Recording, ask, decode, state_name
from scoring.state.script import SCRIPT, Script
from transactions.models import Transaction

ALWAYS: Final = -1e300
"""`complete_since` of a state that holds everything there ever was."""

_OPEN = Lua("""
if redis.call('EXISTS', KEYS[1]) == 0 then
  redis.call('HSET', KEYS[1], 'generation', ARGV[1], 'complete_since', ARGV[2])
end
return 'ok'
""")


def record(recording: Recording, script: Script = SCRIPT) -> Reading:
    """Record a transaction at its entities and read their windows. One round trip; three and a
    query for the first of an institution, or when Redis has lost its memory.

    Raises RedisUnavailableError; then it may or may not have been recorded, and a repeat under the
    same `record_id` counts once.
    """
    answer = ask(recording, script)
    if answer == b"nothing":
        open_state(recording.institution_id, script)
        answer = ask(recording, script)
        if answer == b"nothing":
            raise RedisUnavailableError("the state was removed as soon as it was begun")
    return decode(answer, recording.happening, script)


def open_state(institution_id: int, script: Script = SCRIPT) -> None:
    """Begin an empty state, unless somebody else just did. One query.

    It is complete from the beginning when no transaction is stored, else only for what comes from
    now on: no stored one lies further ahead than the clock's tolerance. `rebuild_counters` counts
    the stored ones.
    """
    empty = not Transaction.objects.filter(institution_id=institution_id).exists()
    now = datetime.now(UTC).timestamp()
    since = ALWAYS if empty else now + CLOCK_TOLERANCE_SECONDS
    begin_state(state_name(institution_id, script), since)


def begin_state(name: str, complete_since: float) -> str:
    """Describe a state under this name, unless there is one; its would-be generation."""
    generation = secrets.token_hex(4)
    arguments = [generation.encode(), repr(complete_since).encode()]
    run_script(_OPEN, name, arguments)
    return generation
