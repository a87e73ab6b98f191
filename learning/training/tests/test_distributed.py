"""Trees fitted by two workers say what one machine's say, but for chance."""

import builtins

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from learning.errors import BadHistory
from learning.training.boosting import Shape, elsewhere, margins_of
from learning.training.checkpoints import Checkpoints
from learning.training.distributed import workers
from learning.training.tests.worlds import end_of, make_sample
from learning.training.validation import boosters_at


def answers(sample):
    """The margins of the last third by a model of the first two."""
    moment = end_of(sample) - 20 * 86_400
    made = boosters_at(sample, moment, Shape(rounds=60), [0], Checkpoints(), most=3_000)
    held = sample.between(moment, end_of(sample))
    return margins_of(made, sample.inputs, sample.matrix[held]), sample.fraud[held]


@pytest.mark.slow
def test_two_workers_learn_what_one_machine_learns():
    pytest.importorskip("distributed", reason="requirements-distributed.txt is not installed")
    sample = make_sample()
    alone, fraud = answers(sample)
    with workers("local:2"):
        together, _ = answers(sample)
    assert elsewhere.get() is None
    assert np.corrcoef(alone, together)[0, 1] > 0.97
    apart = average_precision_score(fraud, together) - average_precision_score(fraud, alone)
    assert abs(apart) < 0.05


def test_without_the_setting_nothing_is_distributed():
    with workers(""):
        assert elsewhere.get() is None


def test_missing_packages_are_one_sentence(monkeypatch):
    real = builtins.__import__

    def gone(name, *rest):
        if name == "distributed":
            raise ImportError("No module named 'distributed'", name="distributed")
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", gone)
    with (
        pytest.raises(BadHistory, match=r"distributed is not installed: pip install -r"),
        workers("local:2"),
    ):
        pass


@pytest.mark.parametrize("address", ["local:", "local:none", "local:0", "local:1000"])
def test_a_wrong_number_of_workers_is_one_sentence(address):
    with pytest.raises(BadHistory, match="must be like local:2"), workers(address):
        pass
