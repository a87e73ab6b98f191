"""The timeline, outcomes, files and approved reports: what is promised never to change, the
database refuses to change."""

from django.db import migrations

REFUSE = """
CREATE FUNCTION cases_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Django's test runner empties all tables between transactional tests.
    IF TG_OP = 'TRUNCATE' AND current_database() LIKE 'test\\_%' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION '% is append-only: % refused.', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE FUNCTION cases_report_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    -- Sealed anew under another key; what an approved one says is bound by its digest.
    rekeyed constant text[] := ARRAY['sealed'];
    moving constant text[] := ARRAY['sealed', 'state', 'approval_id'];
BEGIN
    IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - moving = to_jsonb(OLD) - moving
       AND (OLD.state <> 'approved' OR to_jsonb(NEW) - rekeyed = to_jsonb(OLD) - rekeyed) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'A version of a report is kept as it is: % refused.', TG_OP
        USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE TRIGGER report_frozen BEFORE UPDATE OR DELETE ON cases_activityreport
    FOR EACH ROW EXECUTE FUNCTION cases_report_frozen();
"""
REFUSE_BACK = """
DROP TRIGGER report_frozen ON cases_activityreport;
DROP FUNCTION cases_report_frozen();
DROP FUNCTION cases_append_only();
"""
TRIGGERS = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON cases_{table}
    FOR EACH ROW EXECUTE FUNCTION cases_append_only();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON cases_{table}
    FOR EACH STATEMENT EXECUTE FUNCTION cases_append_only();
"""
TRIGGERS_BACK = """
DROP TRIGGER append_only ON cases_{table};
DROP TRIGGER no_truncate ON cases_{table};
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0001_initial")]

    operations = [
        migrations.RunSQL(REFUSE, REFUSE_BACK),
        *(
            migrations.RunSQL(TRIGGERS.format(table=table), TRIGGERS_BACK.format(table=table))
            for table in ("attachment", "caseentry", "reviewoutcome")
        ),
    ]
