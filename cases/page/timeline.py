"""Everything that happened around a case, newest first: changes and notes, the customer's
transactions, alerts, log-ins as supplied, list hits, labels, other cases, webhooks."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from django.urls import reverse

from cases.models import Alert, Case, CaseEntry
from cases.page.words import tell
from cases.typologies import in_words
from clients.webhooks.models import WebhookDelivery
from features.vector import by_name
from foundation.money import format_money
from transactions.feature_text import readable
from transactions.models import Label, Transaction

PAGE: Final = 30
MOST_PAGES: Final = 20

KINDS: Final[Mapping[str, str]] = {
    "": "everything",
    "case": "changes",
    "note": "notes",
    "transaction": "transactions",
    "alert": "alerts",
    "login": "log-ins",
    "list": "list hits",
    "label": "labels",
    "other": "other cases",
    "webhook": "webhooks",
}

LOGINS: Final = (
    "new_device_login",
    "login_country",
    "login_country_mismatch",
    "failed_login_attempts",
    "failed_login_attempts_last_hour",
    "suspicious_login_locations",
    "concurrent_sessions",
    "session_ip_changed",
    "mfa_disabled",
    "login_count_24h",
)
"""What clients tell of the log-in behind a transaction: there are no events of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One line. `look` is a status with the word for it in `mark`, `here` that it is of this
    case."""

    at: datetime
    kind: str
    words: str
    who: str = ""
    text: str = ""
    link: str = ""
    name: str = ""
    look: str = ""
    mark: str = ""
    here: bool = False


_Source = tuple[frozenset[str], Callable[[Case, int], Iterable[Moment]]]


@dataclass(frozen=True, slots=True)
class Timeline:
    moments: Sequence[Moment]
    kind: str
    number: int  # of the page, from 1
    more: bool


def timeline(
    case: Case, *, kind: str = "", number: int = 1, hidden: Collection[str] = ()
) -> Timeline:
    """One page of it; seven queries at most, however much there is. `hidden` are kinds of entries
    that are left out."""
    kind = kind if kind in KINDS else ""
    number = min(max(number, 1), MOST_PAGES)
    most = number * PAGE + 1
    sources: list[_Source] = [(_CHANGES, partial(_entries, hidden=hidden)), *_SOURCES]
    wanted = [read for kinds, read in sources if not kind or kind in kinds]
    found = [moment for read in wanted for moment in read(case, most)]
    if kind:
        found = [moment for moment in found if moment.kind == kind]
    found.sort(key=lambda moment: moment.at, reverse=True)
    shown = found[(number - 1) * PAGE : number * PAGE]
    return Timeline(shown, kind, number, len(found) > number * PAGE and number < MOST_PAGES)


def _entries(case: Case, most: int, *, hidden: Collection[str]) -> Iterable[Moment]:
    entries = case.entries.exclude(kind__in=hidden).select_related("by")
    rows = list(entries.order_by("-pk")[:most])
    numbers = {row.facts.get("transaction") for row in rows if row.kind == CaseEntry.Kind.ALERTED}
    names = _names(case, numbers - {None})
    kinds = {CaseEntry.Kind.ALERTED: "alert", CaseEntry.Kind.NOTED: "note"}
    for row in rows:
        told = tell(row, names)
        yield Moment(
            at=row.at,
            kind=kinds.get(CaseEntry.Kind(row.kind), "case"),
            words=told.words,
            who=row.by.get_username() if row.by else "system",
            text=row.text,
            link=told.link,
            name=told.name,
            here=True,
        )


def _names(case: Case, numbers: Iterable[Any]) -> dict[str, str]:
    rows = Transaction.objects.filter(pk__in=list(numbers), alert__case=case)
    return {str(pk): name for pk, name in rows.values_list("pk", "external_id")}


def _transactions(case: Case, most: int) -> Iterable[Moment]:
    rows = Transaction.objects.filter(customer=case.customer_id).order_by("-pk")
    fields = ("pk", "occurred_at", "external_id", "transaction_type", "amount", "currency")
    decided = ("decision__status", "decision__fraud_score", "alert__case")
    for row in rows.values_list(*fields, *decided)[:most]:
        pk, at, name, kind, amount, currency, status, score, its_case = row
        yield Moment(
            at=at,
            kind="transaction",
            words=f"{kind or 'transaction'} of {format_money(amount, currency)}"
            + (f", score {score}" if status else ", not decided"),
            link=_decision(pk) if status else "",
            name=name,
            look=status or "",
            mark=status or "",
            here=its_case == case.pk,
        )


def _of_alerts(case: Case, most: int) -> Iterable[Moment]:
    """Log-ins and list hits, as they were known with the case's transactions."""
    alerts = Alert.objects.filter(case=case).select_related("transaction__decision")
    heavy = [f"transaction__decision__{name}" for name in ("hits", "shadow_hits")]
    for alert in alerts.defer("transaction__sealed", *heavy).order_by("-pk")[:most]:
        row, decision = alert.transaction, alert.transaction.decision
        about: dict[str, Any] = {
            "at": row.occurred_at,
            "link": _decision(row.pk),
            "name": row.external_id,
        }
        values = by_name(decision.numbers, decision.texts, decision.catalogue_version)
        if told := _logins(values):
            signed_in = {"at": _login_at(values, row.occurred_at)}
            yield Moment(kind="login", words=told, here=True, **{**about, **signed_in})
        for feature, list_name, effect in decision.inputs.get("listed", ()):
            what = feature.replace("_", " ")
            words = f"{what} was on the list {list_name}{f' ({effect})' if effect else ''}:"
            yield Moment(kind="list", words=words, here=True, **about)


def _logins(values: Mapping[str, Any]) -> str:
    told = [
        f"{name.replace('_', ' ')} {readable(name, values[name], '')}"
        for name in LOGINS
        if values.get(name) not in (None, False, 0.0)
    ]
    if not told and "login_at" not in values:
        return ""
    return f"log-in{': ' if told else ''}{', '.join(told)}; told with"


def _login_at(values: Mapping[str, Any], otherwise: datetime) -> datetime:
    """When the client says that it was; no later than the transaction."""
    at = values.get("login_at")
    if not isinstance(at, float):
        return otherwise
    try:
        return min(datetime.fromtimestamp(at, UTC), otherwise)
    except (OverflowError, OSError, ValueError):  # outside of the calendar
        return otherwise


def _labels(case: Case, most: int) -> Iterable[Moment]:
    rows = Label.objects.filter(transaction__customer=case.customer_id)
    fields = ("known_at", "is_fraud", "source", "typology", "transaction")
    told = rows.order_by("-known_at", "-pk").values_list(*fields, "transaction__external_id")
    for at, is_fraud, source, typology, pk, name in told[:most]:
        kind = f"{in_words(typology)}, " if typology else ""
        yield Moment(
            at=at,
            kind="label",
            words=f"{kind}label from {source}, on",
            link=_decision(pk),
            name=name,
            look="declined" if is_fraud else "approved",
            mark="fraud" if is_fraud else "genuine",
        )


def _others(case: Case, most: int) -> Iterable[Moment]:
    rows = Case.objects.filter(customer=case.customer_id).exclude(pk=case.pk)
    for other in rows.order_by("-opened_at")[:most]:
        link = reverse("admin:cases_case_change", args=[other.pk])
        about: dict[str, Any] = {"link": link, "name": str(other)}
        yield Moment(at=other.opened_at, kind="other", words="opened:", **about)
        if other.closed_at is not None:
            found = other.get_disposition_display() or "merged"
            words = f"closed as {found}:"
            yield Moment(at=other.closed_at, kind="other", words=words, **about)


_STATES: Final[Mapping[str, str]] = {
    WebhookDelivery.State.PENDING: "review",
    WebhookDelivery.State.DELIVERED: "approved",
    WebhookDelivery.State.DEAD: "declined",
}


def _webhooks(case: Case, most: int) -> Iterable[Moment]:
    """What client systems were told of the case and of its transactions."""
    entries = case.entries.order_by("-pk").values_list("pk", flat=True)[:most]
    alerts = Alert.objects.filter(case=case).order_by("-pk").values_list("transaction", flat=True)
    events = [f"evt_{number.hex}" for number in [*entries, *alerts[:most]]]
    rows = WebhookDelivery.objects.filter(
        endpoint__institution=case.institution_id, event_id__in=events
    ).select_related("endpoint")
    for row in rows.defer("body").order_by("-pk")[:most]:
        yield Moment(
            at=row.settled_at or row.created_at,
            kind="webhook",
            words=f"{row.event} to {row.endpoint}",
            look=_STATES[row.state],
            mark=str(row.get_state_display()),
        )


def _decision(number: object) -> str:
    return reverse("admin:scoring_decision_change", args=[number])


_CHANGES: Final = frozenset({"case", "note", "alert"})
_SOURCES: Final[tuple[_Source, ...]] = (
    (frozenset({"transaction"}), _transactions),
    (frozenset({"login", "list"}), _of_alerts),
    (frozenset({"label"}), _labels),
    (frozenset({"other"}), _others),
    (frozenset({"webhook"}), _webhooks),
)
