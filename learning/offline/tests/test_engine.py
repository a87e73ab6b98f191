"""What the features of a history know, and what they must not."""

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from learning.offline.columns import understand
from learning.offline.engine import Engine

DAY = 86_400.0
START = 1_700_000_000.0


def history(days=30):
    """Two events a day at each of two merchants, by four customers."""
    rows = [
        {
            "tx_id": number,
            "occurred_at": START + number * DAY / 4,
            "customer_id": f"c{number % 4}",
            "merchant_id": f"m{number % 2}",
            "amount": 10.0 + number % 7,
            "channel": ("web", "app", "pos")[number % 3],
            "basket": f"b{number % 90}",
            "weight": float(number % 11),
            "gift": number % 5 == 0,
        }
        for number in range(days * 4)
    ]
    return pl.DataFrame(rows)


def labels(*told):
    """(tx_id, known_at in days) of frauds."""
    return pl.DataFrame(
        [{"tx_id": tx, "y": 1, "known_at": START + days * DAY} for tx, days in told],
        schema={"tx_id": pl.Int64, "y": pl.Int64, "known_at": pl.Float64},
    )


def features(events, told, **options):
    engine = Engine(understand(events), **options)
    engine.labels(told)
    return engine.events(events)


def test_a_label_dated_later_changes_nothing_earlier():
    events = history()
    before = features(events, labels((4, 3.0)))
    after = features(events, labels((4, 3.0), (8, 20.0), (9, 20.0)))
    early = events["occurred_at"] < START + 20 * DAY
    assert_frame_equal(before.filter(early), after.filter(early))
    assert not before.filter(~early).equals(after.filter(~early))


def test_moving_a_label_later_hides_it_until_then():
    events = history()
    soon, late = features(events, labels((4, 3.0))), features(events, labels((4, 9.0)))
    day = (events["occurred_at"] - START) / DAY
    between = (day >= 3) & (day < 9) & (events["merchant_id"] == "m0")
    assert soon.filter(between)["merchant_known_frauds"].unique().to_list() == [1.0]
    assert late.filter(between)["merchant_known_frauds"].unique().to_list() == [0.0]
    # Which transactions are settled depends on how long labels take, and that differs for good.
    same = [name for name in soon.columns if "_settled_" not in name]
    assert_frame_equal(soon.filter(day >= 9).select(same), late.filter(day >= 9).select(same))


@pytest.mark.parametrize("cut", [1, 37, 80])
def test_shares_of_a_history_say_what_the_whole_says(cut):
    events, told = history(), labels((4, 3.0), (10, 6.0), (40, 15.5), (41, 15.5))
    whole = features(events, told)
    engine = Engine(understand(events))
    line = events["occurred_at"][cut]
    engine.labels(told.filter(pl.col("known_at") < line))
    first = engine.events(events.head(cut))
    engine.labels(told.filter(pl.col("known_at") >= line))
    rest = engine.events(events.slice(cut))
    assert_frame_equal(pl.concat([first, rest]), whole, rel_tol=1e-9)


def test_a_label_that_is_taken_back_leaves_no_fraud():
    events = history()
    told = pl.concat([labels((4, 3.0)), labels((4, 6.0)).with_columns(y=pl.lit(0, pl.Int64))])
    found = features(events, told).filter(events["merchant_id"] == "m0")
    assert found["merchant_known_frauds"].max() == 1
    assert found["merchant_known_frauds"][-1] == 0
    assert found["merchant_last_fraud_days"][-1] is None


def test_labels_that_come_in_batches_count_from_the_next_batch():
    events = history()
    at_once = features(events, labels((4, 3.1)))
    daily = features(events, labels((4, 3.1)), batch_seconds=DAY)
    first = [f.filter(f["merchant_known_frauds"] > 0)["occurred_at"][0] for f in (at_once, daily)]
    assert first[0] < first[1]


def test_columns_are_understood_by_name_type_and_number_of_values():
    columns = understand(history().with_columns(device_id=pl.lit(5), mcc=pl.lit("5411")))
    assert columns.parties == {
        "customer": "customer_id",
        "merchant": "merchant_id",
        "device": "device_id",
    }
    assert columns.known == {"merchant_category_code": "mcc"}
    assert set(columns.categories) == {"channel", "mcc"}
    assert (columns.numbers, columns.flags, columns.entities) == (
        ("weight",),
        ("gift",),
        ("basket",),
    )


def test_a_generic_column_of_many_values_has_a_risk_of_its_own():
    found = features(history(), labels((4, 3.0)))
    hit = found.filter(history()["basket"] == "b4")
    assert hit["basket_known_frauds"].to_list() == [0.0, 1.0]
    assert hit["basket_seen_30d"][1] == pytest.approx(2 ** -(22.5 / 30))
