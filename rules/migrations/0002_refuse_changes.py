"""Versions, proposals and rulesets never change: the database itself refuses.

Scoring replays decisions by ruleset number, and approvers approved what a proposal says; neither
may depend on the application's good behaviour.
"""

from django.db import migrations

TABLES = ("rules_ruleversion", "rules_proposal", "rules_ruleset")

REFUSE = """
CREATE FUNCTION rules_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are never changed or deleted', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$
"""
TRIGGER = """
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON {table}
FOR EACH ROW EXECUTE FUNCTION rules_refuse_change()
"""
# Django's constraints do not reach into JSON or arrays.
VERTICAL_CHECKS = """
ALTER TABLE rules_vertical
    ADD CONSTRAINT vertical_rule_weights_bounded CHECK (
        jsonb_typeof(rule_weights) = 'object' AND NOT jsonb_path_exists(
            rule_weights, '$.* ? (@.type() != "number" || @ < 0 || @ > 5)')),
    ADD CONSTRAINT vertical_currencies_listed CHECK (
        currencies::text ~ '^[{][A-Z]{3}(,[A-Z]{3})*[}]$')
"""
NO_VERTICAL_CHECKS = """
ALTER TABLE rules_vertical
    DROP CONSTRAINT vertical_rule_weights_bounded,
    DROP CONSTRAINT vertical_currencies_listed
"""


class Migration(migrations.Migration):
    dependencies = [("rules", "0001_initial")]

    operations = [
        migrations.RunSQL(REFUSE, "DROP FUNCTION rules_refuse_change()"),
        *(
            migrations.RunSQL(
                TRIGGER.format(table=table), f"DROP TRIGGER refuse_change ON {table}"
            )
            for table in TABLES
        ),
        migrations.RunSQL(VERTICAL_CHECKS, NO_VERTICAL_CHECKS),
    ]
