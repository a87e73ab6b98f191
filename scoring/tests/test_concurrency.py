"""Races on the real database, with real threads."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from foundation.errors import Conflict
from scoring.models import Decision
from scoring.services import score_transaction
from scoring.tests.making import make_request
from transactions.models import Customer, Transaction

pytestmark = pytest.mark.django_db(transaction=True)
THREADS = 8


def at_once(client, requests):
    """Score all requests at the same moment, each in a thread; exceptions are returned."""
    gate = threading.Barrier(len(requests))

    def one(request):
        try:
            gate.wait()
            return score_transaction(client=client, request=request, source="test")
        except Conflict as conflict:
            return conflict
        finally:
            connection.close()

    with ThreadPoolExecutor(len(requests)) as pool:
        return list(pool.map(one, requests))


def test_duplicates_at_once_get_one_decision(bank):
    score_transaction(client=bank, request=make_request(), source="test")
    answers = at_once(bank, [make_request(transaction_id="t-1")] * THREADS)
    assert len({answer.decided_at for answer in answers}) == 1
    assert sum(not answer.replayed for answer in answers) == 1
    assert Transaction.objects.filter(external_id="t-1").count() == 1
    assert Decision.objects.count() == 2


def test_one_id_with_different_fields_at_once_lets_one_through(bank):
    requests = [make_request(transaction_id="t-1", amount=float(n)) for n in range(1, THREADS + 1)]
    answers = at_once(bank, requests)
    assert sum(not isinstance(answer, Conflict) for answer in answers) == 1
    assert Transaction.objects.count() == 1


def test_a_new_customer_who_comes_several_times_at_once_is_one_customer(bank):
    who = {"device_id": "d-1", "card_token": "c-1"}
    answers = at_once(bank, [make_request(user_id="new", identifiers=who) for _ in range(THREADS)])
    assert len({answer.transaction_id for answer in answers}) == THREADS
    assert Customer.objects.count() == 1
    assert Transaction.objects.filter(customer=Customer.objects.get()).count() == THREADS
