"""Cases of the synthetic workbench with what people did about them."""

import json
import random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import connection

from cases.models import Alert, Case, CaseEntry, ReviewOutcome
from cases.queues.priority import TIME_TO_DECIDE, expected_loss, rank
from cases.typologies import TYPOLOGIES
from cases.volume.copying import Copy, reserve
from cases.volume.plan import Volume, customer_of, is_open
from cases.volume.templates import Template
from cases.volume.transactions import STAGED
from clients.models import Institution
from clients.services import grant_scope
from foundation.ids import first_uuid7
from foundation.models import User
from foundation.roles import ANALYST, assign_roles
from scoring.models import CustomerProfile, Decision
from scoring.profiles.habits import Habits, Seen, learn, write
from transactions.models import Label

ACTOR: Final = "command:generate_workbench"
ANALYSTS: Final = 12
_PROFILES: Final = 40
_NOTES: Final = (
    "Called the customer: no answer. Tried the second number.",
    "The customer confirms the payment; the new telephone is theirs.",
    "The device was seen with two other accounts this week.",
    "Asked the bank of the payee for the account's age.",
)
_OUTCOMES: Final = (("confirmed_fraud", 4), ("genuine", 4), ("suspected", 1), ("inconclusive", 1))

Flagged = tuple[UUID, Template, float, datetime]


def analysts_of(institution: Institution) -> list[User]:
    """Made-up people who cannot sign in."""
    people = []
    for number in range(1, ANALYSTS + 1):
        name = f"synthetic-analyst-{number:02}"
        user, made = User.objects.get_or_create(username=name, defaults={"is_staff": True})
        if made:
            user.set_unusable_password()
            user.save()
            assign_roles(user=user, roles=[ANALYST], by=ACTOR)
        grant_scope(user=user, institution=institution, by=ACTOR)
        people.append(user)
    return people


def write_cases(
    institution: Institution,
    volume: Volume,
    by_case: Mapping[int, Sequence[Flagged]],
    first_customer: int,
    per_usd: float,
    chance: random.Random,
) -> None:
    """Open, claimed, waiting, snoozed and closed cases, with their timelines."""
    people = analysts_of(institution)
    first = reserve(Case, volume.cases)
    cases = [
        _case(number, first, institution, volume, by_case[number], first_customer, per_usd, chance)
        for number in range(volume.cases)
    ]
    for case in cases:
        if case.status != Case.Status.OPEN:
            case.assignee = chance.choice(people)
    Case.objects.bulk_create(cases, batch_size=2_000)
    _write_entries(cases, by_case, first, chance)
    _write_alerts(first)
    _write_outcomes()


def _case(
    number: int,
    first: int,
    institution: Institution,
    volume: Volume,
    flagged: Sequence[Flagged],
    first_customer: int,
    per_usd: float,
    chance: random.Random,
) -> Case:
    worst = max((template for _, template, _, _ in flagged), key=lambda one: one.score)
    amount = round(sum(amount for _, _, amount, _ in flagged), 2)
    opened = min(at for _, _, _, at in flagged)
    loss = expected_loss(amount / per_usd, probability=worst.probability, score=worst.score)
    case = Case(
        pk=first + number,
        institution=institution,
        customer_id=first_customer + customer_of(number, volume),
        vertical=worst.vertical,
        codes=sorted({code for _, template, _, _ in flagged for code in template.codes}),
        score=worst.score,
        level=worst.level,
        amount=amount,
        amount_usd=amount / per_usd,
        loss=loss,
        rank=rank(loss, opened),
        opened_at=opened,
        due_at=opened + TIME_TO_DECIDE[worst.level],
    )
    if is_open(number, volume):
        _leave_open(case, volume.end, chance)
    else:
        _close(case, chance)
    return case


def _leave_open(case: Case, end: datetime, chance: random.Random) -> None:
    statuses = (Case.Status.OPEN, Case.Status.IN_PROGRESS, Case.Status.WAITING)
    case.status = chance.choices(statuses, (8, 1, 1))[0]
    if case.status == Case.Status.OPEN and chance.random() < 0.05:
        case.snoozed_until = end + timedelta(hours=chance.uniform(1, 24))


def _close(case: Case, chance: random.Random) -> None:
    found, weights = zip(*_OUTCOMES, strict=True)
    case.status = Case.Status.CLOSED
    case.disposition = chance.choices(found, weights)[0]
    if case.disposition in (Case.Disposition.CONFIRMED_FRAUD, Case.Disposition.SUSPECTED):
        case.typology = chance.choice(TYPOLOGIES)[0]
    case.closed_at = case.opened_at + timedelta(hours=chance.uniform(0.2, 20))
    case.version = 4


def _write_entries(
    cases: Sequence[Case],
    by_case: Mapping[int, Sequence[Flagged]],
    first: int,
    chance: random.Random,
) -> None:
    kinds = CaseEntry.Kind
    columns = ("id", "case_id", "kind", "at", "by_id", "text", "facts")
    with Copy(CaseEntry._meta.db_table, columns) as copy:

        def enter(case: Case, kind: str, at: datetime, text: str = "", **facts: Any) -> None:
            by = None if kind in (kinds.OPENED, kinds.ALERTED) else case.assignee_id
            pk = UUID(int=first_uuid7(at).int | chance.getrandbits(62))
            copy.add(pk, case.pk, kind, at, by, text, json.dumps(facts))

        for case in cases:
            enter(case, kinds.OPENED, case.opened_at)
            for pk, template, _, at in by_case[case.pk - first]:
                enter(case, kinds.ALERTED, at, transaction=str(pk), score=template.score)
            if case.assignee_id is None:
                continue
            claimed = case.opened_at + timedelta(minutes=chance.uniform(1, 10))
            enter(case, kinds.CLAIMED, claimed)
            for number in range(chance.randrange(4)):
                enter(
                    case,
                    kinds.NOTED,
                    claimed + timedelta(minutes=number + 1),
                    chance.choice(_NOTES),
                )
            if case.closed_at:
                enter(
                    case,
                    kinds.DECIDED,
                    case.closed_at,
                    "As the notes say.",
                    disposition=case.disposition,
                    typology=case.typology,
                )


def _write_alerts(first: int) -> None:
    """The alert has the key of its transaction: that grows with time, too."""
    _run(
        f"INSERT INTO {Alert._meta.db_table} (id, case_id, transaction_id, institution_id, status, "  # noqa: S608
        "score, reason, amount, loss, created_at) "
        "SELECT s.id, %s + s.cases, s.id, d.institution_id, d.status, d.fraud_score, "
        "left((SELECT hit->>'reason' FROM jsonb_array_elements(d.hits) hit "
        "ORDER BY (hit->>'worth')::float8 DESC LIMIT 1), 400), t.amount, "
        "c.loss / c.amount::float8 * t.amount::float8, t.occurred_at "
        f"FROM {STAGED} s JOIN {Decision._meta.db_table} d ON d.transaction_id = s.id "
        "JOIN transactions_transaction t ON t.id = s.id "
        f"JOIN {Case._meta.db_table} c ON c.id = %s + s.cases WHERE s.cases >= 0 ORDER BY s.id",
        [first, first],
    )


def _write_outcomes() -> None:
    """Labels and outcomes of the transactions of decided cases."""
    decided = (
        f"FROM {STAGED} s JOIN {Alert._meta.db_table} a ON a.transaction_id = s.id "
        f"JOIN {Case._meta.db_table} c ON c.id = a.case_id "
        "WHERE c.disposition IN ('confirmed_fraud', 'genuine') ORDER BY s.id"
    )
    fraud = "c.disposition = 'confirmed_fraud'"
    _run(
        f"INSERT INTO {Label._meta.db_table} (id, transaction_id, institution_id, is_fraud, "
        "source, typology, known_at, recorded_at) SELECT gen_random_uuid(), s.id, "
        f"c.institution_id, {fraud}, 'analyst', c.typology, c.closed_at, c.closed_at {decided}"
    )
    _run(
        f"INSERT INTO {ReviewOutcome._meta.db_table} (id, transaction_id, case_id, status, by_id, "
        "at, reason) SELECT s.id, s.id, c.id, "
        f"CASE WHEN {fraud} THEN 'declined' ELSE 'approved' END, "
        f"c.assignee_id, c.closed_at, 'As the notes say.' {decided}"
    )


def write_profiles(institution: Institution, first: int, volume: Volume) -> None:
    """A handful of made-up habits, dealt out to all customers."""
    chance = random.Random(volume.seed)  # noqa: S311  guards nothing
    with Copy("workbench_habits", ("place", "habits")) as copy:
        _run("CREATE TEMPORARY TABLE workbench_habits (place bigint, habits bytea)")
        for place in range(_PROFILES):
            copy.add(place, write(_habits(volume.end, chance)))
    _run(
        f"INSERT INTO {CustomerProfile._meta.db_table} (customer_id, institution_id, habits, "  # noqa: S608
        "updated_at) SELECT %s + number, %s, h.habits, %s "
        "FROM generate_series(0, %s - 1) AS number "
        "JOIN workbench_habits h ON h.place = number %% %s",
        [first, institution.pk, volume.end, volume.customers, _PROFILES],
    )


def _habits(end: datetime, chance: random.Random) -> Habits:
    seen = (
        Seen(
            occurred_at=(end - timedelta(days=chance.uniform(0, 80))).timestamp(),
            ordinary=True,
            amount=chance.lognormvariate(9, 0.6),
            hour=int(chance.triangular(7, 22, 13)),
            weekday=chance.randrange(7),
            device=chance.randrange(1, 4),
            country="NG",
            category=chance.choice(["groceries", "fuel", "restaurants"]),
            channel=chance.choice(["app", "web"]),
            beneficiary=chance.randbytes(16),
            merchant=chance.randbytes(16),
        )
        for _ in range(40)
    )
    return learn(Habits(), sorted(seen))


def _run(statement: str, params: Sequence[object] = ()) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
