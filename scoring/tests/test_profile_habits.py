"""What a transaction changes in the habits, and that the order of arrival changes nothing."""

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.profiles import habits, known
from scoring.profiles.habits import (
    HALF_LIFE_SECONDS,
    LONGEST_CATEGORY,
    LONGEST_CHANNEL,
    MOST_BYTES,
    MOST_DEVICES,
    Habits,
    Seen,
    as_facts,
    learn,
)
from scoring.tests.people import alike

NOON = 1_777_809_600.0  # 2026-05-03 12:00 UTC, a Sunday
DAY = 86_400.0

# Fewer than are kept: when one was forgotten and comes again, the order may well matter.
PLACES = [(6.5, 3.4), (6.9, 3.9), (5.6, -0.2), (-1.3, 36.8), (51.5, -0.1), (90.0, -180.0)]

moments = st.integers(0, 60).map(lambda days: NOON + days * DAY)
words = st.sampled_from(["web", "app", "pos"])
digests = st.integers(0, 5).map(lambda number: bytes([number]) * 16)


def sightings(**fields):
    return st.builds(
        Seen,
        occurred_at=moments,
        ordinary=st.booleans(),
        amount=st.none() | st.floats(0, 1e9),
        usd=st.none() | st.floats(0, 1e9),
        whole=st.booleans(),
        refund=st.none() | st.booleans(),
        mcc=st.none() | st.sampled_from(["8398", "5411"]),
        hour=st.none() | st.integers(0, 23),
        weekday=st.integers(0, 6),
        device=st.none() | st.integers(1, 4),
        merchant=st.none() | digests,
        beneficiary=st.none() | digests,
        network=st.none() | st.integers(1, 3),
        country=st.none() | st.sampled_from(["NG", "GH"]),
        category=st.none() | words,
        channel=st.none() | words,
        place=st.none() | st.sampled_from(PLACES),
        by_address=st.booleans(),
        charged_back_at=st.none() | moments,
        purchase=st.booleans(),
        taken_over=st.booleans(),
        **fields,
    )


@given(st.lists(sightings(), max_size=12), st.randoms(use_true_random=False))
def test_late_events_fold_in_as_if_they_had_been_in_time(events, chance):
    shuffled = list(events)
    chance.shuffle(shuffled)
    alike(learn(Habits(), events), learn(Habits(), shuffled))


@given(st.lists(sightings(), max_size=12), st.integers(0, 12))
def test_it_makes_no_difference_how_events_are_cut_into_batches(events, cut):
    whole = learn(Habits(), events)
    first = habits.read(habits.write(learn(Habits(), events[:cut])))
    alike(whole, learn(first, events[cut:]))


@given(st.lists(sightings(), max_size=12))
def test_what_is_written_is_read_back(events):
    held = learn(Habits(), events)
    assert habits.read(habits.write(held)) == held


@given(st.lists(st.floats(0, 1e9), min_size=2, max_size=30))
def test_mean_deviation_and_maximum_are_those_of_the_amounts(amounts):
    held = learn(Habits(), [Seen(NOON, True, amount=amount) for amount in amounts])
    assert held.mean == pytest.approx(statistics.fmean(amounts), abs=1e-3)
    deviation = (held.squares / (held.counted - 1)) ** 0.5
    assert deviation == pytest.approx(statistics.stdev(amounts), rel=1e-6, abs=1e-3)
    assert held.largest == max(amounts)


def test_what_was_not_ordinary_counts_as_an_attempt_only():
    teaching = Seen(NOON, True, amount=5.0, device=1, country="NG", hour=3, weekday=2)
    held = learn(Habits(), [teaching])
    before = as_facts(held)
    held = learn(
        held, [Seen(NOON + 9, False, amount=9e6, device=6, country="RU", hour=4, weekday=1)]
    )
    changed = {name for name, value in as_facts(held).items() if value != before[name]}
    assert changed == {"attempts", "last_at"}


def test_what_happened_a_half_life_earlier_weighs_half():
    early = Seen(NOON, True, hour=10, weekday=0, amount=100.0)
    late = Seen(NOON + HALF_LIFE_SECONDS, True, hour=20, weekday=1, amount=900.0)
    for events in ([early, late], [late, early]):
        held = learn(Habits(), events)
        hours, weekdays = held.hours_and_weekdays()
        assert (hours[10], hours[20]) == (0.25, 0.5)
        assert (weekdays[0], weekdays[1]) == (0.5, 1.0)
        assert held.log_weight == 1.5
        assert held.mean == 500.0  # plain


def test_each_hour_lends_to_its_neighbours_around_the_clock():
    hours, _ = learn(Habits(), [Seen(NOON, True, hour=0, weekday=0)]).hours_and_weekdays()
    assert (hours[23], hours[0], hours[1]) == (0.25, 0.5, 0.25)
    assert sum(hours) == 1.0


def test_the_devices_seen_last_are_kept():
    events = [Seen(NOON + n, True, device=n) for n in range(1, MOST_DEVICES + 4)]
    held = learn(Habits(), events)
    assert sorted(held.devices.sightings()) == list(range(4, MOST_DEVICES + 4))
    assert (held.devices.given, held.devices.met) == (MOST_DEVICES + 3, MOST_DEVICES + 3)
    assert held.devices.newest == MOST_DEVICES + 3


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(0, 50)), max_size=40))
def test_which_are_kept_depends_on_when_they_were_seen_alone(met):
    things = known.Things()
    for key, at in met:
        things.meet(key, at, 4)
    last: dict[int, int] = {}
    for key, at in met:
        last[key] = max(at, last.get(key, 0))
    newest = sorted(last, key=lambda key: (-last[key], key))[:4]
    assert [(key, seen) for key, (_, seen) in things.sightings().items()] == [
        (key, last[key]) for key in newest
    ]


def test_keys_are_not_mistaken_for_the_bytes_between_two_entries():
    things = known.Things()
    for key in (0, 1, 2**32, 2**40, 2**63):
        things.meet(key, 0x01010101, 10)
    assert 1 in things
    assert 0x0000000101010101 not in things
    assert 0x0101010101010101 not in things


def test_names_too_long_to_keep_are_not_learned():
    long = Seen(NOON, True, category="x" * (LONGEST_CATEGORY + 1), channel="é" * LONGEST_CHANNEL)
    held = learn(Habits(), [long])
    assert not held.categories.members
    assert not held.channels.members


def test_places_after_the_newest_one_do_not_replace_it():
    here = Seen(NOON, True, place=(6.5, 3.4))
    late = Seen(NOON - 60, True, place=(51.5, -0.1), by_address=True)
    assert learn(Habits(), [here, late]).place == (6.5, 3.4, NOON, False)


def test_no_history_makes_it_larger_than_promised():
    events = [
        Seen(
            occurred_at=4.1e9 + number + 0.123,
            ordinary=True,
            amount=1e12 / 3 + number,
            usd=1e9,
            whole=True,
            refund=True,
            mcc="8398",
            hour=number % 24,
            weekday=number % 7,
            device=2**62 + number,
            merchant=number.to_bytes(16, "little"),
            beneficiary=number.to_bytes(16, "little"),
            network=2**32 - 1 - number,
            country=f"{number % 100:02}",
            category=f"{number:0{LONGEST_CATEGORY}}",
            channel=f"{number:0{LONGEST_CHANNEL}}",
            place=(89.9 - number % 170 + 0.0123, 179.123 - number % 300),
            by_address=True,
            charged_back_at=4.1e9 + number,
            purchase=True,
        )
        for number in range(300)
    ]
    taken_over = [Seen(4.1e9 - day * 86_400, False, taken_over=True) for day in range(9)]
    held = learn(Habits(), [*events, *taken_over])
    for name in ("attempts", "learned", "counted", "priced", "large", "whole", "typed", "refunds",
                 "coded", "donations", "timed", "charged_back", "purchases"):  # fmt: skip
        setattr(held, name, 2**32 - 1)
    for name in ("devices", "networks", "cells", "merchants", "beneficiaries", "countries",
                 "categories", "channels"):  # fmt: skip
        members = getattr(held, name)
        members.given = members.met = 2**32 - 1
    assert len(habits.write(held)) <= MOST_BYTES


def test_times_before_1970_are_kept_as_far_as_sets_can():
    held = learn(Habits(), [Seen(-2e9, True, device=1), Seen(NOON, True, device=1)])
    assert held.first_at == -2e9
    assert held.devices.sightings() == {1: (0, int(NOON))}
