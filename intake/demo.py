"""The demo: an institution, people of every role, an API key and two months of a synthetic world.

All of it is invented and marked as such (`is_demo`, source "demo"); a system check refuses to run
with it outside demo mode.
"""

import heapq
import secrets
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, Final

from django.db import connection, transaction

from cases.alerts.opening import open_alerts
from clients.authentication import Client, authenticate
from clients.models import Institution, Scope
from clients.services import create_institution, grant_scope, issue_api_key
from foundation.errors import Unauthorized
from foundation.models import User
from foundation.outbox import drain_outbox
from foundation.roles import assign_roles
from intake.imports.decoding import decode
from intake.synthetic.settings import HOUR, Settings
from intake.synthetic.world import Row, World
from rules.definition import FLAGGED
from scoring.models import Decision
from scoring.services import score_transaction
from transactions.models import Label, Transaction
from transactions.services import record_label

SLUG = "demo"
ACTOR = "seed_demo"
PEOPLE = {
    "analyst": "analyst",
    "supervisor": "supervisor",
    "supervisor_2": "supervisor",  # what one proposes, the other approves
    "risk_manager": "risk_manager",
    "risk_manager_2": "risk_manager",
    "auditor": "auditor",
    "admin": "administrator",
}
SOURCE: Final = "demo"
SAMPLE_SOURCE: Final = "sample"
SCOPES: Final = frozenset(map(str, Scope))  # of the demo's key
COUNT: Final = 1_500
DAYS: Final = 60
FRAUD_RATE: Final = 0.12  # more than in life, so that there is something to look at, and to learn
SEED: Final = 7
FOLLOWED_EVERY: Final = 50  # rows
CASES_FROM: Final = 40  # flagged transactions
_CHARGED_BACK: Final = frozenset(
    {"card_testing", "triangulation", "collusive_merchant", "friendly_fraud", "bust_out"}
)
Progress = Callable[[int, int], None]


@transaction.atomic
def seed_access(known: dict[str, Any]) -> dict[str, Any]:
    """Institution, users and key; keeps the credentials in `known` that still work.

    Returns {api_key, users: {name: {username, password}}}.
    """
    institution = seed_institution()
    users = known.get("users", {})
    return {
        "api_key": _working_key(known.get("api_key")) or _new_key(institution),
        "users": {name: _person(name, users.get(name, {}), institution) for name in PEOPLE},
    }


def seed_institution() -> Institution:
    return Institution.objects.filter(slug=SLUG).first() or create_institution(
        name="Demo Bank", slug=SLUG, base_currency="NGN", is_demo=True, by=ACTOR
    )


def _working_key(key: str | None) -> str | None:
    """The key, when it still opens everything that there is to try."""
    try:
        return key if authenticate(key).scopes >= SCOPES else None
    except Unauthorized:
        return None


def _new_key(institution: Institution) -> str:
    _, text = issue_api_key(institution=institution, name="demo", scopes=SCOPES, by=ACTOR)
    return text


def _person(name: str, known: dict[str, str], institution: Institution) -> dict[str, str]:
    marked = {"is_staff": True, "is_demo": True}
    user, created = User.objects.get_or_create(username=name, defaults=marked)
    password = known.get("password", "")
    if created or not user.check_password(password):
        password = secrets.token_urlsafe(12)
        user.set_password(password)
        user.save()
    assign_roles(user=user, roles=[PEOPLE[name]], by=ACTOR)
    grant_scope(user=user, institution=institution, by=ACTOR)
    return {"username": name, "password": password}


def seed_traffic(
    client: Client, progress: Progress, *, count: int = COUNT, end: datetime | None = None
) -> int:
    """Score the synthetic world's last two months up to `end` (default: this hour) in event order,
    and record what of it is known to be fraud by now; returns how many transactions are new.

    Safe to interrupt and to repeat: ids are fixed, and those that are there are left alone.
    """
    there = _stored(client, SOURCE)
    if there >= count:
        return 0
    rows = World(_settings(end or datetime.now(UTC), count)).rows()
    _without_waiting_for_the_disk()
    _play(client, rows, SOURCE, after=there, progress=lambda number: progress(number, count))
    _open_cases(client)
    return count - there


def _without_waiting_for_the_disk() -> None:
    """For this session: what a crash of the database takes with it is the newest, and the next
    start makes it again."""
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit TO off")


def _open_cases(client: Client) -> None:
    """For the latest flagged ones, so that there is something to review: the rest is history."""
    flagged = Decision.objects.filter(
        institution_id=client.institution_id, status__in=FLAGGED, transaction__source=SOURCE
    )
    latest = flagged.order_by("-transaction").values_list("transaction_id", flat=True)
    open_alerts(list(latest[:CASES_FROM]))
    drain_outbox()


def seed_sample(client: Client) -> int:
    """Score 50 transactions of 10 customers; returns how many are new."""
    there = _stored(client, SAMPLE_SOURCE)
    rows = _sample(World(_settings(datetime.now(UTC), COUNT, tag="sample")).rows())
    _play(client, rows, SAMPLE_SOURCE, after=there)
    return max(0, len(rows) - there)


def _stored(client: Client, source: str) -> int:
    return Transaction.objects.filter(institution_id=client.institution_id, source=source).count()


def _settings(end: datetime, count: int, tag: str = "demo") -> Settings:
    hour = end.timestamp() // HOUR * HOUR
    return Settings(count, FRAUD_RATE, SEED, hour, days=DAYS, tag=tag)


def _sample(rows: Iterable[Row]) -> list[Row]:
    """Five transactions each of ten customers, two of them with fraud, in order."""
    everybody: dict[str, list[Row]] = {}
    for row in rows:
        everybody.setdefault(row.fields["user_id"], []).append(row)
    several = [theirs[:5] for theirs in everybody.values() if len(theirs) >= 5]
    several.sort(key=lambda theirs: not any(row.labels["true_fraud"] for row in theirs))
    chosen = several[:2] + several[-8:]
    return sorted((row for theirs in chosen for row in theirs), key=lambda row: row.at)


def _play(
    client: Client,
    rows: Iterable[Row],
    source: str,
    *,
    after: int,
    progress: Callable[[int], None] = lambda _: None,
) -> None:
    """Score the rows after the first so many; record each fraud when the rows' clock reaches the
    time since when it is known, and let what follows be known before the rows that come then.

    Labels that are there already stay as they are, so an interrupted start loses none.
    """
    waiting: list[tuple[datetime, str, str]] = []
    for number, row in enumerate(rows, start=1):
        while waiting and waiting[0][0].timestamp() <= row.at:
            _label(client, *heapq.heappop(waiting))
        if number > after:
            request = decode(row.fields, {})
            score_transaction(client=client, request=request, source=source, imported=True)
        if row.labels.get("is_fraud"):  # nobody reports what is in order
            known_at = datetime.fromisoformat(row.labels["label_known_at"])
            fraud = (known_at, row.fields["transaction_id"], row.labels["true_typology"])
            heapq.heappush(waiting, fraud)
        if number > after and number % FOLLOWED_EVERY == 0:
            drain_outbox()
        progress(number)
    for fraud in sorted(waiting):
        _label(client, *fraud)
    drain_outbox()


def _label(client: Client, known_at: datetime, transaction_id: str, typology: str) -> None:
    row = Transaction.objects.get(institution_id=client.institution_id, external_id=transaction_id)
    record_label(
        transaction_row=row,
        is_fraud=True,
        source=Label.Source.CHARGEBACK if typology in _CHARGED_BACK else Label.Source.CUSTOMER,
        by=ACTOR,
        # What an earlier start played was of another hour or size, so at other times.
        known_at=max(known_at, row.occurred_at),
        typology=typology,
    )
