"""Which columns a model reads, and what it makes of their values."""

import numpy as np
import polars as pl
import pytest

from learning.errors import BadHistory
from learning.training.inputs import choose, matrix_of

FRAME = pl.DataFrame(
    {
        "tx_id": [1, 2, 3, 4],
        "occurred_at": [1.0, 2.0, 3.0, 4.0],
        "amount": [5.0, float("nan"), 1e300, 7.0],
        "twice": [10.0, None, 2e300, 14.0],
        "same": [1.0] * 4,
        "nothing": [None] * 4,
        "flag": [True, None, False, True],
        "channel": ["web", "app", None, "web"],
        "last_transaction_at": [1.0, 2.0, 3.0, 5.0],
    },
    schema_overrides={"nothing": pl.Float64},
)


def test_what_says_nothing_is_left_out():
    kinds = {one.name: one.kind for one in choose(FRAME)}
    assert kinds == {"amount": "number", "flag": "flag", "channel": "category"}


def test_missing_and_endless_numbers_are_missing_and_categories_are_places():
    inputs = choose(FRAME)
    matrix = matrix_of(FRAME, inputs)
    nan = np.nan
    expected = [[5, 1, 1], [nan, nan, 0], [nan, 0, nan], [7, 1, 1]]
    assert np.array_equal(matrix, np.array(expected, np.float32), equal_nan=True)
    unseen = FRAME.with_columns(channel=pl.lit("fax"))
    assert np.isnan(matrix_of(unseen, inputs)[:, 2]).all()


def test_a_feature_that_is_gone_is_named():
    with pytest.raises(BadHistory, match=r"reads channel, which the data no longer have"):
        matrix_of(FRAME.drop("channel"), choose(FRAME))
