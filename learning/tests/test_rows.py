"""Numbers leave the database as they are, to the last bit."""

import polars as pl
import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from learning.archive.rows import read_numbers
from scoring.store import number_array

NUMBERS = st.lists(st.none() | st.floats(allow_nan=False, allow_infinity=False), max_size=8)
HARD = [0.0, -0.0, None, -2e-05, 1e300, 5e-324, 0.1 + 0.2, 1795165920.123456, 2.0**53 + 2]


@given(NUMBERS)
def test_any_number_is_read_as_it_is_written(numbers):
    text = number_array(numbers).replace(" ", "")  # which PostgreSQL does not write
    (found,) = read_numbers(pl.Series([text])).to_list()
    assert found == (numbers or [None])  # nothing at all is a missing first number


@pytest.mark.django_db
def test_numbers_are_read_as_postgresql_writes_them():
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::float8[]::text", [number_array(HARD)])
        (found,) = read_numbers(pl.Series(cursor.fetchone())).to_list()
    assert [repr(number) for number in found] == [repr(number) for number in HARD]


def test_what_is_no_number_is_refused():
    with pytest.raises(pl.exceptions.InvalidOperationError):
        read_numbers(pl.Series(["{1,two}"]))
