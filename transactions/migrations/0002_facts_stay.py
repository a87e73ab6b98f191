"""Transactions and identities are never deleted: what refers to them has no other protection.

The hot tables carry no foreign keys between each other (see transactions/models.py).
"""

from django.db import migrations

TABLES = ("transaction", "customer", "device", "card")
REFUSE = """
CREATE FUNCTION transactions_refuse_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'Rows of % are never deleted.', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$
"""
TRIGGER = """
CREATE TRIGGER refuse_delete BEFORE DELETE ON transactions_{table}
FOR EACH ROW EXECUTE FUNCTION transactions_refuse_delete()
"""


class Migration(migrations.Migration):
    dependencies = [("transactions", "0001_initial")]

    operations = [
        migrations.RunSQL(REFUSE, "DROP FUNCTION transactions_refuse_delete()"),
        *(
            migrations.RunSQL(
                TRIGGER.format(table=table), f"DROP TRIGGER refuse_delete ON transactions_{table}"
            )
            for table in TABLES
        ),
    ]
