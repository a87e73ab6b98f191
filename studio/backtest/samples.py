"""Single decisions behind a figure of a backtest, with what each side says of them and why.

They are decided again by the Python engine, whose hits carry the reasons that people are told.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from features.catalogue import CATALOGUE
from features.vector import unpack
from foundation.models import User
from foundation.permissions import require
from foundation.scopes import visible_institutions
from intelligence.lookup import Listing
from intelligence.rates import RateTable, current_rates
from rules.definition import PublishedRule, Snapshot, VerticalConfig
from rules.engine import CompiledBook, CompiledVertical, Evaluation, UnknownVerticalError
from rules.queries import published_number
from scoring.consider import Ground, consider, hit_as_json, thresholds
from scoring.formula import SWITCH, decide
from scoring.models import Decision
from studio.backtest.contract import SAMPLES, Edit
from studio.backtest.errors import BadEdit
from studio.backtest.services import kind_of
from studio.backtest.then import rules_then
from studio.backtest.verdicts import Scored
from studio.models import Backtest
from transactions.presenting import masked_identifiers, readable_request

SEE = "scoring.view_decision"


@dataclass(frozen=True, slots=True)
class Reason:
    """A hit as it is told. `worth` is its part in the score before combining, 0..1."""

    code: str
    name: str
    effect: str
    worth: float
    text: str
    counts: bool  # False for a hit without effect: in shadow, or not of the canary's share


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one side makes of the transaction."""

    status: str
    fraud_score: int
    reasons: tuple[Reason, ...]  # the strongest first


@dataclass(frozen=True, slots=True)
class Sample:
    """One transaction; identifiers are masked, `amount` is in `currency`."""

    transaction: UUID
    external_id: str
    institution: str
    vertical: str
    occurred_at: datetime
    amount: float
    currency: str
    identifiers: Mapping[str, str]
    decided: str  # as it was decided then
    before: Outcome
    after: Outcome

    @property
    def sides(self) -> tuple[Outcome, Outcome]:
        """Before and after."""
        return self.before, self.after


class Tried(NamedTuple):
    """The ruleset that something is held against, and what is tried."""

    snapshot: Snapshot
    edit: Edit


def tried_of(backtest: Backtest) -> Tried:
    """What it was made of (one query at most)."""
    return Tried(rules_then(backtest.ruleset_number).snapshot, Edit.load(backtest.edit))


def tried_now(edit: Edit) -> Tried:
    """Held against the ruleset in force (one query at most). Raises BadEdit before the first."""
    number = published_number()
    if number is None:
        raise BadEdit("No ruleset is published yet, so there is nothing to compare with.")
    return Tried(rules_then(number).snapshot, edit)


def samples(*, by: User, tried: Tried, ids: Iterable[UUID]) -> list[Sample]:
    """The decisions of these transactions under both sides, the newest first, SAMPLES at most.

    Only of institutions that the person sees. One that is gone from the database, that an
    operator's switch made, or whose vertical the edit takes away, is left out. Two queries, and
    compiling what is tried the first time: some seconds for many rules and verticals. Raises
    BadEdit.
    """
    require(by, SEE)
    found = Decision.objects.filter(pk__in=list(ids)).exclude(effect=SWITCH)
    if (visible := visible_institutions(by)) is not None:
        found = found.filter(institution__in=visible)
    rows = found.select_related("transaction", "institution").order_by("-transaction__occurred_at")
    judge = _judge(tried)
    return [one for row in rows[:SAMPLES] if (one := _sample(row, judge)) is not None]


def _sample(row: Decision, judge: "_Judge") -> Sample | None:
    sent = row.transaction
    try:
        before, after = judge.outcomes(row)
    except UnknownVerticalError:  # an edit took its vertical away
        return None
    return Sample(
        transaction=row.pk,
        external_id=sent.external_id,
        institution=row.institution.slug,
        vertical=sent.vertical,
        occurred_at=sent.occurred_at,
        amount=float(sent.amount),
        currency=sent.currency,
        identifiers=masked_identifiers(readable_request(sent)),
        decided=row.status,
        before=before,
        after=after,
    )


class _Judge:
    """Decides a stored decision again under both sides."""

    def outcomes(self, row: Decision) -> tuple[Outcome, Outcome]:
        raise NotImplementedError


class _Whole(_Judge):
    """Every rule anew."""

    def __init__(self, tried: Tried) -> None:
        after = tried.edit.applied_to(tried.snapshot)
        self._books = [_book(_key(one)) for one in (tried.snapshot, after)]

    def outcomes(self, row: Decision) -> tuple[Outcome, Outcome]:
        before, after = (self._outcome(row, book) for book in self._books)
        return before, after

    def _outcome(self, row: Decision, book: CompiledBook) -> Outcome:
        evaluation, verdict = consider(_ground(row, book.vertical(row.transaction.vertical)))
        reasons = _reasons(evaluation)
        return Outcome(verdict.status, verdict.fraud_score, reasons)


class _Swapped(_Judge):
    """One rule anew; the hits of the others are those that are stored."""

    def __init__(self, code: str, sides: Iterable[PublishedRule | None]) -> None:
        self._code, self._sides = code, tuple(sides)
        self._compiled: dict[tuple[int, str], list[CompiledVertical]] = {}

    def outcomes(self, row: Decision) -> tuple[Outcome, Outcome]:
        config = rules_then(row.ruleset_number).configs[row.transaction.vertical]
        verticals = self._compiled.get((row.ruleset_number, config.code))
        if verticals is None:
            verticals = [_only(rule, config) for rule in self._sides]
            self._compiled[row.ruleset_number, config.code] = verticals
        before, after = (self._outcome(row, vertical) for vertical in verticals)
        return before, after

    def _outcome(self, row: Decision, vertical: CompiledVertical) -> Outcome:
        # Entries of lists with an effect of their own are among the stored hits.
        ground = _ground(row, vertical)
        own = vertical.evaluate(
            ground.values,
            currency=ground.currency,
            rates=ground.rates,
            listed={(one.feature, one.list_name) for one in ground.listings},
            customer_hash=ground.customer_hash,
        )
        others = [hit for hit in row.hits if hit["code"] != self._code or not hit["version"]]
        hits = [*others, *map(hit_as_json, own.hits)]
        verdict = decide(tuple(map(_as_scored, hits)), ground.ml_score, thresholds(vertical.config))
        shadow = [hit for hit in row.shadow_hits if hit["code"] != self._code]
        reasons = _told(hits, shadow + list(map(hit_as_json, own.shadow_hits)))
        return Outcome(verdict.status, verdict.fraud_score, reasons)


def _judge(tried: Tried) -> _Judge:
    if kind_of(tried.edit) == Backtest.Kind.RULESET:
        return _Whole(tried)
    code = tried.edit.rules[0].code if tried.edit.rules else tried.edit.removed[0]
    sides = [
        next((rule for rule in rules if rule.code == code), None)
        for rules in (tried.snapshot.rules, tried.edit.rules)
    ]
    return _Swapped(code, sides)


def _only(rule: PublishedRule | None, config: VerticalConfig) -> CompiledVertical:
    rules = () if rule is None else (rule,)
    snapshot = Snapshot(catalogue_version=CATALOGUE.version, rules=rules, verticals=(config,))
    return CompiledBook(snapshot, 0).vertical(config.code)


def _key(snapshot: Snapshot) -> bytes:
    return msgspec.json.encode(snapshot)


@lru_cache(maxsize=4)
def _book(snapshot: bytes) -> CompiledBook:
    """Kept, so that the next kind of samples need not compile it again."""
    return CompiledBook(msgspec.json.decode(snapshot, type=Snapshot), 0)


def _ground(row: Decision, vertical: CompiledVertical) -> Ground:
    """As `scoring.replay.ground_of`, for other rules: rates that were not stored are the table's,
    and the hold-out lane is left out."""
    values = unpack(row.numbers, row.texts, row.catalogue_version)
    user = values[CATALOGUE.index["user_id"]]
    sent = row.transaction
    table: RateTable = current_rates()
    todays = table.into(sent.currency, vertical.required_currencies, sent.occurred_at.timestamp())
    return Ground(
        vertical=vertical,
        values=values,
        currency=sent.currency,
        rates={**todays, **row.inputs["rates"]},
        listings=[Listing(feature, name, how, "") for feature, name, how in row.inputs["listed"]],
        customer_hash=bytes.fromhex(user) if isinstance(user, str) else None,
        ml_score=row.ml_score,
    )


def _as_scored(hit: Mapping[str, Any]) -> Scored:
    return Scored(hit["family"], hit["effect"], hit["score"], hit["confidence"], hit["weight"])


def _reasons(evaluation: Evaluation) -> tuple[Reason, ...]:
    return _told(map(hit_as_json, evaluation.hits), map(hit_as_json, evaluation.shadow_hits))


def _told(
    hits: Iterable[Mapping[str, Any]], shadow: Iterable[Mapping[str, Any]]
) -> tuple[Reason, ...]:
    found = [_reason(hit, counts=True) for hit in hits]
    found += [_reason(hit, counts=False) for hit in shadow]
    return tuple(sorted(found, key=lambda one: (not one.counts, -one.worth, one.code)))


def _reason(hit: Mapping[str, Any], *, counts: bool) -> Reason:
    return Reason(hit["code"], hit["name"], hit["effect"], hit["worth"], hit["reason"], counts)
