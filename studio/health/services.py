"""Counting the rule book's health, and telling a person what of it they may see."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import perf_counter
from typing import Any, Final

import msgspec
from django.conf import settings
from django.utils import timezone as clock

from clients.models import Institution
from clients.queries import user_institutions
from foundation.audit import record
from foundation.errors import Problem
from foundation.locks import alone
from foundation.models import User
from foundation.permissions import require
from intelligence.rates import current_rates
from rules.checking import check_definition
from rules.definition import PublishedRule, Snapshot
from rules.errors import Invalid
from rules.language import dependencies
from rules.publishing import in_force
from studio.backtest.contract import Window
from studio.backtest.errors import NothingToTest
from studio.health.counts import Counts, together
from studio.health.findings import LEVELS, Finding, findings, missing_findings
from studio.health.implying import implications
from studio.models import BookHealth

log = logging.getLogger(__name__)

SEE: Final = "studio.view_bookhealth"
CHECK: Final = "rules.change_rule"


def check_all(*, now: datetime, institutions: Iterable[int] | None = None) -> int:
    """Counts anew for each institution (or these) under the ruleset in force; how many.

    One that fails keeps no other from being counted; one that another process is counting at this
    moment is left to it. Harmless to repeat.
    """
    ruleset = in_force()
    if ruleset is None:
        return 0
    chosen = Institution.objects.all()
    if institutions is not None:
        chosen = chosen.filter(pk__in=list(institutions))
    done = 0
    for institution in chosen:
        with alone(f"studio.check_book.{institution.pk}") as ours:
            if ours:
                check_one(institution, ruleset.number, ruleset.content, now=now)
                done += 1
    return done


def check_one(institution: Institution, number: int, snapshot: Snapshot, *, now: datetime) -> None:
    """Counts one institution's window of BOOK_HEALTH_DAYS. Without a decision in it nothing is left
    of what was counted before; after any other failure that stands, with the error beside."""
    # Imported late: it loads Polars, which a worker may do only after it has forked.
    from studio.health.counting import count_book

    window = Window(
        institutions=(institution.slug,),
        since=now - timedelta(days=settings.BOOK_HEALTH_DAYS),
        until=now,
    )
    common: dict[str, Any] = {
        "ruleset": number,
        "since": window.since,
        "until": window.until,
        "made_at": now,
    }
    begun = perf_counter()
    try:
        told = {**common, "error": "", "counts": msgspec.to_builtins(count_book(snapshot, window))}
    except NothingToTest as nothing:
        told = {**common, "error": nothing.detail, "counts": None}
    except Problem as problem:
        told = {"error": problem.detail}
    except Exception as error:
        log.exception("Health of the book was not counted", extra={"of": institution.slug})
        told = {"error": f"It failed ({type(error).__name__}); the log tells more."}
    if "counts" in told:
        told["seconds"] = round(perf_counter() - begun, 3)
    BookHealth.objects.update_or_create(
        institution=institution, defaults=told, create_defaults={**common, **told}
    )


def ask_for_check(*, by: User) -> list[int]:
    """The institutions that the person may have counted now; written down."""
    require(by, CHECK)
    mine = list(user_institutions(by).values_list("pk", flat=True))
    record(actor=by, action="studio.health", subject="rules.rulebook", after={"institutions": mine})
    return mine


@dataclass(frozen=True, slots=True)
class Health:
    """What a person sees. `counts` is None where nothing was counted; `errors` name institutions
    that could not be, or not wholly, `lacking` those that never were."""

    snapshot: Snapshot | None
    ruleset: int | None
    counts: Counts | None
    findings: list[Finding]
    reads: dict[str, tuple[str, ...]]
    institutions: list[str]
    errors: list[tuple[str, str]]
    lacking: list[str]
    since: datetime | None
    until: datetime | None
    made_at: datetime | None
    is_older: bool


def health_for(by: User) -> Health:
    """The person's institutions together. Four queries."""
    require(by, SEE)
    mine = {one.pk: one for one in user_institutions(by)}
    rows = list(BookHealth.objects.filter(institution__in=mine))
    counted = [row for row in rows if row.counts is not None]
    ruleset = in_force()
    snapshot = ruleset.content if ruleset else None
    counts, unrated = _together(counted) if counted else (None, set())
    errors = [(mine[row.institution_id].name, row.error) for row in rows if row.error]
    errors += [
        (mine[row.institution_id].name, "Its amounts are in no sum, for want of an exchange rate.")
        for row in counted
        if (row.counts or {}).get("currency") in unrated
    ]
    reads = features_of(snapshot.rules) if snapshot else {}
    return Health(
        snapshot=snapshot,
        ruleset=ruleset.number if ruleset else None,
        counts=counts,
        findings=_findings(snapshot, counts, reads) if snapshot and counts else [],
        reads=reads,
        institutions=sorted(mine[row.institution_id].name for row in counted),
        errors=sorted(errors),
        lacking=sorted(one.name for pk, one in mine.items() if pk not in {r.pk for r in rows}),
        since=min((row.since for row in counted), default=None),
        until=max((row.until for row in counted), default=None),
        made_at=min((row.made_at for row in counted), default=None),
        is_older=any(ruleset is not None and row.ruleset != ruleset.number for row in counted),
    )


def features_of(rules: Iterable[PublishedRule]) -> dict[str, tuple[str, ...]]:
    """What each rule reads, by code; a rule that compiles no more is left out."""
    found = {}
    for rule in rules:
        try:
            checked = check_definition(rule.definition, any_list=True)
        except Invalid:
            continue
        read = {*dependencies(checked.condition).features}
        found[rule.code] = tuple(sorted(read))
    return found


def _findings(
    snapshot: Snapshot, counts: Counts, reads: dict[str, tuple[str, ...]]
) -> list[Finding]:
    rules = {rule.code: rule for rule in snapshot.rules}
    found = findings(snapshot, counts, implications(snapshot.rules))
    absent = list(missing_findings(rules, reads, counts))
    # One sentence is enough for a rule that is silent because what it reads is missing.
    told = {one.rules[0] for one in absent if "never fired" in one.words}
    found = [one for one in found if not (one.kind == "never fires" and one.rules[0] in told)]
    return sorted(
        [*found, *absent], key=lambda one: (LEVELS.index(one.level), one.kind, -one.weight)
    )


def _together(rows: list[BookHealth]) -> tuple[Counts, set[str]]:
    """In US dollars at today's rate where institutions keep different currencies; and the
    currencies without a rate, whose amounts count as 0."""
    parts = [msgspec.convert(row.counts, Counts) for row in rows]
    currencies = {part.currency for part in parts}
    if len(currencies) == 1:
        return together(parts, currencies.pop()), set()
    now = clock.now().timestamp()
    rates = current_rates().into("USD", sorted(currencies), now)
    unrated = currencies - rates.keys()
    scaled = [part.scaled(rates.get(part.currency, 0.0), "USD") for part in parts]
    return together(scaled, "USD"), unrated
