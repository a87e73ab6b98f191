"""The windowed features over history: as the slow reference says, whatever arrives when."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.catalogue import CATALOGUE
from features.tests.histories import DAY, START, histories, slow_windows
from features.windows.happening import FLAGS, happening
from features.windows.history import frame_of, timeline, with_windows
from features.windows.plan import make_plan

PLAN = make_plan(CATALOGUE)
WINDOWED = [feature.name for feature in CATALOGUE if feature.windowed]
NAMES = [
    "customer",
    "card",
    "device",
    "ip",
    "email",
    "phone",
    "merchant",
    "beneficiary",
    "seller",
    "agent",
    "country",
    "amount",
]


def fast_windows(events, outcomes, complete_since=None):
    frame = with_windows(frame_of(events, outcomes), PLAN, complete_since=complete_since)
    rows = frame.select(WINDOWED).rows(named=True)
    return [{name: value for name, value in row.items() if value is not None} for row in rows]


def windows_of(*rows, **more):
    """The features of events that are given as (seconds after the start, columns by name)."""
    columns = {name: [row.get(name) for _, row in rows] for _, row in rows for name in row}
    frame = pl.DataFrame({"occurred_at": [START + after for after, _ in rows], **columns})
    return with_windows(frame, PLAN, **more)


def values(name, *rows, **more):
    return windows_of(*rows, **more)[name].to_list()


ADA = {"customer": "ada"}


@settings(deadline=None, max_examples=12)
@given(
    histories(),
    st.sampled_from([2, 4_000_000]),
    st.none() | st.sampled_from([0.0, 600.0, 3 * DAY, 31 * DAY]),
)
def test_it_says_what_the_slow_reference_says(history, pairs_at_once, complete):
    events, outcomes = history
    complete_since = None if complete is None else START + complete
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(timeline, "PAIRS_AT_ONCE", pairs_at_once)
        said = fast_windows(events, outcomes, complete_since)
    assert said == slow_windows(events, outcomes, complete_since)


def test_every_windowed_feature_gets_a_column_of_its_type():
    frame = windows_of((0, ADA))
    for name in WINDOWED:
        is_boolean = CATALOGUE[name].windowed.aggregate == "repeated"
        assert frame.schema[name] == (pl.Boolean if is_boolean else pl.Float64)


def test_columns_and_order_of_the_events_are_kept():
    frame = windows_of((5, {**ADA, "note": "b"}), (0, {**ADA, "note": "a"}))
    assert frame["note"].to_list() == ["b", "a"]


def test_no_events_are_no_error():
    empty = frame_of([])
    answered = with_windows(empty, PLAN)
    assert answered.columns == [*empty.columns, *in_order_of_the_plan()]
    assert answered.is_empty()


def in_order_of_the_plan():
    return [n for entity in PLAN.entities.values() for names in entity.answers for n in names]


@pytest.mark.parametrize(
    ("after", "count"),
    [(595.0, 2.0), (599.9, 2.0), (600.0, 1.0)],
    ids=["119 buckets later", "at their end", "120 buckets later"],
)
def test_a_window_holds_120_buckets_with_the_events_own(after, count):
    assert values("transactions_last_10_minutes", (4.9, ADA), (after, ADA)) == [1.0, count]


def test_events_of_one_moment_are_seen_in_order_of_arrival():
    assert values("velocity_7d", (0, ADA), (0, ADA), (0, ADA)) == [1.0, 2.0, 3.0]


def test_a_late_event_counts_what_came_before_it_but_no_later_bucket():
    counts = values("transactions_last_hour", (0, ADA), (900, ADA), (100, ADA), (901, ADA))
    assert counts == [1.0, 2.0, 2.0, 4.0]


def test_a_late_event_sees_members_that_were_seen_since():
    rows = [(0, {**ADA, "card": "x"}), (900, {**ADA, "card": "y"}), (100, {**ADA, "card": "x"})]
    assert values("unique_cards_last_24h", *rows) == [1.0, 2.0, 2.0]


@pytest.mark.parametrize(("late_by", "own", "next_one"), [(DAY, 1.0, 2.0), (DAY + 0.5, None, 1.0)])
def test_an_event_more_than_a_day_late_is_not_counted_and_its_windows_are_missing(
    late_by, own, next_one
):
    newest, late, later = (2 * DAY, {"customer": "ben"}), (2 * DAY - late_by, ADA), (2 * DAY, ADA)
    assert values("velocity_7d", newest, late, later) == [1.0, own, next_one]


def test_a_window_that_reaches_before_the_records_is_missing():
    counts = windows_of((0, ADA), (3_000, ADA), (4_000, ADA), complete_since=START)
    assert counts["transactions_last_hour"].to_list() == [None, None, 2.0]
    assert counts["velocity_7d"].to_list() == [None] * 3


def test_outcomes_are_known_to_later_events_only():
    rows = [(0, {"card": "x", "declined": True}), (1, {"card": "x"}), (2, {"card": "x"})]
    assert values("card_declines_24h", *rows) == [0.0, 1.0, 1.0]


def test_sums_have_no_rounding_errors():
    rows = [(second, {**ADA, "base_amount": 0.1}) for second in range(10)]
    assert values("amount_last_day", *rows)[-1] == 1.0


def test_an_amount_without_a_rate_is_counted_and_adds_nothing():
    rows = [(0, {**ADA, "base_amount": 5.0}), (1, {**ADA, "base_amount": None})]
    assert values("amount_last_day", *rows) == [5.0, 5.0]


def test_what_is_not_known_is_missing():
    frame = windows_of((0, {**ADA, "merchant": None}), (1, {"customer": None, "merchant": "shop"}))
    assert frame["velocity_7d"].to_list() == [1.0, None]
    assert frame["merchant_transactions_30d"].to_list() == [None, 1.0]
    assert frame["merchant_user_history"].to_list() == [None, None]
    assert frame["duplicate_merchant_24h"].to_list() == [None, None]


@pytest.mark.parametrize(
    ("gap", "seconds"), [(0, 0.0), (30 * DAY - 1, 30 * DAY - 1), (30 * DAY, None)]
)
def test_it_tells_how_long_ago_a_member_was_seen(gap, seconds):
    row = {**ADA, "merchant": "shop"}
    assert values("time_since_last_txn_same_merchant", (0, row), (gap, row)) == [None, seconds]


def test_a_payment_is_told_by_its_amount_and_payee():
    first = {**ADA, "amount": 5.0, "beneficiary": "ben"}
    rows = [(0, first), (1, {**first, "amount": 6.0}), (2, {**first, "beneficiary": "cy"}),
            (3, first), (604, first)]  # fmt: skip
    assert values("payment_repeated_by_customer", *rows) == [False, False, False, True, False]


def test_parties_and_hashes_of_them_come_to_the_same():
    """Entities and members that the frame puts together itself are those of a happening."""
    rows = [
        {name: f"{name}{(i * 7 + len(name)) % 3}" for name in NAMES if (i + len(name)) % 4}
        for i in range(60)
    ]
    amounts = [float(i % 3) for i in range(60)]
    events = [
        happening(
            occurred_at=START + 40 * i,
            amount=amounts[i],
            amount_in_base=amounts[i],
            amount_in_usd=None,
            transaction_type="refund",
            parties={n: v.encode() for n, v in row.items() if n not in ("country", "amount")},
            country=row.get("country"),
        )
        for i, row in enumerate(rows)
    ]
    flags = {"round": [True] * 60, "refund": [True] * 60, "base_amount": amounts}
    told = {name: [row.get(name) for row in rows] for name in NAMES if name != "amount"}
    times = [event.occurred_at for event in events]
    frame = pl.DataFrame({"occurred_at": times, **told, **flags, "amount": amounts})
    by_party = with_windows(frame, PLAN).select(WINDOWED)
    assert by_party.equals(with_windows(frame_of(events), PLAN).select(WINDOWED))


def test_outcomes_join_the_conditions_of_a_happening():
    event = happening(occurred_at=START, amount=5.5, amount_in_base=5.5, amount_in_usd=5.5,
                      transaction_type="loan", parties={"phone": b"p" * 16})  # fmt: skip
    row = frame_of([event], [FLAGS["approved"]]).row(0, named=True)
    assert {name for name in FLAGS if row[name]} == {"small", "loan", "approved"}
