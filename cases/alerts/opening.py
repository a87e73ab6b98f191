"""Flagged decisions become alerts, and alerts become cases."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.utils import timezone as clock

from cases.alerts.joining import Joined, join_cases
from cases.models import Alert, Case, CaseEntry
from cases.queues.priority import expected_loss, rank
from cases.queues.routing import due_at, take_charge
from cases.services.changing import enter_all
from cases.services.undoing import call_off
from cases.typologies import suspected_of
from clients.models import Institution
from intelligence.rates import current_rates
from rules.definition import FLAGGED
from rules.registry import exact_book
from scoring.models import Decision
from transactions.models import Transaction


@dataclass(frozen=True, slots=True)
class _Found:
    """A flagged decision with what an alert is made of."""

    row: Transaction
    decision: Decision
    amount: float  # in the institution's currency; 0 without a rate
    dollars: float
    loss: float  # in US dollars


@transaction.atomic
def open_alerts(transactions: Sequence[UUID]) -> list[Alert]:
    """An alert for each that has none yet and whose vertical asks for one, on the case that it
    joins (cases/alerts/joining.py) or on a new one.

    The decisions must be stored. Repeating it adds nothing. A constant number of queries.
    """
    found = [one for one in _found(transactions) if _asks_for_alert(one.decision)]
    if not found:
        return []
    now = clock.now()
    by_customer: dict[int, list[_Found]] = defaultdict(list)
    for one in found:
        by_customer[one.row.customer_id].append(one)
    joined = join_cases(by_customer, now)
    call_off(
        set(joined.cases.values()), "A new alert joined the case before the verdict took effect."
    )
    new = {
        customer: _new_case(some[0], now)
        for customer, some in by_customer.items()
        if customer not in joined.cases
    }
    cases = joined.cases | new
    _raise_stakes(cases, by_customer)
    _store(new.values(), joined, now)
    alerts = [
        _alert(one, cases[customer]) for customer, some in by_customer.items() for one in some
    ]
    Alert.objects.bulk_create(alerts)
    enter_all(_entries(alerts, new.values(), joined))
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


def _asks_for_alert(decision: Decision) -> bool:
    """By the policy of the vertical in the ruleset that decided; books are kept in memory."""
    config = exact_book(decision.ruleset_number).configs.get(decision.transaction.vertical)
    return config is None or decision.status in config.alert_on


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
    return _Found(row, decision, amounts[base], amounts["USD"], loss)


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
        due_at=now,
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
    """What is at risk is the sum of the alerts' amounts; the score is the highest of theirs, and
    the kind of fraud suspected that of the strongest which points to one."""
    for customer, some in by_customer.items():
        case = cases[customer]
        case.amount += sum((_money(one.amount) for one in some), Decimal(0))
        case.amount_usd += sum(one.dollars for one in some)
        case.loss += sum(one.loss for one in some)
        case.rank = rank(case.loss, case.opened_at)
        codes = {hit["code"] for one in some for hit in one.decision.hits}
        case.codes = sorted({*case.codes, *codes})
        for one in sorted(some, key=lambda one: one.decision.fraud_score):
            _take_worst(case, one.decision)


def _take_worst(case: Case, decision: Decision) -> None:
    suspected = suspected_of(decision.hits)
    if suspected and (not case.suspected or decision.fraud_score >= case.score):
        case.suspected = suspected
    if decision.fraud_score >= case.score:
        case.score, case.level = decision.fraud_score, decision.risk_level


_RAISED = (
    "amount", "amount_usd", "loss", "rank", "codes", "suspected", "score", "level", "due_at",
    "version", "status", "disposition", "typology", "closed_at", "assignee", "warned_at",
    "snoozed_until",
)  # fmt: skip


def _store(new: Collection[Case], joined: Joined, now: datetime) -> None:
    """New cases with their queue; the others with a due time that the new level asks for."""
    known = set(joined.cases.values())
    for case in (*new, *known):
        case.version += 1
    if new:
        take_charge(new, now)
        Case.objects.bulk_create(new)
    for case in known:
        due = due_at(case.queue, case.level, now)
        case.due_at = due if case.pk in joined.reopened else min(case.due_at, due)
    if known:
        Case.objects.bulk_update(known, _RAISED)


def _entries(alerts: Sequence[Alert], new: Iterable[Case], joined: Joined) -> list[CaseEntry]:
    opened = [CaseEntry(case=case, kind=CaseEntry.Kind.OPENED) for case in new]
    alerted = [
        CaseEntry(
            case=alert.case,
            kind=CaseEntry.Kind.ALERTED,
            facts={"transaction": str(alert.transaction_id), "score": alert.score},
        )
        for alert in alerts
    ]
    return opened + joined.entries + alerted
