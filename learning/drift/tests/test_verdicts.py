"""How a model does by what is known now: told only as surely as it is known."""

import numpy as np
import pytest

from learning.drift.recent import Judged
from learning.drift.verdicts import performance_of

CARD = {"figures": {"average_precision": 0.8, "calibration_error": 0.001}}


@pytest.mark.parametrize(("customers", "worse"), [(60, True), (2, False)])
def test_missed_frauds_of_one_customer_are_no_sure_sign_that_it_became_worse(customers, worse):
    """Of sixty frauds the model found the first thirty and missed the others."""
    fraud = np.arange(700) < 60
    probability = np.where(np.arange(700) < 30, 0.9, np.where(fraud, 0.0, 0.1))
    customer = np.where(fraud, np.arange(700) * customers // 60, np.arange(700))
    judged = Judged(probability, fraud, np.zeros(700, bool), customer)

    found = performance_of(judged, CARD)

    assert found["average_precision"] == pytest.approx(0.5, abs=0.05)
    assert found["worse"] is worse
