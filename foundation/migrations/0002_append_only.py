"""What the application promises never to change, PostgreSQL refuses to change."""

from django.db import migrations

AUDIT = """
CREATE FUNCTION foundation_audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    sealed constant text[] := ARRAY['sequence', 'previous_hash', 'entry_hash'];
BEGIN
    IF TG_OP = 'UPDATE' THEN
        -- The sealer may fill its three columns, once, and touch nothing else.
        IF OLD.sequence IS NULL AND NEW.sequence IS NOT NULL
           AND to_jsonb(NEW) - sealed = to_jsonb(OLD) - sealed THEN
            RETURN NEW;
        END IF;
    ELSIF TG_OP = 'TRUNCATE' AND current_database() LIKE 'test\\_%' THEN
        -- Django's test runner empties all tables between transactional tests.
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'The audit trail is append-only: % refused.', TG_OP
        USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON foundation_auditentry
    FOR EACH ROW EXECUTE FUNCTION foundation_audit_append_only();
CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON foundation_auditentry
    FOR EACH STATEMENT EXECUTE FUNCTION foundation_audit_append_only();
"""
AUDIT_BACK = """
DROP TRIGGER audit_append_only ON foundation_auditentry;
DROP TRIGGER audit_no_truncate ON foundation_auditentry;
DROP FUNCTION foundation_audit_append_only();
"""

APPROVALS = """
CREATE FUNCTION foundation_approval_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    moving constant text[] := ARRAY['state', 'decided_at', 'executed_at', 'error'];
BEGIN
    IF to_jsonb(NEW) - moving <> to_jsonb(OLD) - moving THEN
        RAISE EXCEPTION 'What an approval was asked for is frozen.'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER approval_frozen BEFORE UPDATE ON foundation_approvalrequest
    FOR EACH ROW EXECUTE FUNCTION foundation_approval_frozen();
"""
APPROVALS_BACK = """
DROP TRIGGER approval_frozen ON foundation_approvalrequest;
DROP FUNCTION foundation_approval_frozen();
"""


class Migration(migrations.Migration):
    dependencies = [("foundation", "0001_initial")]

    operations = [
        migrations.RunSQL(AUDIT, AUDIT_BACK),
        migrations.RunSQL(APPROVALS, APPROVALS_BACK),
    ]
