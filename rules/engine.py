"""Running a published ruleset: snapshot in, compiled book out, hits per transaction.

Everything that can be decided when publishing is decided here once: names to positions, templates
to parts, weights, which rules a vertical has. Per transaction there is one call of a generated
function; everything else happens per hit.
"""

import hashlib
import threading
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import msgspec

from features.catalogue import CATALOGUE
from features.framework import Value
from features.types import Type
from rules import language
from rules.checking import CheckedDefinition, check_definition, language_parameter
from rules.definition import Money, PublishedRule, Snapshot, State, VerticalConfig
from rules.errors import Invalid
from rules.reasons import Template, compile_template, say_value

MAX_CACHED_CONVERSIONS = 512


class UnknownVerticalError(LookupError):
    """The ruleset has no such vertical."""


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """A rule that fired. ``score`` is 0..100 points, ``weight`` the vertical's for this rule."""

    code: str
    version: int
    name: str
    category: str
    flag_type: str
    family: str
    severity: str
    effect: str
    score: float
    confidence: float
    weight: float
    reason: str
    sentinel_id: str


class RuleError(msgspec.Struct, frozen=True):
    """A rule that was skipped, or whose score could not be told; the others decide without it."""

    code: str
    version: int
    message: str


class Evaluation(msgspec.Struct, frozen=True):
    """What the rules say of one transaction; shadow hits have no effect."""

    hits: tuple[Hit, ...] = ()
    shadow_hits: tuple[Hit, ...] = ()
    errors: tuple[RuleError, ...] = ()


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """A published rule with what a hit needs, ready made."""

    published: PublishedRule
    weight: float
    template: Template

    def decides_for(self, customer_hash: bytes | None) -> bool:
        """Whether its hit counts: live always, a canary for its share of the customers."""
        state = self.published.state
        if state is State.LIVE:
            return True
        if state is not State.CANARY or customer_hash is None:
            return False
        return bucket(self.published.code, customer_hash) < self.published.canary_percent

    def hit(self, score: float, reason: str) -> Hit:
        definition = self.published.definition
        return Hit(
            code=self.published.code,
            version=self.published.version,
            name=definition.name,
            category=definition.category,
            flag_type=definition.flag_type,
            family=definition.family,
            severity=definition.severity.value,
            effect=definition.effect.value,
            score=score,
            confidence=definition.confidence,
            weight=self.weight,
            reason=reason,
            sentinel_id=definition.sentinel_id,
        )

    def raised(self, error: Exception) -> RuleError:
        """Only the kind of exception is told: its text may hold a value."""
        return self.error(f"raised {type(error).__name__}")

    def error(self, message: str) -> RuleError:
        return RuleError(self.published.code, self.published.version, message)


def bucket(code: str, customer_hash: bytes) -> float:
    """Where the customer falls for that rule: 0.00 to 99.99, evenly spread, the same each time.

    The rule's code takes part, so that one customer is not the canary of every rule.
    """
    digest = hashlib.blake2b(customer_hash, digest_size=8, key=code.encode()[:64]).digest()
    return int.from_bytes(digest, "big") % 10_000 / 100


class CompiledVertical:
    """One vertical's rules as one generated function. Immutable, shared by threads."""

    def __init__(
        self,
        config: VerticalConfig,
        rules: Iterable[tuple[PublishedRule, CheckedDefinition]],
        broken: Iterable[RuleError] = (),
    ) -> None:
        pairs = tuple(rules)
        self.config = config
        self.broken = tuple(broken)
        self._compiled = language.compile_ruleset(
            [language.CompilableRule(c.condition, c.score) for _, c in pairs],
            positions=CATALOGUE.index,
            vertical=vertical_values(config),
        )
        self._money = self._compiled.money_parameters
        self._conversions: dict[tuple[object, ...], tuple[float | None, ...]] = {}
        self.rules = tuple(self._compile(published) for published, _ in pairs)
        dependencies = [language.dependencies(e) for _, c in pairs for e in (c.condition, c.score)]
        self.required_currencies = tuple(sorted({p.currency for p in self._money}))
        self.listed_pairs = frozenset(pair for d in dependencies for pair in d.lists)
        self.required_lists = frozenset(name for _, name in self.listed_pairs)

    def evaluate(
        self,
        values: Sequence[Value | None],
        *,
        currency: str,
        rates: Mapping[str, float],
        listed: Container[tuple[str, str]],
        customer_hash: bytes | None,
    ) -> Evaluation:
        """Hits of one transaction, given its vector in catalogue order.

        ``rates`` maps a currency to the units of the transaction's ``currency`` that one unit of
        it costs; ``listed`` holds the (feature, list) pairs that apply. ``customer_hash`` places
        the customer among the canaries; without one no canary decides.
        """
        money = self._convert(currency, rates)
        fired, failed = self._compiled.evaluate(values, money, listed)
        if not fired and not failed and not self.broken:
            return NOTHING
        hits: list[Hit] = []
        shadow_hits: list[Hit] = []
        errors = [*self.broken, *(self.rules[i].raised(error) for i, error in failed)]
        for i in fired:
            rule = self.rules[i]
            try:
                score = self._compiled.score(i, values, money, listed)
            except Exception as error:  # noqa: BLE001  (one rule's fault never stops the others)
                errors.append(rule.raised(error))
                continue
            if score is None:
                errors.append(rule.error("its score is missing"))
            hit = rule.hit(_points(score), rule.template.render(values, money, currency))
            (hits if rule.decides_for(customer_hash) else shadow_hits).append(hit)
        return Evaluation(tuple(hits), tuple(shadow_hits), tuple(errors))

    def _convert(self, currency: str, rates: Mapping[str, float]) -> tuple[float | None, ...]:
        """Money parameters in the transaction's currency; cached, since rates change once a day."""
        key = (currency, *[rates.get(c) for c in self.required_currencies])
        money = self._conversions.get(key)
        if money is None:
            if len(self._conversions) >= MAX_CACHED_CONVERSIONS:
                self._conversions.clear()
            money = tuple(self._compiled.resolve_money(currency, rates))
            self._conversions[key] = money
        return money

    def _compile(self, published: PublishedRule) -> CompiledRule:
        constants: dict[str, object] = {
            f"vertical.{name}": value for name, value in vertical_values(self.config).items()
        }
        money: dict[str, int] = {}
        for parameter in published.definition.parameters:
            amount = language_parameter(parameter).value
            if amount in self._money:
                money[parameter.name] = self._money.index(amount)
            elif isinstance(parameter.value, Money):  # only the reason names it
                constants[parameter.name] = say_value(parameter.value)
            else:
                constants[parameter.name] = parameter.value
        units = {p.name: p.unit for p in published.definition.parameters}
        template = compile_template(
            published.definition.reason, _features(), constants, money, units
        )
        return CompiledRule(published, self.config.rule_weights.get(published.code, 1.0), template)


NOTHING = Evaluation()


def _points(score: float | None) -> float:
    """A score within 0..100; a missing one is 0, the hit's effect and flag still count."""
    return 0.0 if score is None else min(100.0, max(0.0, score))


@cache
def _features() -> dict[str, tuple[int, Type, str]]:
    return {feature.name: (i, feature.type, feature.unit) for i, feature in enumerate(CATALOGUE)}


def vertical_values(config: VerticalConfig) -> dict[str, Any]:
    """What a rule reads as ``vertical.<name>``; the types are `checking.VERTICAL_TYPES`."""
    return {
        "code": config.code,
        "review_threshold": float(config.review_threshold),
        "fraud_score_threshold": float(config.fraud_score_threshold),
        "aml_threshold": float(config.aml_threshold),
        "currencies": config.currencies,
    }


class CompiledBook:
    """A ruleset in memory; verticals compile when first asked for, and stay."""

    def __init__(self, snapshot: Snapshot, number: int) -> None:
        self.snapshot = snapshot
        self.number = number
        self.configs = {config.code: config for config in snapshot.verticals}
        self._verticals: dict[str, CompiledVertical] = {}
        self._compiling = threading.Lock()

    @classmethod
    def from_snapshot(cls, snapshot: Mapping[str, Any], number: int) -> "CompiledBook":
        """Book of a stored snapshot. ``msgspec.ValidationError`` when it is not one."""
        return cls(Snapshot.load(dict(snapshot)), number)

    def vertical(self, code: str) -> CompiledVertical:
        """The compiled vertical. Raises UnknownVerticalError."""
        vertical = self._verticals.get(code)
        if vertical is None:
            with self._compiling:
                vertical = self._verticals.get(code) or self._compile(code)
                self._verticals[code] = vertical
        return vertical

    @property
    def in_use(self) -> tuple[str, ...]:
        """Codes of the verticals compiled so far."""
        return tuple(self._verticals)

    def warm(self, codes: Iterable[str]) -> None:
        """Compiles those of the verticals that this book has."""
        for code in codes:
            if code in self.configs:
                self.vertical(code)

    @cached_property
    def broken(self) -> tuple[RuleError, ...]:
        """Rules that fail the checker today: skipped, and told with each decision."""
        return tuple(found for _, found in self._checked if isinstance(found, RuleError))

    @cached_property
    def _checked(self) -> tuple[tuple[PublishedRule, CheckedDefinition | RuleError], ...]:
        return tuple((rule, _check(rule)) for rule in self.snapshot.rules)

    def _compile(self, code: str) -> CompiledVertical:
        config = self.configs.get(code)
        if config is None:
            raise UnknownVerticalError(code)
        mine = [(r, c) for r, c in self._checked if r.definition.applies_to(code)]
        return CompiledVertical(
            config,
            [(rule, checked) for rule, checked in mine if isinstance(checked, CheckedDefinition)],
            [found for _, found in mine if isinstance(found, RuleError)],
        )


def _check(rule: PublishedRule) -> CheckedDefinition | RuleError:
    """Published rules passed once; they fail only after an upgrade took away what they read."""
    try:
        return check_definition(rule.definition, any_list=True)
    except Invalid as error:
        return RuleError(rule.code, rule.version, str(error))
