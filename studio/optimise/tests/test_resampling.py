"""The bootstrap: fair, repeatable, and the same however the archive is cut."""

import numpy as np
import pytest

from studio.optimise.resampling import Sums, weights_of

CUSTOMERS = np.arange(20_000, dtype=np.uint64) * np.uint64(7)


def test_weights_are_poisson_numbers_of_mean_one():
    drawn = np.array([weights_of(CUSTOMERS, r) for r in range(20)]).astype(float)
    assert drawn.mean() == pytest.approx(1, abs=0.01)
    assert drawn.var() == pytest.approx(1, abs=0.02)
    assert (drawn == 0).mean() == pytest.approx(np.exp(-1), abs=0.005)


def test_a_customer_counts_the_same_whenever_it_is_asked_for():
    whole = weights_of(CUSTOMERS, 3)
    assert (weights_of(CUSTOMERS[5_000:6_000], 3) == whole[5_000:6_000]).all()
    assert (weights_of(CUSTOMERS, 4) != whole).any()
    assert (weights_of(CUSTOMERS, 3, seed=1) != whole).any()


def test_neighbouring_customers_and_replicates_are_unrelated():
    one, other = (weights_of(CUSTOMERS, r).astype(float) for r in (0, 1))
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.03
    assert abs(np.corrcoef(one[1:], one[:-1])[0, 1]) < 0.03


def some(seed: int, number: int):
    """Statuses under four values, truths, amounts, customers."""
    chance = np.random.default_rng(seed)
    cut = chance.integers(0, 5, number)
    statuses = np.array([(cut > value) * 2 for value in range(4)], np.uint8)
    truth = chance.integers(0, 3, number).astype(np.uint8)
    amounts = chance.uniform(1, 100, number)
    customers = chance.integers(0, number // 3, number).astype(np.uint64)
    return statuses, truth, amounts, customers


def plainly(statuses, truth, amounts, weights, step, status, of):
    """The sum that a pattern's cells must come to, counted decision by decision."""
    return sum(
        w for s, t, w in zip(statuses[step], truth, weights, strict=True) if (s, t) == (status, of)
    )


def test_sums_by_pattern_are_what_counting_one_by_one_gives():
    told = some(1, 300)
    statuses, truth, amounts, _ = told
    sums = Sums(4, replicates=5)
    sums.add(*told)
    for step in range(4):
        for status in (0, 2):
            there = sums.table[:, step] == status
            for of in range(3):
                ones = np.ones(len(truth))
                plain = plainly(statuses, truth, amounts, ones, step, status, of)
                assert sums.numbers[0][there][:, of].sum() == plain
                plain = plainly(statuses, truth, amounts, amounts, step, status, of)
                assert sums.amounts[0][there][:, of].sum() == pytest.approx(plain)


def test_a_replicate_counts_each_customer_as_often_as_drawn():
    told = some(2, 300)
    statuses, _, amounts, customers = told
    sums = Sums(4, replicates=3)
    sums.add(*told)
    varies = (statuses != statuses[0]).any(axis=0)
    for replicate in range(3):
        weights = weights_of(customers, replicate).astype(float)
        drawn = sums.amounts[replicate + 1].sum()
        assert drawn == pytest.approx((weights * amounts)[varies].sum())
        absent = sums.left_out_numbers[replicate + 1].sum()
        assert absent == (weights[varies] == 0).sum()


def test_an_archive_read_in_portions_gives_the_same_sums():
    statuses, truth, amounts, customers = some(3, 500)
    whole, parts = Sums(4, replicates=4), Sums(4, replicates=4)
    whole.add(statuses, truth, amounts, customers)
    for cut in (slice(0, 120), slice(120, 130), slice(130, 500)):
        parts.add(statuses[:, cut], truth[cut], amounts[cut], customers[cut])
    order = [parts.patterns[one] for one in whole.patterns]
    for name in ("numbers", "amounts", "left_out_numbers", "left_out_amounts"):
        assert getattr(parts, name)[:, order] == pytest.approx(getattr(whole, name)), name


def test_decisions_that_no_value_changes_are_counted_and_not_drawn():
    sums = Sums(4, replicates=2)
    status = np.array([0, 2, 2], np.uint8)
    sums.add_constant(status, np.array([0, 1, 1], np.uint8), np.array([5.0, 7.0, 8.0]))
    assert sums.numbers[0].sum() == 3
    assert sums.amounts[0].sum() == 20
    assert not sums.numbers[1:].any()


def test_no_decisions_are_no_trouble():
    sums = Sums(3, replicates=2)
    nothing = np.zeros(0)
    sums.add(
        np.zeros((3, 0), np.uint8), nothing.astype(np.uint8), nothing, nothing.astype(np.uint64)
    )
    assert sums.table.shape == (0, 3)
