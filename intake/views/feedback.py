"""Feedback: what transactions turned out to be, one at a time or in bulk."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final, Literal

import msgspec
from django.http import HttpRequest, HttpResponse
from msgspec import UNSET, UnsetType

from clients.authentication import Client
from foundation.errors import FieldError, Problem
from intake.body import media_of, parse_object, read_body
from intake.doors import door
from intake.feedback import BULK_MEDIA, Item, read_many, read_one
from intake.formats.native import NATIVE
from intake.views.answers import json_answer
from scoring.models import Decision
from transactions.labels.telling import Outcome, tell
from transactions.models import Label

Status = Literal["recorded", "unchanged", "unknown_transaction", "invalid", "passed_over"]
UNKNOWN: Final = "unknown-transaction"


class CurrentLabel(msgspec.Struct, frozen=True, kw_only=True):
    """The label that counts now: another than the one told when a higher source says otherwise."""

    actual_fraud: bool
    source: str
    typology: str
    known_at: datetime


class FeedbackAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What was recorded, beside what had been predicted: declined counts as predicted fraud."""

    transaction_id: str
    status: Literal["recorded", "unchanged"]
    actual_fraud: bool
    source: str
    typology: str
    known_at: datetime
    predicted_fraud: bool
    fraud_score: int
    correct: bool
    current: CurrentLabel


class ItemAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """One item's result, by its place from 0. `detail` and `errors` say why it was not recorded."""

    index: int
    transaction_id: str | None
    status: Status
    detail: str | UnsetType = UNSET
    errors: tuple[FieldError, ...] | UnsetType = UNSET
    current: CurrentLabel | UnsetType = UNSET


class BulkAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Results in the order of the items, and how many there are of each status."""

    total: int
    recorded: int
    unchanged: int
    unknown_transaction: int
    invalid: int
    passed_over: int
    results: tuple[ItemAnswer, ...]


@door(wire=NATIVE, endpoint="feedback", scope="feedback", methods=("POST",))
def feedback(request: HttpRequest, client: Client) -> HttpResponse:
    """201 for a new label, 200 for one that was there. Ten queries besides the key's."""
    read = read_one(parse_object(read_body(request)).fields)
    [outcome] = tell(institution_id=client.institution_id, feedback=[read], by=client.actor)
    if outcome.problem is not None:
        raise outcome.problem
    status = 201 if outcome.created else 200
    return json_answer(_answer(read.transaction_id, outcome), status=status)


@door(wire=NATIVE, endpoint="feedback_bulk", scope="feedback", methods=("POST",))
def bulk(request: HttpRequest, client: Client) -> HttpResponse:
    """200 with a result for each item; a wrong one takes nothing from the others."""
    items = read_many(read_body(request, BULK_MEDIA), media_of(request))
    told = (item.feedback for item in items if item.feedback is not None)
    outcomes = tell(institution_id=client.institution_id, feedback=told, by=client.actor)
    return json_answer(_bulk_answer(items, outcomes))


def _answer(transaction_id: str, outcome: Outcome) -> FeedbackAnswer:
    label, current = outcome.label, outcome.current
    assert label is not None  # noqa: S101  (no problem, so there are both)
    assert current is not None  # noqa: S101
    decision = Decision.objects.only("status", "fraud_score").get(pk=label.transaction_id)
    predicted = decision.status == Decision.Status.DECLINED
    return FeedbackAnswer(
        transaction_id=transaction_id,
        status="recorded" if outcome.created else "unchanged",
        actual_fraud=label.is_fraud,
        source=label.source,
        typology=label.typology,
        known_at=label.known_at,
        predicted_fraud=predicted,
        fraud_score=decision.fraud_score,
        correct=predicted == current.is_fraud,
        current=_current(current),
    )


def _bulk_answer(items: Sequence[Item], outcomes: Iterator[Outcome]) -> BulkAnswer:
    results = tuple(
        _result(index, item, next(outcomes) if item.feedback is not None else None)
        for index, item in enumerate(items)
    )
    counts = Counter(result.status for result in results)
    return BulkAnswer(
        total=len(results),
        recorded=counts["recorded"],
        unchanged=counts["unchanged"],
        unknown_transaction=counts["unknown_transaction"],
        invalid=counts["invalid"],
        passed_over=counts["passed_over"],
        results=results,
    )


def _result(index: int, item: Item, outcome: Outcome | None) -> ItemAnswer:
    problem = item.problem if outcome is None else outcome.problem
    if problem is not None:
        return _refused(index, item, problem)
    if outcome is None or outcome.current is None:
        return ItemAnswer(index=index, transaction_id=item.transaction_id, status="passed_over")
    return ItemAnswer(
        index=index,
        transaction_id=item.transaction_id,
        status="recorded" if outcome.created else "unchanged",
        current=_current(outcome.current),
    )


def _refused(index: int, item: Item, problem: Problem) -> ItemAnswer:
    return ItemAnswer(
        index=index,
        transaction_id=item.transaction_id,
        status="unknown_transaction" if problem.type == UNKNOWN else "invalid",
        detail=problem.detail,
        errors=problem.errors or UNSET,
    )


def _current(label: Label) -> CurrentLabel:
    return CurrentLabel(
        actual_fraud=label.is_fraud,
        source=label.source,
        typology=label.typology,
        known_at=label.known_at,
    )
