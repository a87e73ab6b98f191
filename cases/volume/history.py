"""Cases of the synthetic workbench, and the habits of its customers."""

import random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection

from cases.models import Alert, Case, Queue
from cases.queues.priority import expected_loss, rank
from cases.queues.routing import due_at, queue_for, shared_queues
from cases.volume.copying import Copy, reserve
from cases.volume.plan import MERGED_APART, Volume, customer_of, is_open, merged_into
from cases.volume.staff import analysts_of
from cases.volume.stories import Teller
from cases.volume.templates import Flagged
from cases.volume.trail import Trail
from cases.volume.transactions import STAGED
from clients.models import Institution
from scoring.models import CustomerProfile, Decision
from scoring.profiles.habits import Habits, Seen, learn, write
from transactions.models import Label

_PROFILES: Final = 40


def write_cases(
    institution: Institution,
    volume: Volume,
    by_case: Mapping[int, Sequence[Flagged]],
    first_customer: int,
    per_usd: float,
    chance: random.Random,
) -> None:
    """Cases as their alerts would have opened them, with what people did since."""
    first, queues = reserve(Case, volume.cases), shared_queues()
    cases = [
        _opened(first + number, institution, by_case[number], per_usd, queues)
        for number in range(volume.cases)
    ]
    for number, case in enumerate(cases):
        case.customer_id = first_customer + customer_of(number, volume)
    teller = Teller(analysts_of(institution), volume.end, chance)
    with Trail(institution) as trail:
        for number, case in enumerate(cases):
            into, source = merged_into(number, volume), _merged(number, volume)
            entries = teller.tell(
                case,
                by_case[number],
                closed=not is_open(number, volume),
                source=None if source is None else (cases[source], by_case[source]),
                target=None if into is None else cases[into],
            )
            if source is not None:
                _join_stakes(case, cases[source])
            trail.keep(case, entries, [one.transaction for one in by_case[number]])
    Case.objects.bulk_create(cases, batch_size=2_000)
    _write_alerts(first, per_usd)
    _write_labels()


def _merged(number: int, volume: Volume) -> int | None:
    """The case that is merged into this one."""
    other = number + MERGED_APART
    return other if other < volume.cases and merged_into(other, volume) == number else None


def _opened(
    pk: int,
    institution: Institution,
    flagged: Sequence[Flagged],
    per_usd: float,
    queues: Sequence[Queue],
) -> Case:
    worst = max((one.template for one in flagged), key=lambda template: template.score)
    amount = round(sum(one.amount for one in flagged), 2)
    opened = min(one.at for one in flagged)
    loss = sum(
        expected_loss(
            one.amount / per_usd, probability=one.template.probability, score=one.template.score
        )
        for one in flagged
    )
    case = Case(
        pk=pk,
        institution=institution,
        vertical=worst.vertical,
        codes=sorted({code for one in flagged for code in one.template.codes}),
        suspected=_suspected(flagged),
        score=worst.score,
        level=worst.level,
        amount=amount,
        amount_usd=amount / per_usd,
        loss=loss,
        rank=rank(loss, opened),
        opened_at=opened,
    )
    case.queue = queue_for(case, queues)
    case.due_at = due_at(case.queue, case.level, opened)
    return case


def _suspected(flagged: Sequence[Flagged]) -> str:
    """What the strongest alert that points to a kind of fraud points to."""
    pointing = [one.template for one in flagged if one.template.suspected]
    worst = max(pointing, key=lambda template: template.score, default=None)
    return worst.suspected if worst else ""


def _join_stakes(case: Case, other: Case) -> None:
    """As cases/services/merging.py does."""
    worse = other if other.score > case.score else case
    case.amount += other.amount
    case.amount_usd += other.amount_usd
    case.loss += other.loss
    case.rank = rank(case.loss, case.opened_at)
    case.codes = sorted({*case.codes, *other.codes})
    case.suspected = worse.suspected or case.suspected or other.suspected
    case.score, case.level = worse.score, worse.level
    case.due_at = min(case.due_at, other.due_at)


def _write_alerts(first: int, per_usd: float) -> None:
    """The alert has the key of its transaction: that grows with time, too."""
    _run(
        f"INSERT INTO {Alert._meta.db_table} (id, case_id, transaction_id, institution_id, status, "  # noqa: S608
        "score, reason, amount, loss, created_at) "
        "SELECT s.id, coalesce(c.merged_into_id, c.id), s.id, d.institution_id, d.status, "
        "d.fraud_score, "
        "left((SELECT hit->>'reason' FROM jsonb_array_elements(d.hits) hit "
        "ORDER BY (hit->>'worth')::float8 DESC LIMIT 1), 400), t.amount, "
        "t.amount::float8 / %s * coalesce(d.ml_probability, d.fraud_score / 100.0), t.occurred_at "
        f"FROM {STAGED} s JOIN {Decision._meta.db_table} d ON d.transaction_id = s.id "
        "JOIN transactions_transaction t ON t.id = s.id "
        f"JOIN {Case._meta.db_table} c ON c.id = %s + s.cases WHERE s.cases >= 0 ORDER BY s.id",
        [per_usd, first],
    )


def _write_labels() -> None:
    """Of the transactions of decided cases."""
    _run(
        f"INSERT INTO {Label._meta.db_table} (id, transaction_id, institution_id, is_fraud, "  # noqa: S608
        "source, typology, known_at, recorded_at) SELECT gen_random_uuid(), s.id, "
        "c.institution_id, c.disposition = 'confirmed_fraud', 'analyst', c.typology, c.closed_at, "
        f"c.closed_at FROM {STAGED} s JOIN {Alert._meta.db_table} a ON a.transaction_id = s.id "
        f"JOIN {Case._meta.db_table} c ON c.id = a.case_id "
        "WHERE c.disposition IN ('confirmed_fraud', 'genuine') ORDER BY s.id"
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


def _run(statement: str, params: Sequence[Any] = ()) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
