"""What the pages of a case, and the rooms above, read of cases."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from cases.models import Alert, Case, CaseEntry, ReviewOutcome
from cases.normal import Side, Transacted, sides
from cases.why import Listing, Reason, listings_of, reasons_of
from cases.working import WORK, Filter, waiting
from clients.models import StaffScope
from clients.queries import SEE_ALL
from features.vector import by_name
from foundation.models import User
from scoring.models import CustomerProfile, Decision
from scoring.profiles import habits

ALERTS_SHOWN = 50
ENTRIES_SHOWN = 100
OTHERS_SHOWN = 10
COUNTED_UP_TO = 1_000


@dataclass(frozen=True, slots=True)
class Facts:
    """All that the page of a case shows besides the case itself."""

    alerts: Sequence[Alert]  # newest first, with `transaction.decision`
    more_alerts: bool  # weaker ones that are not among them
    marked: Alert | None  # the strongest, which the customer's habits are compared with
    current: dict[UUID, str]  # status by transaction, where a reviewer has said something
    reasons: Sequence[Reason]
    listings: Sequence[Listing]
    normal: Sequence[Side]
    learned: int  # ordinary transactions that the profile knows
    entries: Sequence[CaseEntry]  # newest first
    more_entries: bool
    others: Sequence[Case]  # of the same customer, newest first


def facts_of(case: Case) -> Facts:
    """Six queries, however much there is."""
    strongest = list(_alerts(case)[: ALERTS_SHOWN + 1])
    alerts = sorted(strongest[:ALERTS_SHOWN], key=lambda alert: alert.pk, reverse=True)
    decisions = [alert.transaction.decision for alert in alerts]
    entries = list(
        case.entries.select_related("by").order_by("-pk")[: ENTRIES_SHOWN + 1],
    )
    marked = strongest[0] if strongest else None
    profile = CustomerProfile.objects.filter(pk=case.customer_id).first()
    known = habits.read(profile.habits if profile else b"")
    return Facts(
        alerts=alerts,
        more_alerts=len(strongest) > ALERTS_SHOWN,
        marked=marked,
        current=current_statuses([alert.transaction_id for alert in alerts]),
        reasons=reasons_of([decision.hits for decision in decisions]),
        listings=listings_of([decision.inputs for decision in decisions]),
        normal=sides(known, _transacted(marked, case)) if marked else [],
        learned=known.learned,
        entries=entries[:ENTRIES_SHOWN],
        more_entries=len(entries) > ENTRIES_SHOWN,
        others=_others(case),
    )


def _alerts(case: Case) -> QuerySet[Alert]:
    """The strongest first, the newer of equals."""
    heavy = [f"transaction__decision__{name}" for name in ("numbers", "texts", "shadow_hits")]
    return (
        case.alerts.select_related("transaction__decision")
        .defer("transaction__sealed", *heavy)
        .order_by("-score", "-pk")
    )


def _transacted(alert: Alert, case: Case) -> Transacted:
    decision = Decision.objects.only("numbers", "texts", "catalogue_version").get(
        pk=alert.transaction_id
    )
    return Transacted(
        amount=float(alert.amount),
        currency=case.institution.base_currency,
        device=alert.transaction.device_id,
        values=by_name(decision.numbers, decision.texts, decision.catalogue_version),
    )


def _others(case: Case) -> list[Case]:
    rows = Case.objects.filter(customer=case.customer_id).exclude(pk=case.pk)
    return list(rows.select_related("institution").order_by("-opened_at")[:OTHERS_SHOWN])


def current_statuses(transactions: Iterable[UUID]) -> dict[UUID, str]:
    """What reviewers made of these transactions, the newest word; those without one are left out.
    One query, none for nothing."""
    wanted = list(transactions)
    if not wanted:
        return {}
    newest = (
        ReviewOutcome.objects.filter(transaction__in=wanted)
        .order_by("transaction_id", "-pk")
        .distinct("transaction_id")
    )
    return dict(newest.values_list("transaction_id", "status"))


def count_waiting(scope: list[int] | None, *, now: datetime) -> int:
    """How many cases nobody has claimed, COUNTED_UP_TO at most."""
    return waiting(Filter(scope), now=now).order_by()[:COUNTED_UP_TO].count()


def colleagues(case: Case, *, but: User) -> QuerySet[User]:
    """Who else may work on the case; unevaluated."""
    scoped = StaffScope.objects.filter(institution=case.institution_id)
    sees = Q(pk__in=scoped.values("user")) | Q(pk__in=User.objects.with_perm(SEE_ALL).values("pk"))
    found: QuerySet[User] = User.objects.with_perm(WORK).filter(sees).exclude(pk=but.pk)
    return found.order_by("username")
