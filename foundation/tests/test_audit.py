import pytest
from django.db import IntegrityError, connection, transaction

from foundation import audit
from foundation.logging import request_id_var
from foundation.models import AuditEntry

pytestmark = pytest.mark.django_db


def test_an_entry_says_who_did_what_from_what_to_what_and_why(ada, django_assert_num_queries):
    token = request_id_var.set("request-0001")
    try:
        with django_assert_num_queries(1):
            audit.record(
                actor=ada,
                action="rules.edit",
                subject="rules.rule:high_amount",
                before={"threshold": 5000},
                after={"threshold": 7500},
                reason="too many false alarms",
                institution_id=7,
            )
    finally:
        request_id_var.reset(token)
    entry = AuditEntry.objects.get(action="rules.edit")
    assert (entry.actor, entry.actor_name) == (ada, "ada")
    assert (entry.before, entry.after) == ({"threshold": 5000}, {"threshold": 7500})
    assert (entry.reason, entry.institution_id) == ("too many false alarms", 7)
    assert entry.request_id == "request-0001"
    assert entry.recorded_at is not None


@pytest.mark.parametrize(("actor", "name"), [(None, "system"), ("command:rekey", "command:rekey")])
def test_the_system_acts_under_a_name(actor, name):
    audit.record(actor=actor, action="x.y", subject="z")
    assert AuditEntry.objects.get().actor_name == name


def test_only_what_differs_is_kept():
    assert audit.changes({"a": 1, "b": 2}, {"b": 3, "c": 4}) == (
        {"a": 1, "b": 2, "c": None},
        {"a": None, "b": 3, "c": 4},
    )


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE foundation_auditentry SET reason = 'another'",
        "UPDATE foundation_auditentry SET after = '{\"a\": 2}'",
        """UPDATE foundation_auditentry
        SET sequence = 1, previous_hash = '', entry_hash = '', action = 'forged'""",
        "UPDATE foundation_auditentry SET sequence = 1",
        "DELETE FROM foundation_auditentry",
    ],
)
def test_the_database_refuses_to_change_an_entry(statement):
    audit.record(actor=None, action="x.y", subject="z", after={"a": 1})
    with (
        pytest.raises(IntegrityError),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert AuditEntry.objects.get().after == {"a": 1}


def test_the_database_refuses_to_change_a_sealed_entry_again():
    audit.record(actor=None, action="x.y", subject="z")
    filled = "sequence = 1, previous_hash = 'a', entry_hash = 'b'"
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE foundation_auditentry SET {filled}")  # noqa: S608
        with pytest.raises(IntegrityError), transaction.atomic():
            cursor.execute(f"UPDATE foundation_auditentry SET {filled}")  # noqa: S608
        with pytest.raises(IntegrityError), transaction.atomic():
            cursor.execute(
                "UPDATE foundation_auditentry SET sequence = NULL, previous_hash = NULL, "
                "entry_hash = NULL"
            )


def test_the_table_is_never_emptied_outside_of_tests():
    with connection.cursor() as cursor:
        cursor.execute("SELECT prosrc FROM pg_proc WHERE proname = 'foundation_audit_append_only'")
        (source,) = cursor.fetchone()
        cursor.execute(
            "SELECT count(*) FROM pg_trigger WHERE tgrelid = 'foundation_auditentry'::regclass "
            "AND tgname IN ('audit_append_only', 'audit_no_truncate') AND tgenabled = 'O'"
        )
        assert cursor.fetchone() == (2,)
    assert "current_database() LIKE 'test\\_%'" in source
