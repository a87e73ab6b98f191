"""Models in a directory of the test's own, and people who may and may not promote them."""

import pytest
from django.core.management import call_command

from foundation.models import User
from foundation.roles import ANALYST, RISK_MANAGER, assign_roles
from scoring.serving.tests.making import forget_all
from scoring.tests.conftest import bank, rule_book  # noqa: F401


@pytest.fixture(autouse=True)
def models_dir(tmp_path, settings):
    settings.MODELS_DIR = tmp_path / "models"
    settings.ARCHIVE_URL = str(tmp_path / "archive")
    forget_all()
    yield settings.MODELS_DIR
    forget_all()


@pytest.fixture
def people(db):
    call_command("sync_roles", verbosity=0)
    made = {}
    for name, role in (("grace", RISK_MANAGER), ("joan", RISK_MANAGER), ("ada", ANALYST)):
        made[name] = User.objects.create_user(name, is_staff=True)
        assign_roles(user=made[name], roles=[role], by="test")
    return made
