"""A bank with a rule book, and a directory for models."""

import pytest

from scoring.serving.tests.making import forget_all
from scoring.tests.conftest import bank, rule_book, stranger  # noqa: F401


@pytest.fixture(autouse=True)
def models_dir(tmp_path, settings):
    settings.MODELS_DIR = tmp_path / "models"
    forget_all()
    yield settings.MODELS_DIR
    forget_all()
