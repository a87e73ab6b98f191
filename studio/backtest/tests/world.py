"""A small random world: rulesets of every kind of rule, and decisions made under them.

Decisions are made by the Python engine, as scoring makes them, and put into an archive.
"""

import datetime as dt
import json
import random
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import polars as pl

from features.catalogue import CATALOGUE
from features.framework import Feature
from features.types import Type
from intelligence.lookup import Listing
from learning.archive import journal
from learning.archive.exporting import write_parts
from learning.archive.rows import Part
from learning.archive.schema import DECISION, file_schema
from learning.archive.store import archive_store
from rules.catalogue import built_in_snapshot
from rules.definition import (
    Effect,
    Money,
    Parameter,
    PublishedRule,
    Snapshot,
    State,
    VerticalConfig,
)
from rules.engine import CompiledBook, Evaluation
from rules.models import Ruleset
from rules.switching.reading import Mode, Switched
from rules.tests.cast import make_config, make_definition, publish
from scoring.consider import Ground, consider
from scoring.formula import Verdict

SINCE = dt.datetime(2026, 10, 1, tzinfo=dt.UTC)
UNTIL = SINCE + dt.timedelta(days=3)
CURRENCIES = ("NGN", "USD", "KES", "XAF")
LISTS = ("blocked", "trusted", "watched")


def a_rule(code: str, condition: str, score: str = "30", **overrides: Any) -> PublishedRule:
    """A live rule of the given definition; `state` and `canary_percent` as well."""
    of_rule = {k: overrides.pop(k) for k in ("state", "canary_percent") if k in overrides}
    fields = {"family": code, "parameters": (), "reason": "It fired", **overrides}
    definition = make_definition(condition=condition, score=score, **fields)
    return publish(definition, code, **of_rule)


AMOUNT = a_rule(
    "large_amount",
    "amount > limit",
    "min(90, amount / limit * 20)",
    parameters=(Parameter("limit", Money(300, "USD", {"KES": 40_000.0}), 1, 9_000),),
    confidence=0.9,
)
VARIED = (
    AMOUNT,
    a_rule(
        "large_in_euros",
        "amount >= limit or velocity_7d > 1e8",
        "25",
        parameters=(Parameter("limit", Money(200, "EUR"), 1, 9_000),),
        confidence=0.9,
    ),
    a_rule("half_point", "ip_is_vpn", "25", confidence=0.9, family="network"),
    a_rule("stronger_name", "ip_is_proxy or ip_is_vpn", "40", confidence=0.75, family="network"),
    a_rule("by_customer", "account_age_days < 400", "55", state=State.CANARY, canary_percent=40.0),
    a_rule("watching", "account_age_days < 900", "70", state=State.SHADOW),
    a_rule("score_unknown", "amount > 0 and ip_is_vpn", "account_age_days / 20"),
    a_rule("on_list", 'listed(email, "blocked")', "20", effect=Effect.REVIEW),
    a_rule("trusted_text", 'listed(email_domain, "trusted")', "0", effect=Effect.ALLOW),
    a_rule("sanctioned", "velocity_7d > 2000 and ip_is_vpn", "10", effect=Effect.DECLINE),
    a_rule(
        "currency_unknown",
        "not (currency in vertical.currencies)",
        "15",
        only=("payments", "crypto"),
    ),
    a_rule(
        "aml",
        "velocity_7d > vertical.aml_threshold",
        "vertical.review_threshold",
        exclude=("crypto",),
    ),
)


def configs() -> tuple[VerticalConfig, ...]:
    """Three verticals that differ in everything."""
    return (
        make_config(),
        make_config(
            code="crypto",
            review_threshold=30,
            fraud_score_threshold=50,
            aml_threshold=500,
            rules_weight=0.7,
            ml_weight=0.3,
            currencies=("USD",),
            rule_weights={"half_point": 1.5, "large_amount": 0.5, "by_customer": 4.0},
            alert_on=("declined",),
        ),
        make_config(
            code="mobile_money",
            review_threshold=25,
            fraud_score_threshold=80,
            aml_threshold=2_000,
            rules_weight=1.0,
            ml_weight=0.0,
            alert_on=(),
        ),
    )


def a_snapshot(*rules: PublishedRule, built_in: bool = False) -> Snapshot:
    """These rules (VARIED if none), with all built-in ones when asked."""
    chosen = rules or VARIED
    codes = {rule.code for rule in chosen}
    if built_in:
        shipped = built_in_snapshot(CATALOGUE.version).rules
        chosen = (*chosen, *(rule for rule in shipped if rule.code not in codes))
    return Snapshot(catalogue_version=CATALOGUE.version, rules=chosen, verticals=configs())


def put_in_force(number: int, snapshot: Snapshot) -> None:
    """The ruleset as a row, as if published then."""
    Ruleset.objects.create(
        number=number, snapshot=snapshot.as_dict(), note="then", created_by_name="test"
    )


@dataclass(frozen=True)
class Event:
    """A decision with all that it rested on."""

    id: UUID
    institution: str
    vertical: str
    at: dt.datetime
    number: int
    ground: Ground
    evaluation: Evaluation
    verdict: Verdict

    def under(self, book: CompiledBook) -> tuple[Evaluation, Verdict]:
        """Decided again by the Python engine; hold-out lane and switch are left out."""
        vertical = book.vertical(self.vertical)
        return consider(replace(self.ground, vertical=vertical, held_out=False, switch=None))


def make_events(
    seed: int, count: int, rulesets: dict[int, Snapshot], *, institution: str = "bank"
) -> list[Event]:
    """Random events under random ones of the rulesets."""
    chance = random.Random(seed)  # noqa: S311
    books = {number: CompiledBook(snapshot, number) for number, snapshot in rulesets.items()}
    return [_event(chance, books, institution) for _ in range(count)]


def _event(chance: random.Random, books: dict[int, CompiledBook], institution: str) -> Event:
    number = chance.choice(list(books))
    code = chance.choice([each.code for each in books[number].snapshot.verticals])
    at = SINCE + dt.timedelta(seconds=chance.randrange(int((UNTIL - SINCE).total_seconds())))
    currency = chance.choice(CURRENCIES)
    values = _values(chance, currency, at)
    user = values[CATALOGUE.index["user_id"]]
    ground = Ground(
        vertical=books[number].vertical(code),
        values=values,
        currency=currency,
        rates=_rates(chance, currency),
        listings=_listings(chance),
        customer_hash=bytes.fromhex(user) if isinstance(user, str) else None,
        ml_score=None if chance.random() < 0.4 else chance.uniform(0, 100),
        held_out=chance.random() < 0.1,
        switch=_switch(chance),
    )
    evaluation, verdict = consider(ground)
    pk = UUID(int=chance.getrandbits(128))
    return Event(pk, institution, code, at, number, ground, evaluation, verdict)


_TEXTS = ("ng", "US", "gmail.com", "Mozilla/5.0", "transfer", "payout", "", "online", "é")


def _values(chance: random.Random, currency: str, at: dt.datetime) -> list[Any]:
    missing = chance.choice([0.4, 0.98, 0.99, 1.0])  # of all but a few features
    values = [
        None if chance.random() < missing else _value(chance, feature) for feature in CATALOGUE
    ]
    user = chance.randrange(60)
    known = {
        "amount": round(10 ** chance.uniform(1, 7), 2),
        "currency": currency,
        "occurred_at": at.timestamp(),
        "account_age_days": chance.choice([None, 3.0, 30.0, 600.0, 2_000.0]),
        "ip_is_vpn": chance.choice([None, True, False]),
        "velocity_7d": chance.choice([None, 2.0, 700.0, 3_000.0]),
        "email": chance.choice([None, "ab" * 16]),
        "email_domain": chance.choice([None, "example.com"]),
        "user_id": None if user == 0 else f"{user:032x}",
    }
    for name, value in known.items():
        values[CATALOGUE.index[name]] = value
    return values


def _value(chance: random.Random, feature: Feature) -> Any:
    kind = feature.type
    if kind is Type.BOOLEAN:
        return chance.random() < 0.1
    if kind is Type.STRINGS:
        return tuple(chance.sample(_TEXTS, chance.randrange(3)))
    if kind is Type.IDENTIFIER:
        return f"{chance.getrandbits(64):016x}"
    if kind is Type.STRING:
        return chance.choice(tuple(feature.choices or _TEXTS))
    if kind is Type.TIMESTAMP:
        return 1.79e9 + chance.randrange(10_000_000)
    return chance.choice([0.0, 1.0, 5.5, 10 ** chance.uniform(-3, 5)])


def _rates(chance: random.Random, currency: str) -> dict[str, float]:
    dollars = {"NGN": 1530.0, "USD": 1.0, "KES": 129.25, "XAF": 600.1}[currency]
    rates = {"USD": dollars, "EUR": dollars / 0.875}
    return {code: rate for code, rate in rates.items() if chance.random() < 0.8}


def _switch(chance: random.Random) -> Switched | None:
    if chance.random() < 0.9:
        return None
    return Switched(chance.choice(list(Mode)), UNTIL.timestamp(), 1)


def _listings(chance: random.Random) -> list[Listing]:
    found = []
    for _ in range(chance.choice([0, 0, 0, 1, 2])):
        feature = chance.choice(["email", "email_domain", "device_id"])
        effect = chance.choice(["", "", "allow", "review", "decline"])
        found.append(Listing(feature, chance.choice(LISTS), effect, ""))
    return found


def put_into_archive(events: list[Event]) -> None:
    """As an export would, with serials that go on."""
    store = archive_store()
    days = sorted({event.at.date() for event in events})
    for day in days:
        rows = [_row(n, event) for n, event in enumerate(events, 1) if event.at.date() == day]
        frame = pl.DataFrame(rows, schema=file_schema(CATALOGUE.version), orient="row")
        part = Part(day, CATALOGUE.version, frame)
        journal.replace(old=[], new=write_parts(store, [part]))


def _row(serial: int, event: Event) -> dict[str, Any]:
    ground, verdict = event.ground, event.verdict
    rates = json.dumps(dict(ground.rates))
    listed = json.dumps(sorted(entry[:3] for entry in ground.listings))
    decision = {
        "serial": serial,
        "transaction_id": str(event.id),
        "institution_id": 1,
        "institution": event.institution,
        "source": "test",
        "vertical": event.vertical,
        "received_at": event.at,
        "decided_at": event.at,
        "status": verdict.status,
        "risk_level": verdict.level,
        "fraud_score": verdict.fraud_score,
        "rule_score": verdict.rule_score,
        "ml_score": ground.ml_score,
        "ml_probability": None,
        "effect": verdict.effect,
        "use_ml": ground.ml_score is not None,
        "degraded": [],
        "hits": [hit.code for hit in event.evaluation.hits],
        "hit_scores": [hit.score for hit in event.evaluation.hits],
        "shadow_hits": [hit.code for hit in event.evaluation.shadow_hits],
        "ruleset_number": event.number,
        "model_version": "",
        "catalogue_version": CATALOGUE.version,
        "hash_version": 1,
        "inputs": "{}",
        "rates": rates,
        "listed": listed,
    }
    assert list(decision) == list(DECISION)
    values = zip((feature.name for feature in CATALOGUE), ground.values, strict=True)
    return decision | dict(values)
