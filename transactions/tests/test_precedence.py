"""Which of several labels counts: one table for the function, the query and the SQL."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from transactions.labels.precedence import (
    PRECEDENCE,
    current_first,
    current_label,
    current_labels,
    rank_of,
)
from transactions.models import Label
from transactions.tests.conftest import make_customer, make_transaction

DAY = datetime(2026, 2, 1, tzinfo=UTC)

# Who says fraud (F) or genuine (G) on which day, in the order of recording; what holds.
TABLE = [
    ("", None),
    ("import F 1", "F"),
    ("import F 2, client G 1", "G"),
    ("client G 2, customer F 1", "F"),
    ("customer F 2, chargeback G 1", "G"),
    ("chargeback F 9, analyst G 1", "G"),
    ("analyst F 1, chargeback G 9, customer G 9, client G 9, import G 9", "F"),
    ("analyst F 1, analyst G 2", "G"),
    ("analyst G 2, analyst F 1", "G"),
    ("client F 1, client G 1", "G"),
    ("client G 1, client F 1", "F"),
    ("chargeback F 3, chargeback G 5, import F 9", "G"),
]


@pytest.fixture
def payment(institution):
    return make_transaction(make_customer(institution))


def record(payment, words):
    labels = []
    for number, word in enumerate(filter(None, words.split(", "))):
        source, verdict, day = word.split()
        label = Label.objects.create(
            transaction=payment,
            institution_id=payment.institution_id,
            is_fraud=verdict == "F",
            source=source,
            known_at=DAY + timedelta(days=int(day)),
        )
        recorded_at = DAY + timedelta(days=20, seconds=number)
        Label.objects.filter(pk=label.pk).update(recorded_at=recorded_at)
        label.refresh_from_db()
        labels.append(label)
    return labels


def verdict(label):
    return label and ("F" if label.is_fraud else "G")


@pytest.mark.django_db
@pytest.mark.parametrize(("words", "holds"), TABLE)
def test_function_query_and_sql_choose_the_same_label(payment, words, holds):
    labels = record(payment, words)
    chosen = current_label(labels)
    assert verdict(chosen) == holds
    assert current_label(reversed(labels)) == chosen
    assert current_labels(Label.objects.all()).first() == chosen
    with connection.cursor() as cursor:
        order = current_first("l")
        cursor.execute(f"SELECT id FROM transactions_label l ORDER BY {order} LIMIT 1")  # noqa: S608
        assert [row[0] for row in cursor.fetchall()] == ([chosen.pk] if chosen else [])


@pytest.mark.django_db
def test_each_transaction_has_its_own(payment):
    other = make_transaction(payment.customer, external_id="t-2")
    record(payment, "import F 1, analyst G 1")
    record(other, "client F 1")
    told = dict(current_labels(Label.objects.all()).values_list("transaction_id", "is_fraud"))
    assert told == {payment.pk: False, other.pk: True}


@pytest.mark.django_db
def test_what_was_known_then_is_chosen_among_the_labels_of_then(payment):
    labels = record(payment, "client F 1, analyst G 5")
    by_then = [label for label in labels if label.known_at <= DAY + timedelta(days=2)]
    assert verdict(current_label(by_then)) == "F"


def test_every_source_has_a_rank():
    assert [rank_of(source) for source in PRECEDENCE] == list(range(len(Label.Source)))
    with pytest.raises(KeyError):
        rank_of("hearsay")
