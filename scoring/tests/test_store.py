"""The hand-written half of the write: arrays and prepared statements."""

import doctest

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from foundation.prepared import fetch_one
from foundation.sql import Fragment
from scoring import store
from scoring.models import Decision
from scoring.services import score_transaction
from scoring.store import number_array, text_array
from scoring.tests.making import make_request

HARD_TEXTS = ["plain", None, "", "NULL", 'a "quoted" one', "back\\slash", "{,}", "ünï", "a\nb", "'"]
HARD_NUMBERS = [0.0, None, -2e-05, 1e300, 5.0, 0.1 + 0.2, 1795165920.123456]


def test_the_examples_hold():
    assert doctest.testmod(store).failed == 0


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("literal", "kind", "values"),
    [
        (text_array(HARD_TEXTS), "text", HARD_TEXTS),
        (number_array(HARD_NUMBERS), "float8", HARD_NUMBERS),
        (text_array([]), "text", []),
        (number_array([None, None]), "float8", [None, None]),
    ],
)
def test_postgresql_reads_the_arrays_as_they_were(literal, kind, values):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT %s::{kind}[]", [literal])
        assert cursor.fetchone()[0] == values


@pytest.mark.django_db
def test_every_column_of_a_decision_is_written():
    written = set(store._COLUMNS)
    assert written == {field.column for field in Decision._meta.concrete_fields}


@pytest.mark.django_db
def test_a_statement_is_prepared_once_a_connection():
    fragment = Fragment("SELECT %s::int + %s::int AS once", [1, 2])
    with CaptureQueriesContext(connection) as first:
        assert fetch_one(fragment) == (3,)
    with CaptureQueriesContext(connection) as second:
        assert fetch_one(fragment._replace(params=[2, 2])) == (4,)
    assert [q["sql"].split()[0] for q in first] == ["PREPARE", "EXECUTE"]
    assert [q["sql"].split()[0] for q in second] == ["EXECUTE"]


@pytest.mark.django_db(transaction=True)
def test_discarded_statements_are_prepared_again():
    fragment = Fragment("SELECT %s::int AS again", [1])
    fetch_one(fragment)
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")
    with pytest.raises(OperationalError):
        fetch_one(fragment)
    assert fetch_one(fragment) == (1,)


@pytest.mark.django_db
def test_behind_a_pooler_nothing_is_prepared(settings, bank):
    settings.PREPARED_STATEMENTS = False
    with CaptureQueriesContext(connection) as queries:
        score_transaction(client=bank, request=make_request(), source="test")
    assert not [q for q in queries if q["sql"].startswith(("PREPARE", "EXECUTE"))]
