import base64
import secrets

import pytest

from foundation import checks
from foundation.tests.conftest import make_user


@pytest.fixture
def real(settings):
    """An installation as it should be."""
    settings.DEMO = settings.DEBUG = False
    settings.ENVIRONMENT = "production"
    settings.HTTPS = True
    settings.TWO_FACTOR = "required"
    settings.ALLOWED_HOSTS = ["fraud.bank.test"]
    settings.SECRET_KEY = secrets.token_urlsafe(60)
    settings.FRAUDSHIELD_KEYS = "1:" + base64.b64encode(bytes(range(32))).decode()
    return settings


def ids() -> list[str]:
    found = checks.check_keys() + checks.check_secrets() + checks.check_modes()
    return [message.id for message in found]


def test_a_proper_installation_passes(real):
    assert ids() == []


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("FRAUDSHIELD_KEYS", "1:short", "fraudshield.E001"),
        ("FRAUDSHIELD_KEYS", "", "fraudshield.E001"),
        (
            "FRAUDSHIELD_KEYS",
            "1:" + base64.b64encode(b"0123456789" * 3 + b"01").decode(),
            "fraudshield.E002",
        ),
        ("SECRET_KEY", "short", "fraudshield.E003"),
        ("SECRET_KEY", "demo-" + "x7Kq" * 20, "fraudshield.E003"),
        ("DEMO", True, "fraudshield.E004"),
        ("DEBUG", True, "fraudshield.E005"),
        ("ALLOWED_HOSTS", ["*"], "fraudshield.E006"),
        ("HTTPS", False, "fraudshield.W001"),
        ("TWO_FACTOR", "optional", "fraudshield.W004"),
        ("TWO_FACTOR", "off", "fraudshield.W004"),
    ],
)
def test_each_dangerous_setting_has_its_number_and_a_remedy(real, name, value, expected):
    setattr(real, name, value)
    assert ids() == [expected]
    found = checks.check_keys() + checks.check_secrets() + checks.check_modes()
    assert found[0].hint


def test_the_demo_may_use_its_examples(real):
    real.DEMO, real.ENVIRONMENT = True, "demo"
    real.SECRET_KEY, real.DEBUG, real.ALLOWED_HOSTS = "demo", True, ["*"]
    real.FRAUDSHIELD_KEYS = "1:" + base64.b64encode(b"0" * 32).decode()
    assert ids() == []


@pytest.mark.django_db
def test_users_of_the_demo_are_refused_outside_of_it(real):
    make_user("demo-analyst", is_demo=True)
    assert checks.check_no_demo_users(databases=None) == []
    (error,) = checks.check_no_demo_users(databases=["default"])
    assert (error.id, "demo-analyst" in error.msg) == ("fraudshield.E007", True)
    real.DEMO = True
    assert checks.check_no_demo_users(databases=["default"]) == []


@pytest.mark.django_db
def test_before_the_first_migrate_there_is_nothing_to_check(real, monkeypatch):
    monkeypatch.setattr(checks, "has_table", lambda alias, table: False)
    assert checks.check_no_demo_users(databases=["default"]) == []
