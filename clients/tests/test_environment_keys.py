"""Keys that clients bring along from another system."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command

from clients.authentication import authenticate, forget_cached_keys
from clients.environment_keys import adopt_environment_keys
from clients.errors import KeyRevoked, KeyUnknown
from clients.models import ApiKey
from clients.services import revoke_api_key
from foundation.models import AuditEntry

pytestmark = pytest.mark.django_db
FRONTEND, ADMIN = "frontend-key-of-the-old-system", "admin-key-of-the-old-system"


@pytest.fixture(autouse=True)
def environment(settings, bank):
    settings.API_KEYS_INSTITUTION = bank.slug
    settings.FRONTEND_API_KEY, settings.ADMIN_API_KEY = FRONTEND, ADMIN
    forget_cached_keys()


def test_a_key_of_the_environment_opens_what_its_name_says(bank):
    assert adopt_environment_keys() == (2, 0)
    frontend, admin = authenticate(FRONTEND), authenticate(ADMIN)
    assert frontend.institution_id == admin.institution_id == bank.pk
    assert frontend.scopes == {"score", "read"}
    assert admin.scopes == {"score", "read", "feedback", "webhooks"}


def test_doing_it_again_changes_nothing(bank):
    adopt_environment_keys()
    entries = AuditEntry.objects.count()
    assert adopt_environment_keys() == (0, 0)
    assert (ApiKey.objects.count(), AuditEntry.objects.count()) == (2, entries)


def test_a_key_that_left_the_environment_is_refused(settings):
    adopt_environment_keys()
    settings.ADMIN_API_KEY = "another-key-of-the-admin"
    assert adopt_environment_keys() == (1, 1)
    forget_cached_keys()
    with pytest.raises(KeyUnknown):
        authenticate(ADMIN)
    assert authenticate("another-key-of-the-admin").scopes >= {"webhooks"}
    assert ApiKey.objects.get(revoked_at__isnull=False).name == "ADMIN_API_KEY"


def test_a_revoked_key_stays_revoked_while_the_environment_still_names_it():
    adopt_environment_keys()
    revoke_api_key(
        key=ApiKey.objects.get(name="ADMIN_API_KEY"), by="tests", reason="it was in a chat"
    )
    with pytest.raises(KeyRevoked):
        authenticate(ADMIN)
    with pytest.raises(ImproperlyConfigured, match="ADMIN_API_KEY was revoked"):
        adopt_environment_keys()


def test_neither_key_is_stored():
    adopt_environment_keys()
    for key in ApiKey.objects.all():
        assert FRONTEND.encode() not in bytes(key.secret_hash)
        assert key.prefix not in FRONTEND + ADMIN


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("ADMIN_API_KEY", "short", "ADMIN_API_KEY has fewer than 20 characters"),
        ("API_KEYS_INSTITUTION", "nobody", "'nobody' is none. There are: bank"),
        ("API_KEYS_INSTITUTION", "", "'' is none"),
    ],
)
def test_a_wrong_setting_is_named_and_nothing_is_issued(settings, name, value, sentence):
    setattr(settings, name, value)
    with pytest.raises(CommandError, match=sentence):
        call_command("adopt_environment_keys")
    assert not ApiKey.objects.exists()


def test_without_keys_in_the_environment_no_institution_is_needed(settings):
    settings.FRONTEND_API_KEY = settings.ADMIN_API_KEY = settings.API_KEYS_INSTITUTION = ""
    assert adopt_environment_keys() == (0, 0)


def test_other_texts_are_looked_up_nowhere(django_assert_num_queries):
    with django_assert_num_queries(0), pytest.raises(KeyUnknown):
        authenticate("some-other-key-of-the-old-system")
