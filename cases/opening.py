"""Flagged decisions become alerts, and alerts become cases."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.utils import timezone as clock

from cases.changing import enter_all
from cases.models import Alert, Case, CaseEntry
from cases.priority import due_at, expected_loss, rank
from cases.undoing import call_off
from clients.models import Institution
from intelligence.rates import current_rates
from scoring.models import Decision
from transactions.models import Customer, Transaction

FLAGGED = (Decision.Status.REVIEW, Decision.Status.DECLINED)


@dataclass(frozen=True, slots=True)
class _Found:
    """A flagged decision with what an alert is made of."""

    row: Transaction
    decision: Decision
    amount: float  # in the institution's currency; 0 without a rate
    loss: float  # in US dollars


@transaction.atomic
def open_alerts(transactions: Sequence[UUID]) -> list[Alert]:
    """An alert for each that has none yet, on its customer's open case or on a new one.

    The decisions must be stored. Repeating it adds nothing. A constant number of queries.
    """
    found = _found(transactions)
    if not found:
        return []
    by_customer: dict[int, list[_Found]] = defaultdict(list)
    for one in found:
        by_customer[one.row.customer_id].append(one)
    cases, new = _cases_of(by_customer)
    call_off(cases.values(), "A new alert joined the case before the verdict took effect.")
    alerts = [
        _alert(one, cases[customer]) for customer, some in by_customer.items() for one in some
    ]
    Alert.objects.bulk_create(alerts)
    _raise_stakes(cases, by_customer)
    enter_all(_entries(alerts, cases, new))
    return alerts


def _found(transactions: Iterable[UUID]) -> list[_Found]:
    rows = (
        Decision.objects.filter(transaction_id__in=list(transactions), status__in=FLAGGED)
        .filter(transaction__alert=None)
        .select_related("transaction")
        .defer("numbers", "texts", "shadow_hits", "transaction__sealed")
        .order_by("transaction_id")
    )
    decisions = list(rows)
    currencies = dict(
        Institution.objects.filter(
            pk__in={decision.institution_id for decision in decisions}
        ).values_list("pk", "base_currency")
    )
    return [_worth(decision, currencies[decision.institution_id]) for decision in decisions]


def _worth(decision: Decision, base: str) -> _Found:
    row = decision.transaction
    rates = current_rates().into(row.currency, (base, "USD"), row.occurred_at.timestamp())
    amounts = {
        currency: float(row.amount) / rates[currency] if rates.get(currency) else 0.0
        for currency in (base, "USD")
    }
    loss = expected_loss(
        amounts["USD"], probability=decision.ml_probability, score=decision.fraud_score
    )
    return _Found(row, decision, amounts[base], loss)


def _cases_of(by_customer: Mapping[int, list[_Found]]) -> tuple[dict[int, Case], set[int]]:
    """The open case of each customer, locked, and the customers whose case is new.

    The customers' rows are locked first, so that two workers cannot both open one.
    """
    customers = sorted(by_customer)
    list(
        Customer.objects.select_for_update(no_key=True)
        .filter(pk__in=customers)
        .order_by("pk")
        .values_list("pk")
    )
    open_cases = Case.objects.filter(customer__in=customers).exclude(status=Case.Status.CLOSED)
    cases = {case.customer_id: case for case in open_cases.select_for_update().order_by("pk")}
    new = {customer for customer in customers if customer not in cases}
    now = clock.now()
    made = Case.objects.bulk_create(
        [_new_case(by_customer[customer][0], now) for customer in sorted(new)]
    )
    return cases | {case.customer_id: case for case in made}, new


def _new_case(one: _Found, now: datetime) -> Case:
    return Case(
        institution_id=one.row.institution_id,
        customer_id=one.row.customer_id,
        vertical=one.row.vertical,
        score=one.decision.fraud_score,
        level=one.decision.risk_level,
        amount=0,
        loss=0.0,
        rank=0.0,
        opened_at=now,
        due_at=due_at(one.decision.risk_level, now),
        version=0,
    )


def _alert(one: _Found, case: Case) -> Alert:
    return Alert(
        case=case,
        transaction=one.row,
        institution_id=one.row.institution_id,
        status=one.decision.status,
        score=one.decision.fraud_score,
        reason=one.decision.top_reason[:400],
        amount=_money(one.amount),
        loss=one.loss,
    )


def _money(amount: float) -> Decimal:
    return Decimal(str(round(amount, 2)))


def _raise_stakes(cases: Mapping[int, Case], by_customer: Mapping[int, list[_Found]]) -> None:
    """What is at risk is the sum of the alerts' amounts; the score is the highest of theirs."""
    for customer, some in by_customer.items():
        case = cases[customer]
        case.amount += sum((_money(one.amount) for one in some), Decimal(0))
        case.loss += sum(one.loss for one in some)
        case.rank = rank(case.loss, case.opened_at)
        worst = max(some, key=lambda one: one.decision.fraud_score).decision
        if worst.fraud_score >= case.score:
            case.score, case.level = worst.fraud_score, worst.risk_level
            case.due_at = min(case.due_at, due_at(case.level, clock.now()))
        case.version += 1
    Case.objects.bulk_update(
        list(cases.values()),
        ["amount", "loss", "rank", "score", "level", "due_at", "version"],
    )


def _entries(alerts: Sequence[Alert], cases: Mapping[int, Case], new: set[int]) -> list[CaseEntry]:
    opened = [CaseEntry(case=cases[customer], kind=CaseEntry.Kind.OPENED) for customer in new]
    alerted = [
        CaseEntry(
            case=alert.case,
            kind=CaseEntry.Kind.ALERTED,
            facts={"transaction": str(alert.transaction_id), "score": alert.score},
        )
        for alert in alerts
    ]
    return opened + alerted
