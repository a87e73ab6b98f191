"""A decision is never changed: the database refuses what the application promises not to do."""

from django.db import migrations

REFUSE = """
CREATE FUNCTION scoring_decision_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' AND current_database() LIKE 'test\\_%' THEN
        RETURN NULL;  -- Django's test runner empties all tables between transactional tests
    END IF;
    RAISE EXCEPTION 'Decisions are never changed or deleted: % refused.', TG_OP
        USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE TRIGGER decision_never_changes BEFORE UPDATE OR DELETE ON scoring_decision
    FOR EACH ROW EXECUTE FUNCTION scoring_decision_refuse();
CREATE TRIGGER decision_no_truncate BEFORE TRUNCATE ON scoring_decision
    FOR EACH STATEMENT EXECUTE FUNCTION scoring_decision_refuse();
"""
ALLOW = """
DROP TRIGGER decision_never_changes ON scoring_decision;
DROP TRIGGER decision_no_truncate ON scoring_decision;
DROP FUNCTION scoring_decision_refuse();
"""


class Migration(migrations.Migration):
    dependencies = [("scoring", "0001_initial")]

    operations = [migrations.RunSQL(REFUSE, ALLOW)]
