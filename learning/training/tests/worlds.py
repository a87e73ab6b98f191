"""A small made-up world in which two numbers, a flag and a category tell of fraud."""

import numpy as np

from learning.training.sample import DAY_SECONDS, Sample
from learning.training.trained import Input

START = 1_700_006_400.0  # midnight
INPUTS = (
    Input("amount", "number"),
    Input("pace", "number"),
    Input("night", "flag"),
    Input("channel", "category", ("app", "pos", "web")),
    Input("noise", "number"),
)


def make_sample(rows=6_000, days=60, *, delay_days=3.0, share=0.04, seed=1, only_frauds=False):
    """Labels become known `delay_days` after the event; an eighth of the values is missing."""
    chance = np.random.default_rng(seed)
    matrix = chance.normal(size=(rows, len(INPUTS))).astype(np.float32)
    matrix[:, 2] = chance.random(rows) < 0.2
    matrix[:, 3] = chance.integers(0, 3, rows)
    odds = matrix[:, 0] * 1.2 + matrix[:, 1] + matrix[:, 2] * 1.5 + (matrix[:, 3] == 2)
    line = np.quantile(odds + chance.logistic(size=rows) * 0.5, 1 - share)
    fraud = (odds + chance.logistic(size=rows) * 0.5 > line).astype(np.int8)
    matrix[chance.random(matrix.shape) < 0.125] = np.nan
    times = START + np.sort(chance.random(rows)) * days * DAY_SECONDS
    known_at = times + delay_days * DAY_SECONDS
    if only_frauds:
        known_at[fraud == 0] = np.inf
    return Sample(INPUTS, matrix, times, fraud, known_at, np.ceil(delay_days) * DAY_SECONDS)


def end_of(sample):
    return float(sample.times[-1])
