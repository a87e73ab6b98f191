"""The chain notices every kind of tampering, by somebody who can switch the trigger off."""

import io

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from foundation import audit
from foundation.audit_chain import seal_audit_chain, verify_audit_chain
from foundation.models import AuditChain, AuditEntry
from foundation.tests.threads import at_once


def write(count: int) -> None:
    for number in range(count):
        audit.record(
            actor="tests", action="thing.change", subject=f"thing:{number}",
            before={"n": number}, after={"n": number + 1, "text": "Ünï 𝄞", "x": 0.1},
        )  # fmt: skip


def tamper(statement: str, *params: object) -> None:
    connection.check_constraints()  # a table with checks still to come can't be altered
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE foundation_auditentry DISABLE TRIGGER USER")
        cursor.execute(statement, params)
        cursor.execute("ALTER TABLE foundation_auditentry ENABLE TRIGGER USER")


@pytest.mark.django_db
def test_an_untouched_chain_is_whole():
    write(5)
    assert seal_audit_chain() == 5
    write(2)
    assert seal_audit_chain() == 2
    assert seal_audit_chain() == 0
    write(1)
    report = verify_audit_chain()
    assert report.ok
    assert (report.checked, report.unsealed, report.head_sequence) == (7, 1, 7)
    assert AuditChain.objects.count() == 1


@pytest.mark.django_db
def test_an_empty_trail_is_whole():
    assert verify_audit_chain().ok


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("UPDATE foundation_auditentry SET reason = 'x' WHERE sequence = 2", "Entry 2 (id "),
        ("UPDATE foundation_auditentry SET actor_name = 'Tests' WHERE sequence = 2", "Entry 2"),
        (
            """UPDATE foundation_auditentry
            SET after = jsonb_set(after, '{x}', '0.10000000000000000001') WHERE sequence = 2""",
            "Entry 2",
        ),
        (
            """UPDATE foundation_auditentry
            SET recorded_at = recorded_at + interval '1 us' WHERE sequence = 2""",
            "Entry 2",
        ),
        ("DELETE FROM foundation_auditentry WHERE sequence = 2", "Entry 2 is missing"),
        ("DELETE FROM foundation_auditentry WHERE sequence = 1", "Entry 1 is missing"),
        ("DELETE FROM foundation_auditentry WHERE sequence = 4", "ends at entry 3"),
        ("DELETE FROM foundation_auditentry", "ends at entry 0"),
        (
            """UPDATE foundation_auditentry
            SET sequence = CASE sequence WHEN 2 THEN 103 ELSE 102 END WHERE sequence IN (2, 3);
            UPDATE foundation_auditentry SET sequence = sequence - 100 WHERE sequence > 100""",
            "Entry 2 does not follow",
        ),
        (
            "UPDATE foundation_auditentry SET entry_hash = sha256('x') WHERE sequence = 4",
            "Entry 4",
        ),
        ("DELETE FROM foundation_auditchain", "ends at entry 4"),
    ],
)
def test_every_tampering_is_noticed(statement, problem):
    write(4)
    seal_audit_chain()
    tamper(statement)
    report = verify_audit_chain()
    assert not report.ok
    assert any(problem in found for found in report.problems), report.problems


@pytest.mark.django_db
def test_a_chain_that_was_rewritten_in_full_contradicts_a_head_noted_elsewhere():
    write(3)
    seal_audit_chain()
    noted = verify_audit_chain().head_hash.hex()
    assert verify_audit_chain(expect=noted).ok
    tamper(
        "UPDATE foundation_auditentry SET sequence = NULL, previous_hash = NULL, "
        "entry_hash = NULL, actor_name = 'somebody else'"
    )
    AuditChain.objects.all().delete()
    seal_audit_chain()
    assert verify_audit_chain().ok
    assert not verify_audit_chain(expect=noted).ok


@pytest.mark.django_db
def test_the_command_says_what_it_found():
    write(2)
    out, err = io.StringIO(), io.StringIO()
    call_command("audit", "seal", stdout=out)
    call_command("audit", "verify", stdout=out)
    assert "2 entries sealed." in out.getvalue()
    assert "2 entries verified, 0 not sealed yet, " in out.getvalue()
    tamper("DELETE FROM foundation_auditentry WHERE sequence = 1")
    with pytest.raises(CommandError, match="broken: 1 problem"):
        call_command("audit", "verify", stdout=out, stderr=err)
    assert "Entry 1 is missing" in err.getvalue()


@pytest.mark.django_db
def test_sealing_takes_a_constant_number_of_queries(django_assert_max_num_queries):
    write(50)
    with django_assert_max_num_queries(14):
        seal_audit_chain()


@pytest.mark.django_db(transaction=True)
def test_many_sealers_and_writers_at_once_make_one_chain():
    write(30)
    results = at_once(*[seal_audit_chain] * 3, lambda: write(20), lambda: write(20))
    assert not [result for result in results if isinstance(result, Exception)]
    seal_audit_chain()
    report = verify_audit_chain()
    assert report.ok, report.problems
    assert report.checked == 70


@pytest.mark.django_db(transaction=True)
def test_an_entry_that_commits_late_is_sealed_late():
    write(1)

    def late() -> None:
        with transaction.atomic():
            audit.record(actor="tests", action="late", subject="x")
            assert at_once(lambda: (write(1), seal_audit_chain())) == [(None, 2)]

    late()
    assert seal_audit_chain() == 1
    assert verify_audit_chain().ok
    assert AuditEntry.objects.get(action="late").sequence == 3
