"""What the page of a case reads besides its tabs: a constant number of queries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection
from django.db.models import Q, QuerySet
from django.utils import timezone as clock

from cases.alerts.why import Listing, Reason, listings_of, reasons_of
from cases.customers.normal import Side, Transacted, sides
from cases.models import Alert, Case, Closing
from cases.page import consortium
from cases.page.measured import measured
from cases.page.waterfall import Waterfall, waterfall
from features.vector import by_name
from foundation.models import User
from rules.engine import CompiledBook, vertical_values
from rules.models import Ruleset
from rules.registry import exact_book
from scoring.models import CustomerProfile, Decision
from scoring.profiles import habits
from scoring.serving.telling import factors_told

ALERTS_READ: Final = 50
OTHERS_SHOWN: Final = 10
COUNTED_UP_TO: Final = 1_000


@dataclass(frozen=True, slots=True)
class Counts:
    """How much each tab holds; COUNTED_UP_TO at most."""

    transactions: int
    alerts: int
    notes: int
    files: int


@dataclass(frozen=True, slots=True)
class Facts:
    """What the first screen of a case is made of."""

    alerts: int  # that were read: the strongest ones
    more_alerts: bool
    marked: Alert | None  # the strongest, with `transaction.decision`; the picture is of it
    waterfall: Waterfall | None
    listings: Sequence[Listing]
    reports: Sequence[consortium.Report]  # of the consortium, on what it listed
    normal: Sequence[Side]
    learned: int  # ordinary transactions that the profile knows
    others: Sequence[Case]  # of the same customer, newest first
    counts: Counts


def facts_of(case: Case) -> Facts:
    """Five queries; one more for a ruleset that this process has not in memory, one where a model
    decided, and two where the consortium's list was hit."""
    alerts = list(_alerts(case)[: ALERTS_READ + 1])
    decisions = [alert.transaction.decision for alert in alerts[:ALERTS_READ]]
    marked = alerts[0] if alerts else None
    vector = _vector(marked) if marked else {}
    profile = CustomerProfile.objects.filter(pk=case.customer_id).first()
    known = habits.read(profile.habits if profile else b"")
    listings = listings_of([one.inputs for one in decisions])
    return Facts(
        alerts=len(decisions),
        more_alerts=len(alerts) > ALERTS_READ,
        marked=marked,
        waterfall=_waterfall(marked, reasons_of([one.hits for one in decisions]), vector),
        listings=listings,
        reports=consortium.reports(case, listings),
        normal=sides(known, _transacted(marked, case, vector)) if marked else [],
        learned=known.learned,
        others=_others(case),
        counts=_counts(case),
    )


def closings_for(case: Case, user: User) -> tuple[Closing | None, Closing | None]:
    """What waits to take effect: on this case, and as the person's latest elsewhere. One query."""
    mine = Q(by=user, effective_at__gt=clock.now())
    rows = Closing.objects.filter(Q(pk=case.pk) | mine).select_related("by", "case")
    found = {row.pk: row for row in rows.order_by("effective_at")}
    here = found.pop(case.pk, None)
    own = [row for row in found.values() if row.by_id == user.pk]
    return here, own[-1] if own else None


def _alerts(case: Case) -> QuerySet[Alert]:
    """The strongest first, the newer of equals."""
    heavy = [f"transaction__decision__{name}" for name in ("numbers", "texts", "shadow_hits")]
    return (
        case.alerts.select_related("transaction__decision")
        .defer("transaction__sealed", *heavy)
        .order_by("-score", "-pk")
    )


def _vector(alert: Alert) -> dict[str, Any]:
    decision = Decision.objects.only("numbers", "texts", "catalogue_version").get(
        pk=alert.transaction_id
    )
    return by_name(decision.numbers, decision.texts, decision.catalogue_version)


def _transacted(alert: Alert, case: Case, vector: Mapping[str, Any]) -> Transacted:
    return Transacted(
        amount=float(alert.amount),
        currency=case.institution.base_currency,
        device=alert.transaction.device_id,
        values=vector,
    )


def _waterfall(
    alert: Alert | None, reasons: Sequence[Reason], vector: Mapping[str, Any]
) -> Waterfall | None:
    if alert is None:
        return None
    decision = alert.transaction.decision
    book = _book(decision.ruleset_number)
    config = book.configs.get(alert.transaction.vertical) if book else None
    weights = (config.rules_weight, config.ml_weight) if config else None
    told = None
    if decision.model_version:
        told = factors_told(decision, currency=alert.transaction.currency)
    return waterfall(
        decision,
        reasons,
        weights=weights,
        measured=_measured(alert, book, vector) if book else {},
        moved=None if told is None else [(factor.words, factor.points) for factor in told],
    )


def _book(number: int) -> CompiledBook | None:
    try:
        return exact_book(number)
    except Ruleset.DoesNotExist:
        return None


def _measured(alert: Alert, book: CompiledBook, vector: Mapping[str, Any]) -> dict[str, str]:
    row = alert.transaction
    config = book.configs.get(row.vertical)
    limits = vertical_values(config) if config else {}
    said = {hit["code"]: hit["reason"] for hit in row.decision.hits}
    return {
        rule.code: measured(rule.definition, said[rule.code], vector, row.currency, limits)
        for rule in book.snapshot.rules
        if rule.code in said
    }


def _others(case: Case) -> list[Case]:
    rows = Case.objects.filter(customer=case.customer_id).exclude(pk=case.pk)
    return list(rows.select_related("institution").order_by("-opened_at")[:OTHERS_SHOWN])


_COUNTS: Final = """
SELECT (SELECT count(*) FROM (SELECT FROM transactions_transaction
                              WHERE customer_id = %(customer)s LIMIT %(most)s) t),
       (SELECT count(*) FROM (SELECT FROM cases_alert
                              WHERE case_id = %(case)s LIMIT %(most)s) a),
       (SELECT count(*) FROM cases_caseentry WHERE case_id = %(case)s AND kind = 'noted'),
       (SELECT count(*) FROM cases_attachment WHERE case_id = %(case)s)
"""


def _counts(case: Case) -> Counts:
    """One query."""
    params = {"customer": case.customer_id, "case": case.pk, "most": COUNTED_UP_TO}
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, params)
        return Counts(*cursor.fetchone())
