"""Locking, reading and writing the rows of profiles."""

from collections.abc import Mapping

from django.db import connection
from psycopg2 import Binary

from scoring.profiles import habits
from scoring.profiles.habits import Habits

# By the customer's number, and all of it before any row is locked: two workers with the same
# customers wait for each other in one order, so neither waits for ever.
_MAKE = """
INSERT INTO scoring_customerprofile (customer_id, institution_id, habits, updated_at)
SELECT customer, institution, '', statement_timestamp()
FROM unnest(%s::bigint[], %s::bigint[]) AS wanted (customer, institution)
ORDER BY customer
ON CONFLICT (customer_id) DO NOTHING
"""
_LOCK = """
SELECT customer_id, habits FROM scoring_customerprofile
WHERE customer_id = ANY(%s) ORDER BY customer_id FOR UPDATE
"""
_WRITE = """
UPDATE scoring_customerprofile p SET habits = fresh.habits, updated_at = statement_timestamp()
FROM unnest(%s::bigint[], %s::bytea[]) AS fresh (customer, habits)
WHERE p.customer_id = fresh.customer
"""


def lock_profiles(institution_of: Mapping[int, int]) -> dict[int, Habits]:
    """The habits of these customers, made where there were none, and locked until the commit.

    `institution_of` each customer. Two statements. What is read next sees all that whoever held
    the locks before has committed.
    """
    customers = sorted(institution_of)
    with connection.cursor() as cursor:
        cursor.execute(_MAKE, [customers, [institution_of[customer] for customer in customers]])
        cursor.execute(_LOCK, [customers])
        return {customer: habits.read(content) for customer, content in cursor.fetchall()}


def write_profiles(profiles: Mapping[int, Habits]) -> None:
    """Store the habits of customers that are locked. One statement."""
    contents = [Binary(habits.write(held)) for held in profiles.values()]
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, [list(profiles), contents])
