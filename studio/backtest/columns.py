"""Expressions of many rules over one table, equal ones computed once."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from rules.definition import VerticalConfig
from studio.backtest.programs import Program, chosen_by
from studio.backtest.verdicts import Floats

Flags = npt.NDArray[np.bool_]
Configs = Mapping[Any, VerticalConfig]


class Columns:
    """Expressions that several rules or sides share, each computed once.

    `key` is the column that says which of a rule's configurations counts for a row.
    """

    def __init__(self, key: str = "vertical") -> None:
        self.programs: list[Program] = []
        self._key = key
        self._places: dict[tuple[Any, ...], int] = {}
        self._configs: list[Configs] = []

    def place(self, program: Program, configs: Configs) -> int:
        """The column of a rule; a new one unless an equal one is there."""
        key = (
            program.definition.condition,
            program.definition.score,
            repr(program.definition.parameters),
            *((code, program.values_for(configs[code])) for code in sorted(configs)),
        )
        if program.vertical_names == ():
            key = key[:3]
        place = self._places.setdefault(key, len(self.programs))
        if place == len(self.programs):
            self.programs.append(program)
            self._configs.append(configs)
        return place

    def evaluate(self, frame: pl.DataFrame) -> tuple[Flags, dict[int, Floats]]:
        """Whether each fires, a column each; and the points of those without a fixed score."""
        wanted: dict[str, pl.Expr] = {}
        for place, program in enumerate(self.programs):
            wanted[f"fires:{place}"] = self._chosen(place, Program.fires, pl.lit(value=False))
            if program.points is None:
                wanted[f"points:{place}"] = self._chosen(place, Program.scores, pl.lit(0.0))
        # Not `select`: an expression without columns would have one row.
        found = frame.lazy().with_columns(**wanted).select(wanted.keys()).collect()
        fires = np.empty((frame.height, len(self.programs)), np.bool_)
        points: dict[int, Floats] = {}
        for place in range(len(self.programs)):
            fires[:, place] = found[f"fires:{place}"].to_numpy()
            if f"points:{place}" in wanted:
                points[place] = found[f"points:{place}"].to_numpy()
        return fires, points

    def _chosen(self, place: int, build: Any, otherwise: pl.Expr) -> pl.Expr:
        program, configs = self.programs[place], self._configs[place]
        by_values: defaultdict[tuple[tuple[str, Any], ...], list[Any]] = defaultdict(list)
        for code, config in configs.items():
            by_values[program.values_for(config)].append(code)
        if len(by_values) == 1:
            return build(program, dict(next(iter(by_values))))  # type: ignore[no-any-return]
        pairs = [
            (pl.col(self._key).is_in(codes), build(program, dict(values)))
            for values, codes in by_values.items()
        ]
        return chosen_by(pairs, otherwise)
