"""The demo: an institution, people of every role, an API key and two weeks of made-up traffic.

All of it is invented and marked as such (`is_demo`, source "demo"); a system check refuses to run
with it outside demo mode.
"""

import random
import secrets
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction

from clients.authentication import Client, authenticate
from clients.models import Institution
from clients.services import create_institution, grant_scope, issue_api_key
from features.framework import Value
from foundation.errors import Unauthorized
from foundation.models import User
from foundation.roles import assign_roles
from scoring.inputs import TransactionInput
from scoring.services import score_transaction
from transactions.models import Transaction

SLUG = "demo"
ACTOR = "seed_demo"
PEOPLE = {
    "analyst": "analyst",
    "supervisor": "supervisor",
    "risk_manager": "risk_manager",
    "auditor": "auditor",
    "admin": "administrator",
}
COUNT = 600
DAYS = 14
Progress = Callable[[int, int], None]


@transaction.atomic
def seed_access(known: dict[str, Any]) -> dict[str, Any]:
    """Institution, users and key; keeps the credentials in `known` that still work.

    Returns {api_key, users: {name: {username, password}}}.
    """
    institution = Institution.objects.filter(slug=SLUG).first() or create_institution(
        name="Demo Bank", slug=SLUG, base_currency="NGN", is_demo=True, by=ACTOR
    )
    users = known.get("users", {})
    return {
        "api_key": _working_key(known.get("api_key")) or _new_key(institution),
        "users": {name: _person(name, users.get(name, {}), institution) for name in PEOPLE},
    }


def _working_key(key: str | None) -> str | None:
    try:
        return key if authenticate(key) else None
    except Unauthorized:
        return None


def _new_key(institution: Institution) -> str:
    _, text = issue_api_key(institution=institution, name="demo", by=ACTOR)
    return text


def _person(name: str, known: dict[str, str], institution: Institution) -> dict[str, str]:
    user, created = User.objects.get_or_create(username=name, defaults={"is_staff": True})
    password = known.get("password", "")
    if created or not user.check_password(password):
        password = secrets.token_urlsafe(12)
        user.set_password(password)
        user.save()
    assign_roles(user=user, roles=[PEOPLE[name]], by=ACTOR)
    grant_scope(user=user, institution=institution, by=ACTOR)
    return {"username": name, "password": password}


def seed_traffic(client: Client, progress: Progress, *, count: int = COUNT, seed: int = 7) -> int:
    """Score invented transactions of the last two weeks in event order; returns how many are new.

    Safe to interrupt and to repeat: ids are fixed, and those that are there are left alone.
    """
    there = Transaction.objects.filter(institution_id=client.institution_id, source="demo").count()
    if there >= count:
        return 0
    end = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    made = 0
    for number, request in enumerate(_traffic(random.Random(seed), end, count), start=1):  # noqa: S311  no secret
        if number > there:
            score_transaction(client=client, request=request, source="demo", imported=True)
            made += 1
        progress(number, count)
    return made


def _traffic(rng: random.Random, end: datetime, count: int) -> Iterator[TransactionInput]:
    customers = [_customer(rng, number) for number in range(1, 61)]
    step = timedelta(days=DAYS) / count
    for number in range(count):
        occurred_at = (end - timedelta(days=DAYS) + step * number).timestamp()
        person = rng.choice(customers)
        make = _suspicious if rng.random() < 0.06 else _usual
        yield make(rng, person, f"demo-{number + 1:05d}", occurred_at)


def _customer(rng: random.Random, number: int) -> dict[str, Any]:
    return {
        "user_id": f"C-{20000 + number}",
        "email": f"customer{number}@example.com",
        "phone": f"+23480{rng.randrange(10_000_000, 99_999_999)}",
        "device": f"device-{number}",
        "ip": f"203.0.113.{number}",
        "age": rng.randrange(20, 1500),
        "typical": rng.lognormvariate(9.5, 0.7),
        "vertical": rng.choice(["fintech", "payments", "lending", "ecommerce", "mobile_money"]),
    }


def _base(person: dict[str, Any], transaction_id: str, occurred_at: float) -> dict[str, Any]:
    return {
        "transaction_id": transaction_id,
        "user_id": person["user_id"],
        "vertical": person["vertical"],
        "currency": "NGN",
        "occurred_at": occurred_at,
        "identifiers": {
            "email": person["email"],
            "phone": person["phone"],
            "ip_address": person["ip"],
            "device_id": person["device"],
        },
    }


def _usual(
    rng: random.Random, person: dict[str, Any], transaction_id: str, occurred_at: float
) -> TransactionInput:
    supplied: dict[str, Value] = {
        "account_age_days": float(person["age"]),
        "transactions_last_hour": float(rng.choice([1, 1, 1, 2, 3])),
        "phone_verified": True,
        "email_confirmed": True,
    }
    return TransactionInput(
        **_base(person, transaction_id, occurred_at),
        amount=round(person["typical"] * rng.lognormvariate(0, 0.4), 2),
        transaction_type=rng.choice(["transfer", "purchase", "payment", "withdrawal", "cash_in"]),
        supplied=supplied,
    )


def _suspicious(
    rng: random.Random, person: dict[str, Any], transaction_id: str, occurred_at: float
) -> TransactionInput:
    signs: list[dict[str, Value]] = [
        {"ip_is_vpn": True, "transactions_last_hour": 8.0, "account_age_days": 3.0},
        {"device_is_new": True, "failed_login_attempts": 5.0, "ip_is_tor": True},
        {"id_verified": False, "phone_verified": False, "account_age_days": 1.0},
        {"is_emulator": True, "ip_is_datacenter": True},
        {"identity_theft_alerts": 1.0, "ip_is_vpn": True},
    ]
    return TransactionInput(
        **_base(person, transaction_id, occurred_at),
        amount=round(person["typical"] * rng.uniform(5, 60), 2),
        transaction_type=rng.choice(["transfer", "withdrawal"]),
        supplied=rng.choice(signs),
    )
