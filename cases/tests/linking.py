"""Customers who share things, for tests of links, graphs and proposals."""

from collections.abc import Sequence
from itertools import count
from typing import Any

from django.utils import timezone as clock

from cases.alerts.opening import open_alerts
from cases.links.keeping import note_links
from cases.models import Case
from scoring.services import score_transaction
from scoring.tests.making import make_request, make_suspicious
from transactions.models import Transaction

_numbers = count(1)


def used(client: Any, user_id: str, *, times: int = 1, **identifiers: str) -> list[Transaction]:
    """Ordinary transactions of a customer with these identifiers; the links know them."""
    return _told(client, [_request(make_request, user_id, identifiers) for _ in range(times)])


def alerted(client: Any, user_id: str, **identifiers: str) -> Case:
    """The customer's open case, with an alert on a transaction with these identifiers."""
    rows = _told(client, [_request(make_suspicious, user_id, identifiers)])
    [alert] = open_alerts([row.pk for row in rows])
    return alert.case


def convicted(client: Any, user_id: str, **identifiers: str) -> Case:
    """The same, with the case closed as confirmed fraud."""
    case = alerted(client, user_id, **identifiers)
    Case.objects.filter(pk=case.pk).update(
        status="closed", disposition="confirmed_fraud", typology="sim_swap", closed_at=clock.now()
    )
    return case


def _request(make: Any, user_id: str, identifiers: dict[str, str]) -> Any:
    name = f"tx-{next(_numbers):04}"
    return make(transaction_id=name, user_id=user_id, identifiers=identifiers)


def _told(client: Any, requests: Sequence[Any]) -> list[Transaction]:
    names = [request.transaction_id for request in requests]
    for request in requests:
        score_transaction(client=client, request=request, source="test")
    rows = Transaction.objects.filter(
        institution_id=client.institution_id, external_id__in=names
    ).order_by("pk")
    note_links([row.pk for row in rows])
    return list(rows)
