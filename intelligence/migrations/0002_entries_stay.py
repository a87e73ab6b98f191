"""Entries of lists are ended, never deleted: they are what was known when a decision was made."""

from django.db import migrations

REFUSE = """
CREATE FUNCTION intelligence_refuse_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'Rows of % are never deleted.', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$
"""
TRIGGER = """
CREATE TRIGGER refuse_delete BEFORE DELETE ON intelligence_listentry
FOR EACH ROW EXECUTE FUNCTION intelligence_refuse_delete()
"""


class Migration(migrations.Migration):
    dependencies = [("intelligence", "0001_initial")]

    operations = [
        migrations.RunSQL(REFUSE, "DROP FUNCTION intelligence_refuse_delete()"),
        migrations.RunSQL(TRIGGER, "DROP TRIGGER refuse_delete ON intelligence_listentry"),
    ]
