"""What a trained model promises, and the sentence that bad data get."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from learning.errors import BadHistory
from learning.training import search as search_module
from learning.training.anomaly import grow
from learning.training.boosting import Shape, quantised
from learning.training.checkpoints import Checkpoints, data_hash
from learning.training.sample import DAY_SECONDS, check, maturity_of, thinned
from learning.training.tests.worlds import START, end_of, make_sample
from learning.training.trainer import Settings, train
from learning.training.validation import folds_of, training_rows

QUICK = Settings(seeds=(0, 1), shape=Shape(rounds=40), anomaly=False)


@pytest.fixture(scope="module")
def outcome():
    sample = make_sample()
    return train(sample, end_of(sample), replace(QUICK, anomaly=True))


def test_it_ranks_frauds_of_another_world_of_the_same_kind(outcome):
    fresh = make_sample(seed=2)
    found = average_precision_score(fresh.fraud, outcome.trained.probabilities(fresh.matrix))
    assert found > 3 * fresh.fraud.mean()


def test_probabilities_keep_the_natural_prior(outcome):
    fresh = make_sample(seed=3)
    told = outcome.trained.probabilities(fresh.matrix)
    assert told.mean() == pytest.approx(fresh.fraud.mean(), rel=0.15)


def test_drawing_genuine_rows_keeps_the_prior():
    sample = make_sample()
    rows, moment = sample.known(end_of(sample)), end_of(sample)
    whole, drawn = (quantised(sample, rows, moment, most=most) for most in (0, 1_000))
    assert drawn.num_row() < whole.num_row()
    weights, labels = drawn.get_weight(), drawn.get_label()
    assert weights.sum() == pytest.approx(len(rows), rel=1e-5)
    assert weights[labels == 1].sum() == whole.get_label().sum()


def test_the_score_is_aligned_to_false_alarms(outcome):
    held = outcome.held_out
    scores = outcome.trained.alignment(held.margins[held.fraud == 0])
    assert (scores >= 40).mean() == pytest.approx(0.05, abs=0.01)
    assert (scores >= 60).mean() == pytest.approx(0.01, abs=0.005)


def test_the_forest_finds_what_is_unlike_the_rest(outcome):
    forest = outcome.trained.anomaly
    matrix = make_sample(seed=4).matrix[:100].copy()
    plain = forest.score(forest.strangeness(matrix))
    matrix[:, :2] = 9.0
    assert forest.score(forest.strangeness(matrix)).mean() > plain.mean() + 20


def test_the_anomaly_score_stands_for_genuine_traffic_however_much_fraud_there_is():
    sample, moment = make_sample(share=0.3), START + 60 * DAY_SECONDS
    sample.matrix[sample.fraud == 1, :2] += 9.0
    forest = grow(sample, sample.known(moment), moment)
    fresh = make_sample(share=0.3, seed=6)
    scores = forest.score(forest.strangeness(fresh.matrix[fresh.fraud == 0]))
    assert (scores >= 40).mean() == pytest.approx(0.05, abs=0.02)


@pytest.mark.parametrize(("rows", "kept"), [(0, 0), (3, 3), (5, 5), (6, 3), (9, 5), (11, 4)])
def test_no_more_rows_than_wanted_are_left(rows, kept):
    assert len(thinned(np.arange(rows), 5)) == kept


def test_the_same_data_give_the_same_model(outcome):
    sample = make_sample()
    again = train(sample, end_of(sample), QUICK)
    matrix = make_sample(seed=5).matrix
    assert np.array_equal(outcome.trained.margins(matrix), again.trained.margins(matrix))
    assert outcome.trained.facts["data_hash"] == data_hash(sample)


def test_labels_known_later_change_no_fold_that_was_trained_before(outcome):
    sample = make_sample()
    fold = folds_of(sample, end_of(sample))[-1]
    rows = training_rows(sample, fold.start, QUICK.shape)
    assert sample.times[rows].max() <= fold.start - 3 * DAY_SECONDS + 1
    flipped = np.where(sample.known_at > fold.start, 1, sample.fraud).astype(np.int8)
    other = replace(sample, fraud=flipped)
    assert np.array_equal(sample.verdicts(rows, fold.start), other.verdicts(rows, fold.start))


def test_events_older_than_the_maturity_pass_for_genuine_when_only_frauds_are_labelled():
    sample, full = make_sample(only_frauds=True), make_sample()
    assert np.array_equal(sample.known(end_of(sample)), full.known(end_of(full)))
    assert train(sample, end_of(sample), QUICK).trained.facts["frauds"] > 100


@pytest.mark.parametrize(("only_frauds", "young"), [(True, False), (False, True)])
def test_young_rows_count_where_genuine_ones_are_told_of_as_well(only_frauds, young):
    sample, now = make_sample(only_frauds=only_frauds), START + 60 * DAY_SECONDS
    sample = replace(sample, maturity=9 * DAY_SECONDS)
    rows = sample.known(now)
    assert (sample.times[rows].max() > now - sample.maturity) == young
    share = sample.verdicts(rows, now).mean()
    assert share == pytest.approx(sample.fraud.mean(), rel=0.05)


def test_frauds_that_are_too_young_are_told_to_who_waits_for_a_model():
    sample = replace(make_sample(only_frauds=True), maturity=59 * DAY_SECONDS)
    with pytest.raises(BadHistory, match=r"\d+ more are younger than the 59 days"):
        check(sample, START + 60 * DAY_SECONDS)


def test_the_maturity_is_read_off_the_delays_of_frauds():
    sample = make_sample(delay_days=4.5)
    assert maturity_of(sample.times, sample.known_at, sample.fraud) == 5 * DAY_SECONDS


def test_what_was_stopped_goes_on_where_it_was(tmp_path, monkeypatch):
    sample = make_sample()
    settings = replace(QUICK, checkpoints=Checkpoints(tmp_path))
    first = train(sample, end_of(sample), settings)
    monkeypatch.setattr(
        "learning.training.validation.fitted", lambda *_, **__: pytest.fail("fitted again")
    )
    again = train(sample, end_of(sample), settings)
    matrix = sample.matrix[:50]
    assert np.array_equal(first.trained.margins(matrix), again.trained.margins(matrix))
    with pytest.raises(pytest.fail.Exception):
        train(make_sample(seed=9), end_of(sample), settings)


def test_the_search_chooses_what_did_best_and_heeds_the_time(monkeypatch):
    monkeypatch.setattr(search_module, "CHECKED_ROUNDS", (5, 15))
    sample = make_sample()
    folds, said = folds_of(sample, end_of(sample)), []
    shape, trials = search_module.search(
        sample,
        end_of(sample),
        folds,
        seconds=0,
        most_rounds=20,
        checkpoints=Checkpoints(),
        say=said.append,
    )
    assert len(trials) == len(said) == 1
    assert shape.rounds in (5, 15)


def few(sample, rows):
    return replace(
        sample,
        matrix=sample.matrix[:rows],
        times=sample.times[:rows],
        fraud=sample.fraud[:rows],
        known_at=sample.known_at[:rows],
    )


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda s: replace(s, known_at=np.full(len(s.times), np.inf)), "No label is known"),
        (lambda s: replace(s, fraud=np.ones_like(s.fraud)), "genuine ones are needed"),
        (lambda s: replace(s, fraud=np.zeros_like(s.fraud)), "Only 0 frauds are known"),
        (lambda s: few(s, 3), "only 3 transactions"),
        (lambda s: replace(s, inputs=()), "Every feature is missing or the same"),
    ],
)
def test_bad_data_get_one_clear_sentence(spoil, sentence):
    sample = spoil(make_sample())
    with pytest.raises(BadHistory, match=sentence):
        check(sample, START + 61 * DAY_SECONDS)
