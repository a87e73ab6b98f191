import logging

import pytest

from foundation.outbox import drain_outbox, publish
from learning.events import DriftFound, TrainingEnded
from scoring.events import ModelFailed

pytestmark = pytest.mark.django_db


def test_a_model_that_cannot_be_used_raises_a_system_alert(caplog):
    publish(ModelFailed(version="first", fault="model.onnx is gone"), subject="first")

    with caplog.at_level(logging.CRITICAL):
        drain_outbox()

    assert "system alert: model first cannot be used" in caplog.text
    assert "model.onnx is gone" in caplog.text


@pytest.mark.parametrize(("verdict", "level"), [("act", "CRITICAL"), ("watch", "WARNING")])
def test_drift_to_act_on_wakes_people_and_drift_to_watch_is_written_down(caplog, verdict, level):
    found = DriftFound("first", "2026-06-30", verdict, "amount has moved", {"amount": 0.3})
    publish(found, subject="first")

    with caplog.at_level(logging.WARNING):
        drain_outbox()

    [line] = [one for one in caplog.records if "system alert" in one.message]
    assert line.levelname == level
    assert "amount has moved" in line.message


@pytest.mark.parametrize(("state", "level"), [("failed", "WARNING"), ("done", "INFO")])
def test_trainings_are_noted(caplog, state, level):
    publish(TrainingEnded(7, "labels", state, "how it went"), subject="training 7")

    with caplog.at_level(logging.INFO):
        drain_outbox()

    [line] = [one for one in caplog.records if "training 7" in one.message]
    assert line.levelname == level
