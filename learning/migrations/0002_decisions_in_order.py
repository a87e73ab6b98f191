"""A number for each decision in the order of writing, for the archive to count by.

The database gives it, so no statement of the hot path names it, and no model shows it. The case
makes sure that the transaction has its number (xid) before it takes a serial: the archive relies on
that order to know when all serials up to one are settled (learning/archive/settled.py). A BRIN
index suffices, as rows are only ever appended, and costs an insert next to nothing.
"""

from django.db import migrations

CREATE = """
CREATE SEQUENCE scoring_decision_serial;
ALTER TABLE scoring_decision ADD COLUMN serial bigint NOT NULL DEFAULT
    CASE WHEN pg_current_xact_id() IS NOT NULL THEN nextval('scoring_decision_serial') END;
ALTER SEQUENCE scoring_decision_serial OWNED BY scoring_decision.serial;
CREATE INDEX decision_serial ON scoring_decision USING brin (serial) WITH (autosummarize = on);
COMMENT ON COLUMN scoring_decision.serial IS 'Order of writing; the archive counts by it';
"""
DROP = "ALTER TABLE scoring_decision DROP COLUMN serial;"


class Migration(migrations.Migration):
    dependencies = [
        ("learning", "0001_initial"),
        ("scoring", "0003_features_as_json"),
    ]

    operations = [migrations.RunSQL(CREATE, DROP)]
