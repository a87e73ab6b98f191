"""Locks that belong to a session."""

import pytest
from django.db import connection

from foundation.locks import alone, together

pytestmark = pytest.mark.django_db(transaction=True)

TRY = "SELECT pg_try_advisory_lock{}(hashtextextended(%s, 0))"


@pytest.fixture
def other():
    """Another session: tells whether it gets the lock, and gives it back."""
    session = connection.copy()

    def gets(name, shared=False):
        suffix = "_shared" if shared else ""
        with session.cursor() as cursor:
            cursor.execute(TRY.format(suffix), [name])
            taken = cursor.fetchone()[0]
            if taken:
                cursor.execute(
                    f"SELECT pg_advisory_unlock{suffix}(hashtextextended(%s, 0))", [name]
                )
        return taken

    yield gets
    session.close()


def test_one_holds_it_alone_until_the_end_of_the_block(other):
    with alone("work") as taken:
        assert taken
        assert not other("work")
        assert other("other work")
    assert other("work")


def test_who_comes_second_is_told_so_and_takes_nothing_away(other):
    holder = connection.copy()
    try:
        with holder.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(hashtextextended('work', 0))")
        with alone("work") as taken:
            assert not taken
        assert not other("work")
    finally:
        holder.close()


def test_several_hold_it_together_and_nobody_alone(other):
    with together("reading"):
        assert other("reading", shared=True)
        assert not other("reading")
    assert other("reading")


def test_it_is_given_back_after_an_error(other):
    with pytest.raises(ZeroDivisionError), alone("work"):
        raise ZeroDivisionError
    assert other("work")


@pytest.mark.parametrize("known", [True, False])
def test_a_session_that_died_hides_no_error_and_holds_nothing(other, known):
    def kill():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            pid = cursor.fetchone()[0]
        killer = connection.copy()
        with killer.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
        killer.close()
        if known:
            connection.close()

    def work():
        with alone("work"):
            kill()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        work()
    connection.close()
    assert other("work")


def test_a_new_session_in_the_block_is_left_alone(other):
    with alone("work"):
        connection.close()
        connection.ensure_connection()
    assert other("work")
