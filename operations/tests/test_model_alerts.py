import logging

import pytest

from foundation.outbox import drain_outbox, publish
from scoring.events import ModelFailed

pytestmark = pytest.mark.django_db


def test_a_model_that_cannot_be_used_raises_a_system_alert(caplog):
    publish(ModelFailed(version="first", fault="model.onnx is gone"), subject="first")

    with caplog.at_level(logging.CRITICAL):
        drain_outbox()

    assert "system alert: model first cannot be used" in caplog.text
    assert "model.onnx is gone" in caplog.text
