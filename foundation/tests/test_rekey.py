"""Rotation of keys, on a table made for the test."""

import base64
import io

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, models
from django.test.utils import isolate_apps

from foundation import crypto, rekey
from foundation.checks import check_keys_open_what_is_stored
from foundation.models import AuditEntry

pytestmark = pytest.mark.django_db

OLD = "1:" + base64.b64encode(bytes(range(32))).decode()
NEW = "2:" + base64.b64encode(bytes(range(1, 33))).decode()


def context(pk: int) -> bytes:
    return f"secret:{pk}".encode()


def rekey_row(row) -> list[str]:
    name = crypto.unseal(row.name_sealed, context=context(row.pk))
    row.name_sealed = crypto.seal(name, context=context(row.pk))
    row.name_hash = crypto.keyed_hash(name.decode(), purpose="customer")
    return ["name_sealed", "name_hash"]


@pytest.fixture
def secret(settings, monkeypatch):
    """A model with one sealed field, registered in a registry of its own; written under key 1."""
    with isolate_apps("foundation"):

        class Secret(models.Model):  # noqa: DJ008
            name_sealed = models.BinaryField()
            other_sealed = models.BinaryField(null=True)
            name_hash = models.BinaryField()

            class Meta:
                app_label = "foundation"

    monkeypatch.setattr(rekey, "_registered", {})
    rekey.register_sealed_model(Secret, rekey_row)
    settings.FRAUDSHIELD_KEYS = OLD
    with connection.schema_editor() as editor:
        editor.create_model(Secret)
    for pk in range(1, 8):
        name = f"name {pk}"
        Secret.objects.create(
            pk=pk,
            name_sealed=crypto.seal(name.encode(), context=context(pk)),
            name_hash=crypto.keyed_hash(name, purpose="customer"),
        )
    return Secret


def versions(model) -> list[int]:
    return [crypto.sealed_version(row.name_sealed) for row in model.objects.order_by("pk")]


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("rekey", *arguments, stdout=out)
    return out.getvalue()


def test_every_row_moves_to_the_new_key_and_stays_readable(secret, settings):
    settings.FRAUDSHIELD_KEYS = f"{NEW},{OLD}"
    assert "key 1: still needed" in run("--status")
    assert "7 rows moved to key 2." in run("--batch", "3")
    assert versions(secret) == [2] * 7
    assert "key 1: no longer used; it may be taken out" in run("--status")
    settings.FRAUDSHIELD_KEYS = NEW
    row = secret.objects.get(pk=5)
    assert crypto.unseal(row.name_sealed, context=context(5)) == b"name 5"
    assert bytes(row.name_hash) == crypto.keyed_hash("name 5", purpose="customer")


def test_a_run_that_was_broken_off_goes_on_where_it_stopped(secret, settings):
    settings.FRAUDSHIELD_KEYS = f"{NEW},{OLD}"
    walk = rekey.rekey_model(rekey.sealed_models()[0], batch=3)
    assert next(walk).done == 3
    walk.close()
    assert versions(secret) == [2, 2, 2, 1, 1, 1, 1]
    assert "4 rows moved" in run()
    assert "0 rows moved" in run()


def test_a_row_that_cannot_be_opened_is_left_and_named(secret, settings):
    settings.FRAUDSHIELD_KEYS = f"{NEW},{OLD}"
    row = secret.objects.get(pk=4)
    row.name_sealed = bytes(row.name_sealed)[:-1] + b"?"
    row.save()
    with pytest.raises(CommandError, match=r"1 rows could not be moved: foundation\.secret:4"):
        run()
    assert versions(secret) == [2, 2, 2, 1, 2, 2, 2]


def test_a_missing_key_is_named_by_the_status(secret, settings):
    settings.FRAUDSHIELD_KEYS = NEW
    assert "key 1: MISSING from FRAUDSHIELD_KEYS" in run("--status")
    with pytest.raises(CommandError, match="7 rows could not be moved"):
        run()


def test_start_and_end_are_audited(secret, settings):
    settings.FRAUDSHIELD_KEYS = f"{NEW},{OLD}"
    run()
    entries = AuditEntry.objects.filter(subject="foundation.keys").order_by("pk")
    assert [(entry.action, entry.after) for entry in entries] == [
        ("rekey.start", {"version": 2}),
        ("rekey.end", {"version": 2, "done": 7, "failed": 0}),
    ]


def test_a_model_without_sealed_fields_is_refused():
    with pytest.raises(TypeError, match="no binary field"):
        rekey.register_sealed_model(AuditEntry, rekey_row)


WRONG = "1:" + base64.b64encode(bytes(range(2, 34))).decode()


@pytest.mark.parametrize("keys", [WRONG, NEW], ids=["wrong", "missing"])
def test_keys_that_open_nothing_are_named_before_the_start(secret, settings, keys):
    settings.FRAUDSHIELD_KEYS = keys
    (found,) = check_keys_open_what_is_stored(databases=["default"])
    assert (found.id, "foundation.secret" in found.msg) == ("fraudshield.E009", True)


def test_a_wrong_key_is_found_after_rows_were_written_with_it(secret, settings):
    settings.FRAUDSHIELD_KEYS = WRONG
    secret.objects.create(pk=8, name_sealed=crypto.seal(b"x", context=context(8)), name_hash=b"")
    assert len(check_keys_open_what_is_stored(databases=["default"])) == 1


@pytest.mark.parametrize("keys", [OLD, f"{NEW},{OLD}"], ids=["same", "rotating"])
def test_keys_that_open_what_is_stored_are_passed(secret, settings, keys):
    settings.FRAUDSHIELD_KEYS = keys
    assert check_keys_open_what_is_stored(databases=["default"]) == []
    assert versions(secret) == [1] * 7


def test_without_rows_or_tables_any_key_is_passed(secret, settings):
    secret.objects.all().delete()
    settings.FRAUDSHIELD_KEYS = WRONG
    assert check_keys_open_what_is_stored(databases=["default"]) == []
    assert check_keys_open_what_is_stored(databases=None) == []
