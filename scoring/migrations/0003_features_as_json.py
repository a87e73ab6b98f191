"""A view for reports in plain SQL: each decision's features by name, as JSON by category."""

from django.db import migrations

CREATE = """
CREATE VIEW decision_features AS
SELECT d.transaction_id, d.institution_id, d.decided_at, d.status, d.fraud_score,
       named.category, named.features
FROM scoring_decision d
CROSS JOIN LATERAL (
    SELECT f.category, jsonb_object_agg(f.name, v.value) AS features
    FROM scoring_storedfeature f
    CROSS JOIN LATERAL (
        SELECT CASE
            WHEN f.type = 'boolean' THEN to_jsonb(d.numbers[f.position] = 1)
            WHEN f.is_number THEN to_jsonb(d.numbers[f.position])
            WHEN f.type = 'strings' THEN d.texts[f.position]::jsonb
            ELSE to_jsonb(d.texts[f.position])
        END AS value
    ) v
    WHERE f.catalogue_version = d.catalogue_version AND v.value IS NOT NULL
    GROUP BY f.category
) named;
COMMENT ON VIEW decision_features IS
    'Known features of each decision, one row a decision and category; identifiers are keyed hashes';
"""


class Migration(migrations.Migration):
    dependencies = [("scoring", "0002_decisions_never_change")]

    operations = [migrations.RunSQL(CREATE, "DROP VIEW decision_features")]
