"""Reading back: decisions and transactions, each institution its own. Identifiers come masked.

What belongs to somebody else is not found, like what does not exist: an answer must not tell that
another client has a transaction of this name.
"""

from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

import msgspec
from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.views import APIView

from clients.authentication import Client
from clients.throttling import Allowance, take
from foundation.errors import NotFound
from intake.doors import put_on
from intake.filters import read_filters
from intake.metrics import measured
from intake.presenting import present_decision, present_page, present_transaction
from intake.queries import decision_of, page_of, transaction_of
from intake.views.answers import json_answer

LONGEST_ID = 128
T = TypeVar("T")


class _Reading(APIView):
    """GET with a key of scope `read`."""

    required_scope: ClassVar[str] = "read"
    http_method_names = ["get", "head", "options"]
    allowance: Allowance | None = None

    def check_throttles(self, request: Request) -> None:
        self.allowance = take(_client(request))

    def finalize_response(self, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(*args, **kwargs)
        return put_on(response, self.allowance.headers() if self.allowance else {})


class DecisionView(_Reading):
    """The decision on one transaction, as it was answered, with its features."""

    def get(self, request: Request, transaction_id: str) -> HttpResponse:
        return _json(present_decision(_find(decision_of, request, transaction_id)))


class TransactionView(_Reading):
    """One transaction with its outcome."""

    def get(self, request: Request, transaction_id: str) -> HttpResponse:
        return _json(present_transaction(_find(transaction_of, request, transaction_id)))


class TransactionsView(_Reading):
    """Transactions, newest arrival first, filtered and in pages."""

    def get(self, request: Request) -> HttpResponse:
        filters = read_filters(request.query_params)
        return _json(present_page(page_of(_institution(request), filters)))


def _find(query: Callable[[int, str], T | None], request: Request, transaction_id: str) -> T:
    # What could never have been stored is not worth a query, and some of it the database refuses.
    sane = len(transaction_id) <= LONGEST_ID and transaction_id.isprintable()
    found = query(_institution(request), transaction_id) if sane else None
    if found is None:
        raise NotFound("There is no transaction of this ID.")
    return found


def _institution(request: Request) -> int:
    return _client(request).institution_id


def _client(request: Request) -> Client:
    client = request.auth
    assert isinstance(client, Client)  # noqa: S101  (the permission has looked)
    return client


def _json(found: msgspec.Struct) -> HttpResponse:
    return json_answer(found, headers={"Cache-Control": "no-store"})


decision = measured("decision")(DecisionView.as_view())
transaction = measured("transaction")(TransactionView.as_view())
transactions = measured("transactions")(TransactionsView.as_view())
