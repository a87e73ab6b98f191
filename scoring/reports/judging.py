"""What a ruleset would decide on a stored decision today, alone and beside a model."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

from features.catalogue import CATALOGUE
from rules.catalogue import built_in_snapshot
from rules.engine import CompiledBook, Evaluation, Hit
from rules.queries import load_book, published_number
from scoring.consider import Ground, consider, thresholds
from scoring.formula import Thresholds, decide
from scoring.reports.reading import Case

MODELS_USUAL_SCORE = 10.0
SCALES = MappingProxyType({"rules_alone": None, "with_model": MODELS_USUAL_SCORE})
"""ML score by the name of the scale. None: rules decide alone. A model's median is about 10."""


class NoRulesetError(LookupError):
    """Nothing is published yet."""


def published_book() -> CompiledBook:
    """The ruleset in force. Raises NoRulesetError."""
    number = published_number()
    if number is None:
        raise NoRulesetError("No ruleset is published yet; run load_rules, or take --candidate.")
    return load_book(number)


def candidate_book() -> CompiledBook:
    """The catalogue as its files stand, as number 0. Raises CatalogueError."""
    return CompiledBook(built_in_snapshot(CATALOGUE.version), 0)


@dataclass(frozen=True, slots=True)
class Judged:
    """Everything that the rules say of one case, and the status by scale."""

    live: tuple[Hit, ...]
    shadow: tuple[Hit, ...]
    errors: int
    statuses: dict[str, str]
    matters: dict[str, dict[str, int]]


class Judge:
    """Runs one book over cases. A vertical that the book does not have is counted, not judged."""

    def __init__(self, book: CompiledBook) -> None:
        self.book = book
        self._thresholds = {code: thresholds(c) for code, c in book.configs.items()}

    @cached_property
    def currencies(self) -> tuple[str, ...]:
        """All in which a rule of the book names an amount."""
        verticals = [self.book.vertical(code) for code in self.book.configs]
        return tuple(sorted({c for v in verticals for c in v.required_currencies}))

    def judge(self, case: Case) -> Judged | None:
        """None for a vertical that the book does not have."""
        limits = self._thresholds.get(case.vertical)
        if limits is None:
            return None
        found = self._evaluate(case)
        statuses: dict[str, str] = {}
        matters: dict[str, dict[str, int]] = {}
        for scale, ml in SCALES.items():
            statuses[scale] = decide(found.hits, ml, limits).status
            matters[scale] = _matters(found, ml, limits, flagged=statuses[scale] != "approved")
        errors = len(found.errors)
        return Judged(found.hits, found.shadow_hits, errors, statuses, matters)

    def _evaluate(self, case: Case) -> Evaluation:
        """The hits, those of list entries with an effect of their own among the live ones."""
        user = case.values[CATALOGUE.index["user_id"]]
        ground = Ground(
            vertical=self.book.vertical(case.vertical),
            values=case.values,
            currency=case.currency,
            rates=case.rates,
            listings=case.listings,
            customer_hash=bytes.fromhex(user) if isinstance(user, str) else None,
            ml_score=None,
        )
        return consider(ground)[0]


def _matters(
    found: Evaluation, ml: float | None, limits: Thresholds, *, flagged: bool
) -> dict[str, int]:
    """Rules on which it depends alone whether the case is flagged: 1 flags it, -1 clears it.

    A live rule is left out for the trial, one in shadow is added.
    """
    changed: dict[str, int] = {}
    for hit in found.hits:
        rest = tuple(other for other in found.hits if other is not hit)
        if (without := _flagged(rest, ml, limits)) != flagged:
            changed[hit.code] = -1 if without else 1
    for hit in found.shadow_hits:
        if (added := _flagged((*found.hits, hit), ml, limits)) != flagged:
            changed[hit.code] = 1 if added else -1
    return changed


def _flagged(hits: Sequence[Hit], ml: float | None, limits: Thresholds) -> bool:
    return decide(tuple(hits), ml, limits).status != "approved"
