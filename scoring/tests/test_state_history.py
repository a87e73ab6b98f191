"""Online equals offline: the server's answers are those that Polars works out over the history."""

from itertools import count

from hypothesis import HealthCheck, given, settings

from features.catalogue import CATALOGUE
from features.tests.histories import histories
from features.windows.history import frame_of, with_windows
from features.windows.plan import make_plan
from foundation import redis_scripts
from foundation.redis_scripts import client, run_script
from scoring.state.counters import Recording, ask, decode, encode, state_name
from scoring.state.opening import ALWAYS, begin_state

PLAN = make_plan(CATALOGUE)
_numbers = count(1)


def online(events, outcomes):
    """The answers, event by event; each outcome becomes known before the next event."""
    redis_scripts.forget_failure()
    institution = 900_000_000 + next(_numbers)
    name = state_name(institution)
    begin_state(name, ALWAYS)
    found = []
    for event, outcome in zip(events, outcomes, strict=True):
        recording = Recording(institution, str(next(_numbers)).encode(), event)
        reading = decode(ask(recording), event)
        found.append(reading.answers)
        if outcome and not reading.late:
            run_script(_script(), name, encode(recording, outcome=outcome))
    with client() as server:
        for key in server.scan_iter(f"fs:{{{institution}}}:*", count=10_000):
            server.delete(key)
    return found


def _script():
    from scoring.state.script import SCRIPT

    return SCRIPT


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(histories())
def test_online_equals_offline(history):
    events, outcomes = history
    frame = with_windows(frame_of(events, outcomes), PLAN)
    names = [feature.name for feature in CATALOGUE if feature.windowed]
    offline = [
        {name: value for name, value in row.items() if value is not None}
        for row in frame.select(names).to_dicts()
    ]
    assert online(events, outcomes) == offline
