"""Rules as Polars expressions over the archive's rows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import polars as pl

from rules import language
from rules.checking import check_definition
from rules.definition import Definition, PublishedRule, VerticalConfig
from rules.engine import vertical_values
from rules.errors import Invalid
from rules.language.terms import Constant
from studio.backtest.errors import BadEdit

Values = Mapping[str, Any]


@dataclass(frozen=True)
class Program:
    """A rule's condition and score, checked. Equal definitions give equal answers."""

    definition: Definition
    condition: language.Checked
    score: language.Checked

    @cached_property
    def _dependencies(self) -> tuple[language.Dependencies, language.Dependencies]:
        return language.dependencies(self.condition), language.dependencies(self.score)

    @property
    def features(self) -> set[str]:
        """Every feature that it reads."""
        return {name for found in self._dependencies for name in found.features}

    @property
    def lists(self) -> set[tuple[str, str]]:
        """Every (feature, list) that it asks for."""
        return {pair for found in self._dependencies for pair in found.lists}

    @property
    def currencies(self) -> set[str]:
        """Those in which it names amounts."""
        return {code for found in self._dependencies for code in found.currencies}

    @cached_property
    def vertical_names(self) -> tuple[str, ...]:
        """The vertical's values that it reads."""
        return tuple(sorted({n for found in self._dependencies for n in found.vertical}))

    @cached_property
    def points(self) -> float | None:
        """Its score when that is a number, clipped to 0..100; None for an expression."""
        term = self.score.term
        if isinstance(term, Constant) and isinstance(term.value, int | float):
            return min(100.0, max(0.0, float(term.value)))
        return None

    def values_for(self, config: VerticalConfig) -> tuple[tuple[str, Any], ...]:
        """What it reads of that vertical: where this is equal, so are the answers."""
        values = vertical_values(config)
        return tuple((name, values.get(name)) for name in self.vertical_names)

    def fires(self, values: Values) -> pl.Expr:
        """Whether its condition is true, never null."""
        return language.to_polars(self.condition, vertical=values)

    def scores(self, values: Values) -> pl.Expr:
        """Its points, 0 where they cannot be told."""
        return language.to_polars(self.score, vertical=values).clip(0.0, 100.0).fill_null(0.0)


def program_of(rule: PublishedRule) -> Program:
    """Raises BadEdit, which says what is wrong with it."""
    try:
        checked = check_definition(rule.definition, any_list=True)
    except Invalid as error:
        raise BadEdit(f"The rule {rule.code} does not compile. {error.detail}") from error
    return Program(rule.definition, checked.condition, checked.score)


def chosen_by(wanted: Iterable[tuple[pl.Expr, pl.Expr]], otherwise: pl.Expr) -> pl.Expr:
    """The second of the first pair whose first holds."""
    chain: Any = None
    for holds, expression in wanted:
        chain = (pl if chain is None else chain).when(holds).then(expression)
    return otherwise if chain is None else chain.otherwise(otherwise)
