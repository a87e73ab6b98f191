"""The first draft of a suspicious-activity report: sentences made of the case's facts alone."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from cases.alerts.why import reasons_of
from cases.models import Alert, Case, CaseEntry
from cases.reports.activity import Content
from cases.typologies import in_words
from transactions.presenting import masked_identifiers, masked_reference, readable_request
from transactions.sealing import open_reference

_LOOKED_AT: Final = 200  # transactions, the strongest first
_NAMED: Final = 20
_REASONS: Final = 10
_PLACES: Final = (
    ("ip_address", "IP address"),
    ("device_id", "device"),
    ("merchant_id", "merchant"),
    ("beneficiary_id", "beneficiary"),
)


def draft_of(case: Case, *, revealed: bool) -> Content:
    """Six queries. `revealed`: identifiers in full; the caller has checked and audited that."""
    alerts = _alerts(case)
    requests = [readable_request(alert.transaction) for alert in alerts]
    return Content(
        who=_who(case, revealed),
        what=_what(case, alerts),
        when=_when(case, alerts),
        where=_where(case, requests, revealed),
        why=_why(case, alerts),
        identified=revealed,
    )


def _alerts(case: Case) -> list[Alert]:
    heavy = [f"transaction__decision__{name}" for name in ("numbers", "texts", "shadow_hits")]
    rows = case.alerts.select_related("transaction__decision").defer(*heavy)
    found = list(rows.order_by("-score", "-pk")[:_LOOKED_AT])
    return sorted(found, key=lambda alert: alert.transaction.occurred_at)


def _who(case: Case, revealed: bool) -> str:
    reference = open_reference(case.customer) if revealed else masked_reference(case.customer)
    since = _day(case.customer.first_seen_at)
    said = [f"Customer {reference} of {case.institution.name}, first seen on {since}."]
    others = Case.objects.filter(customer=case.customer_id).exclude(pk=case.pk)
    found = Counter(
        other.get_disposition_display() or "still open" for other in others.order_by("pk")
    )
    for word, number in found.items():
        said.append(f"{_many(number, 'other case')} of the customer: {word}.")
    return "\n".join(said)


def _what(case: Case, alerts: Sequence[Alert]) -> str:
    total = case.alerts.count()
    risk = f"{case.institution.base_currency} {case.amount:,.2f} at risk in all"
    many = f"{_many(total, 'transaction')} of the customer"
    said = [f"{many} {_were(total)} flagged, with {risk}."]
    if kind := in_words(case.typology or case.suspected):
        word = "found to be" if case.typology else "suspected to be"
        said.append(f"The activity is {word}: {kind}.")
    said += [_transaction(alert) for alert in alerts[:_NAMED]]
    if total > _NAMED:
        said.append(f"{total - _NAMED:,} more are in the dossier of case {case.pk}.")
    return "\n".join(said)


def _transaction(alert: Alert) -> str:
    row, decision = alert.transaction, alert.transaction.decision
    kind = f" ({row.transaction_type})" if row.transaction_type else ""
    return (
        f"Transaction {row.external_id}: {row.currency} {row.amount:,.2f}{kind} on "
        f"{_moment(row.occurred_at)}; {decision.status} with a score of "
        f"{decision.fraud_score} of 100."
    )


def _when(case: Case, alerts: Sequence[Alert]) -> str:
    said = []
    if alerts:
        first, last = (_moment(alerts[n].transaction.occurred_at) for n in (0, -1))
        said.append(f"On {first}." if first == last else f"From {first} to {last}.")
    said.append(f"The case was opened on {_moment(case.opened_at)}.")
    if case.closed_at:
        found = case.get_disposition_display() or "merged"
        said.append(f"It was closed as {found} on {_moment(case.closed_at)}.")
    return "\n".join(said)


def _where(case: Case, requests: Iterable[dict[str, Any]], revealed: bool) -> str:
    said = [f"Line of business: {case.vertical.replace('_', ' ')}."]
    seen: dict[str, Counter[str]] = {name: Counter() for name, _ in _PLACES}
    for request in requests:
        known = request.get("identifiers", {}) if revealed else masked_identifiers(request)
        for name, values in seen.items():
            if known.get(name) is not None:
                values[str(known[name])] += 1
    for name, word in _PLACES:
        for value, number in seen[name].most_common(5):
            said.append(f"{word[0].upper()}{word[1:]} {value}: {_many(number, 'transaction')}.")
    return "\n".join(said)


def _why(case: Case, alerts: Sequence[Alert]) -> str:
    reasons = reasons_of([alert.transaction.decision.hits for alert in alerts])
    said = [_sentence(reason.text, reason.times) for reason in reasons[:_REASONS]]
    listed = Counter(
        (name, feature)
        for alert in alerts
        for feature, name, _ in alert.transaction.decision.inputs.get("listed", ())
    )
    for (name, feature), number in listed.most_common(_REASONS):
        word = feature.replace("_", " ")
        said.append(f"The {word} was on the list {name} in {_many(number, 'transaction')}.")
    decided = case.entries.filter(kind=CaseEntry.Kind.DECIDED).order_by("-pk").first()
    if decided is not None and decided.text:
        said.append(f"The reviewer's reason: {decided.text}")
    return "\n".join(said)


def _sentence(text: str, times: int) -> str:
    """
    >>> _sentence("The account is new.", 2)
    'The account is new, in 2 transactions.'
    """
    often = f", in {times:,} transactions" if times > 1 else ""
    return f"{text.strip().rstrip('.')}{often}."


def _many(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def _were(number: int) -> str:
    return "was" if number == 1 else "were"


def _day(at: datetime) -> str:
    return f"{at.astimezone(UTC):%d %B %Y}".lstrip("0")


def _moment(at: datetime) -> str:
    return f"{_day(at)}, {at.astimezone(UTC):%H:%M} UTC"
