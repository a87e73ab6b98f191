"""The synthetic workbench as a whole."""

import random
from collections.abc import Callable, Sequence
from typing import Final

from django.conf import settings
from django.db import connection, transaction

from cases.volume import history
from cases.volume.people import write_people
from cases.volume.plan import Volume, happenings, things_of
from cases.volume.staff import ACTOR, let_in_the_demo, share_queues
from cases.volume.templates import Template, make_templates, split
from cases.volume.transactions import STAGED, Writer, write_decisions, write_keys, write_links
from clients.models import Institution
from clients.services import create_institution
from foundation.audit_chain import seal_audit_chain
from foundation.errors import Conflict
from intelligence.rates import current_rates
from transactions.models import Transaction

SLUG: Final = "synthetic-workbench"
NAME: Final = "Workbench (synthetic)"
_FILLED: Final = (
    "transactions_customer",
    "transactions_device",
    "transactions_card",
    "transactions_transaction",
    "transactions_transactionkey",
    "transactions_label",
    "scoring_decision",
    "scoring_customerprofile",
    "cases_case",
    "cases_alert",
    "cases_caseentry",
    "cases_reviewoutcome",
    "cases_link",
    "foundation_auditentry",
)


def refusal() -> str:
    """Why nothing may be made up here; empty where it may.

    Only in demo mode (so never beside real customers, as the launcher of a real installation has
    none), and only once: never into an institution that has transactions.
    """
    if not settings.DEMO:
        return "Synthetic data are made in demo mode only (DEMO=1)."
    if Transaction.objects.filter(institution__slug=SLUG).exists():
        return f"The institution {SLUG} has transactions already; nothing is added to them."
    return ""


def generate_workbench(
    volume: Volume, *, told: Callable[[int], object] = lambda number: None
) -> Institution:
    """An institution of its own with all of it, in one database transaction; then seals what the
    audit trail says of it. The demo's people work for it from then on.

    `told` hears how many transactions were written. Raises Conflict where `refusal` says why,
    ValueError for a volume that cannot be, Unavailable when no ruleset is in force.
    """
    if problem := volume.problem():
        raise ValueError(problem)
    if why := refusal():
        raise Conflict(why)
    with transaction.atomic():
        institution = Institution.objects.filter(slug=SLUG).first() or create_institution(
            name=NAME, slug=SLUG, base_currency="NGN", by=ACTOR
        )
    chance = random.Random(volume.seed)  # noqa: S311  guards nothing
    templates = make_templates(institution, chance)
    if not all(split(templates)):
        raise Conflict("The rules in force flag all or nothing; run `manage.py load_rules`.")
    with transaction.atomic():
        share_queues(institution)
        _write(institution, volume, templates, chance, told)
        let_in_the_demo(institution)
    analyse()
    seal_audit_chain()
    return institution


def _write(
    institution: Institution,
    volume: Volume,
    templates: Sequence[Template],
    chance: random.Random,
    told: Callable[[int], object],
) -> None:
    things = [things_of(number, volume.customers) for number in range(volume.customers)]
    rows = write_people(institution, volume, things)
    writer = Writer(institution, volume, things, rows, chance)
    by_case = writer.write(happenings(volume), *split(templates), told)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE INDEX ON {STAGED} (id)")
        cursor.execute(f"ANALYZE {STAGED}")
        cursor.execute("ANALYZE transactions_transaction")
    write_decisions()
    write_keys(institution)
    write_links()
    per_usd = current_rates().per_usd(institution.base_currency, volume.end.date()) or 1.0
    history.write_cases(institution, volume, by_case, rows.first_customer, per_usd, chance)
    history.write_profiles(institution, rows.first_customer, volume)
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {STAGED}, workbench_habits")


def analyse() -> None:
    """So that the planner knows what came."""
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {', '.join(_FILLED)}")
