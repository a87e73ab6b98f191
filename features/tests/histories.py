"""Random histories for the windowed features, and what they come to, worked out the slow way."""

from hypothesis import strategies as st

from features.catalogue import CATALOGUE
from features.windows.declaring import BUCKETS, LATE_SECONDS, OUTCOMES
from features.windows.happening import FLAGS, happening

PARTIES = (
    "customer", "card", "device", "ip", "email", "phone", "address", "merchant", "beneficiary",
    "seller", "agent",
)  # fmt: skip
START = 1_777_809_600.0
DAY = 86_400.0
TYPES = (None, "purchase", "refund", "loan", "cash_out")

# Steps of a bucket, of a window, and of what is just too late: where answers change.
STEPS = st.sampled_from([0.0, 0.0, 0.25, 5.0, 30.0, 300.0, 600.0, 720.0, 3_600.0, 3_599.5, DAY,
                         7 * DAY, 7 * DAY - 0.5, 30 * DAY, 31 * DAY])  # fmt: skip
DELAYS = st.sampled_from([0.0] * 8 + [0.25, 7.0, 600.0, 3_600.0, 40_000.0, DAY - 1, DAY, DAY + 1])


@st.composite
def histories(draw, most=60):
    """Happenings of one institution in order of arrival, and their outcomes: few parties, and times
    that go on in steps but lie back now and then."""
    clock, events, outcomes = START, [], []
    for _ in range(draw(st.integers(1, most))):
        clock += draw(STEPS)
        present = draw(st.sets(st.sampled_from(PARTIES), max_size=6))
        amount = draw(st.sampled_from([0.0, 5.0, 9.99, 120.0, 1_000.5]))
        rate = draw(st.sampled_from([1.0, 1.0, 750.0, None]))
        events.append(
            happening(
                occurred_at=clock - draw(DELAYS),
                amount=amount,
                amount_in_base=None if rate is None else amount / rate,
                amount_in_usd=None if rate is None else amount,
                transaction_type=draw(st.sampled_from(TYPES)),
                parties={
                    name: bytes([draw(st.integers(1, 2))]) * 12 + name.encode()
                    for name in sorted(present | {"customer"})
                },
                country=draw(st.sampled_from([None, "NG", "GH"])),
                high=draw(st.booleans()),
            )
        )
        outcomes.append(draw(st.sampled_from([0, FLAGS["approved"], FLAGS["declined"]])))
    return events, outcomes


def slow_windows(events, outcomes, complete_since=None, features=CATALOGUE):
    """By event, the windowed features that are not missing, read off their description."""
    windowed = [(feature.name, feature.windowed) for feature in features if feature.windowed]
    recorded, answers, newest = [], [], float("-inf")
    for event, outcome in zip(events, outcomes, strict=True):
        newest = max(newest, event.occurred_at)
        found = {}
        if event.occurred_at >= newest - LATE_SECONDS:
            recorded.append((event, event.flags))
            for name, spec in windowed:
                answer = _answer(spec, event, recorded, complete_since)
                if answer is not None:
                    found[name] = answer
            recorded[-1] = (event, event.flags | outcome)
        answers.append(found)
    return answers


def _answer(spec, event, recorded, complete_since):
    own = event.entities.get(spec.entity)
    if own is None:
        return None
    mine = [(e, flags) for e, flags in recorded if e.entities.get(spec.entity) == own]
    if spec.of:
        return _seen(spec, event, [e for e, _ in mine], complete_since)
    return _total(spec, event, mine, complete_since)


def _total(spec, event, mine, complete_since):
    length = spec.span.bucket_seconds
    last = event.occurred_at // length
    first = last - BUCKETS + 1
    if complete_since is not None and first * length < complete_since:
        return None
    there = [
        e
        for e, flags in mine
        if first <= e.occurred_at // length <= last
        and (not spec.where or flags & FLAGS[spec.where])
        and not (e is event and spec.where in OUTCOMES)
    ]
    if spec.aggregate == "count":
        return float(len(there))
    return sum(round((e.amount or 0.0) * 10_000) for e in there) / 10_000


def _seen(spec, event, mine, complete_since):
    start = event.occurred_at - spec.span.seconds
    if complete_since is not None and start < complete_since:
        return None
    latest = {}
    for e in mine if spec.aggregate == "distinct" else mine[:-1]:
        member = e.members.get(spec.of)
        if member is not None:
            latest[member] = max(latest.get(member, e.occurred_at), e.occurred_at)
    if spec.aggregate == "distinct":
        return float(sum(moment > start for moment in latest.values()))
    own = event.members.get(spec.of)
    before = latest.get(own)
    if own is None:
        return None
    if spec.aggregate == "repeated":
        return before is not None and before > start
    return event.occurred_at - before if before and start < before <= event.occurred_at else None
