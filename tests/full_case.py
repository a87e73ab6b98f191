"""A case that has everything its page can show: the worst for what must fit on one screen."""

from datetime import timedelta
from typing import Any

from django.utils import timezone as clock

from cases.alerts.opening import open_alerts
from cases.models import Case
from cases.services import working
from clients.models import Institution
from foundation.models import User
from foundation.outbox import drain_outbox
from intelligence.lists.builtin import load_builtin
from intelligence.models import List
from intelligence.tests.making import add
from scoring.models import CustomerProfile
from scoring.profiles import habits
from scoring.profiles.habits import Habits, Seen
from scoring.services import score_transaction
from scoring.serving.hearing import Heard
from scoring.serving.models import Explanation
from scoring.tests.making import make_suspicious
from transactions.models import Transaction

LONG_NAME = "chukwuemeka.oluwaseun-adeyemi-of-the-northern-region-the-third"
BANK_NAME = "The First Cooperative Savings and Payments Bank of the Northern and Eastern Regions"
FACTORS = [
    {"name": "ip_is_tor", "value": True, "contribution": 2.1, "points": 21.0},
    {"name": "account_age_days", "value": 5.0, "contribution": 0.9, "points": 9.0},
    {"name": "hour", "value": 3.0, "contribution": 0.5, "points": 6.0},
    {"name": "identity_theft_alerts", "value": None, "contribution": -0.2, "points": -2.0},
    {"name": "asn_number", "value": 37282.0, "contribution": 0.1, "points": 1.0},
    {"name": "others", "value": None, "contribution": 0.3, "points": 3.0},
]
SIGNS: dict[str, Any] = {
    "account_age_days": 5.0,
    "ip_is_vpn": True,
    "ip_is_tor": True,
    "transactions_last_hour": 8.0,
    "new_device_login": True,
    "failed_login_attempts": 6.0,
    "hours_since_sim_change": 1.0,
    "identity_theft_alerts": 3.0,
    "hour": 3.0,
    "ip_country": "GH",
    "ip_city": "Accra",
    "latitude": 5.6,
    "longitude": -0.2,
    "ip_latitude": 5.6,
    "asn_number": 37282.0,
    "transaction_channel": "web",
    "current_merchant_category": "crypto exchange",
    "beneficiary_is_new": True,
}
WHO = {
    "user_id": "customer-with-a-rather-long-identifier-0123456789-of-the-old-core-banking-system",
    "identifiers": {"device_id": "device-77", "email": "someone@mailinator.com"},
}


def full_case(bank: Any, analyst: User, monkeypatch: Any) -> Case:
    """Claimed by the analyst, named in a note, with alerts, a model's opinion, list hits, a report
    of the consortium, an earlier case and every side of what is normal."""
    Institution.objects.filter(pk=bank.institution_id).update(name=BANK_NAME)
    load_builtin(actor="tests", demo=False)
    add(
        List.objects.get(name="consortium"),
        "device-77",
        kind="device",
        owner="Fraud desk of the consortium of banks",
        source="report of May",
    )
    heard = Heard(score=82.0, probability=0.913, version="v1", inputs={})
    monkeypatch.setattr("scoring.services.hear", lambda *args, **more: heard)
    earlier = _flagged(bank, "earlier")
    Case.objects.filter(pk=earlier.pk).update(
        status="closed", disposition="genuine", closed_at=clock.now() - timedelta(days=90)
    )
    case = _flagged(bank, "t-1", "t-2", "t-3")
    assert case.pk != earlier.pk
    _known(case)
    for alert in case.alerts.all():
        Explanation.objects.create(
            decision_id=alert.transaction_id,
            model_version="v1",
            base=-4.0,
            margin=-0.3,
            factors=FACTORS,
        )
    working.claim(case_id=case.pk, by=analyst)
    return case


def _flagged(bank: Any, *names: str) -> Case:
    for name in names:
        request = make_suspicious(transaction_id=name, amount=48_000_000.0, supplied=SIGNS, **WHO)
        score_transaction(client=bank, request=request, source="test")
    drain_outbox()
    rows = Transaction.objects.filter(external_id__in=names)
    alerts = open_alerts([row.pk for row in rows])
    return (alerts[0] if alerts else rows[0].alert).case


def _known(case: Case) -> None:
    """Habits of two years, of which this transaction fits none."""
    day = 86_400.0
    seen = [
        Seen(
            occurred_at=n * day,
            ordinary=True,
            amount=9_000.0 * (1 + n % 5 / 4),
            hour=(12, 13, 14, 18)[n % 4],
            weekday=n % 7,
            device=9_000_001 + n % 2,
            country=("NG", "GB")[n % 9 == 0],
            channel=("app", "pos")[n % 2],
            category=("groceries", "fuel", "restaurants", "pharmacies", "travel")[n % 5],
            beneficiary=bytes([n % 7]) * 16,
            place=((6.5, 3.4), (9.1, 7.4))[n % 2],
            network=29_465 + n % 3,
        )
        for n in range(300)
    ]
    content = habits.write(habits.learn(Habits(), seen))
    CustomerProfile.objects.update_or_create(
        pk=case.customer_id,
        defaults={
            "habits": content,
            "institution_id": case.institution_id,
            "updated_at": clock.now(),
        },
    )
