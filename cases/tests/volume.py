"""Many cases quickly, as rows: for what is promised at volume."""

from django.db import connection

from clients.models import Institution

_CUSTOMERS = """
INSERT INTO transactions_customer
    (institution_id, reference_hash, reference_sealed, hash_version, first_seen_at)
SELECT %(institution)s, decode(md5(%(institution)s || '-' || n), 'hex'), 'x', 1, now()
FROM generate_series(0, %(number)s - 1) n
RETURNING id
"""
_CASES = """
INSERT INTO cases_case
    (institution_id, customer_id, vertical, status, disposition, typology, suspected, codes, score,
     level, amount, amount_usd, loss, rank, opened_at, due_at, version)
SELECT %(institution)s, customer, (ARRAY['fintech', 'lending', 'crypto'])[n %% 3 + 1], 'open', '',
    '', '', '{}', 70, (ARRAY['critical', 'high', 'medium'])[n %% 3 + 1], n, n, n, n, now(),
    now() + (n %% 2000 - 500) * interval '1 minute', 1
FROM (
    SELECT customer, (place - 1)::int AS n
    FROM unnest(%(customers)s) WITH ORDINALITY AS made (customer, place)
) AS numbered
"""


def many_cases(institution: int, number: int) -> None:
    """Open cases of as many customers; ranks, amounts and losses are 0, 1, 2 ..."""
    with connection.cursor() as cursor:
        cursor.execute(_CUSTOMERS, {"institution": institution, "number": number})
        customers = [pk for (pk,) in cursor.fetchall()]
        cursor.execute(_CASES, {"institution": institution, "customers": customers})
        cursor.execute("ANALYZE cases_case")


def institutions(number: int) -> list[int]:
    rows = Institution.objects.bulk_create(
        Institution(name=f"I{n}", slug=f"i-{n}", base_currency="USD") for n in range(number)
    )
    return [row.pk for row in rows]
