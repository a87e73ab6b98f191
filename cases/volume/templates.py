"""Decisions to copy: some hundred real ones, made as the door makes them."""

import random
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from cases.typologies import suspected_of
from clients.authentication import Client, ClientTier
from clients.models import Institution
from rules.models import Vertical
from scoring.inputs import TransactionInput
from scoring.models import Decision
from scoring.services import score_transaction

MOST_VERTICALS: Final = 5
_EACH: Final = 30  # in each vertical
_TYPES: Final = ("transfer", "purchase", "withdrawal")
SOURCE: Final = "synthetic"


class Template(NamedTuple):
    """A stored decision that others are copies of."""

    transaction: UUID
    vertical: str
    kind: str
    status: str
    level: str
    score: int
    probability: float | None
    codes: list[str]
    suspected: str  # the kind of fraud that its hits point to


class Flagged(NamedTuple):
    """A transaction of a case."""

    transaction: UUID
    template: Template
    amount: float
    at: datetime


def make_templates(institution: Institution, chance: random.Random) -> list[Template]:
    """Ordinary and suspicious transactions of all shapes, decided and stored as imported ones.

    Raises foundation.errors.Unavailable when no ruleset is in force.
    """
    client = Client(
        institution_id=institution.pk,
        institution_slug=institution.slug,
        base_currency=institution.base_currency,
        key_id=0,
        scopes=frozenset({"score"}),
        tier=ClientTier("synthetic", 0),
        throttled_as="",
    )
    verticals = Vertical.objects.order_by("code").values_list("code", flat=True)
    requests = [
        _request(vertical, number, chance)
        for vertical in verticals[:MOST_VERTICALS]
        for number in range(_EACH)
    ]
    for request in requests:
        score_transaction(client=client, request=request, source=SOURCE, imported=True)
    rows = Decision.objects.filter(
        institution=institution,
        transaction__external_id__in=[request.transaction_id for request in requests],
    ).select_related("transaction")
    return [_template(row) for row in rows.order_by("pk")]


def _request(vertical: str, number: int, chance: random.Random) -> TransactionInput:
    trouble = number % 3 != 0
    supplied: dict[str, Any] = {
        "account_age_days": chance.choice([1.0, 3.0, 20.0]) if trouble else 800.0,
        "ip_is_vpn": trouble and chance.random() < 0.6,
        "is_tor": trouble and chance.random() < 0.2,
        "transactions_last_hour": float(chance.randint(4, 14)) if trouble else 1.0,
        "failed_login_attempts": float(chance.randint(0, 6)) if trouble else 0.0,
        "new_device": trouble and chance.random() < 0.7,
        "ip_country": chance.choice(["NG", "NG", "GH", "RU"]) if trouble else "NG",
        "country": "NG",
        "browser": "chrome",
        "os": "android",
        "merchant_category_code": chance.choice(["5411", "5812", "6051", "7995"]),
        "kyc_verified": not trouble,
    }
    return TransactionInput(
        user_id=f"template-{vertical}-{number}",
        transaction_id=f"template-{vertical}-{number}",
        amount=round(chance.lognormvariate(12 if trouble else 9, 1.0), 2),
        vertical=vertical,
        transaction_type=_TYPES[number % len(_TYPES)],
        identifiers={
            "device_id": f"template-device-{vertical}-{number}",
            "email": f"template{number}@example.com",
            "ip_address": "102.89.33.1",
        },
        supplied=supplied,
    )


def _template(row: Decision) -> Template:
    return Template(
        transaction=row.pk,
        vertical=row.transaction.vertical,
        kind=row.transaction.transaction_type,
        status=row.status,
        level=row.risk_level,
        score=row.fraud_score,
        probability=row.ml_probability,
        codes=[hit["code"] for hit in row.hits],
        suspected=suspected_of(row.hits),
    )


def split(templates: Sequence[Template]) -> tuple[list[Template], list[Template]]:
    """The flagged ones and the others."""
    flagged = [one for one in templates if one.status != Decision.Status.APPROVED]
    return flagged, [one for one in templates if one.status == Decision.Status.APPROVED]
