"""Exact explanations (TreeSHAP) of stored decisions, made by the worker in rows of their own.

XGBoost takes seconds to import and milliseconds a row; `warm_up` loads it when a worker starts.
"""

from __future__ import annotations

import logging
import threading
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from features.catalogue import CATALOGUE
from features.framework import Row
from features.vector import unpack
from scoring.detectors import Artefact, ArtefactError, read_artefact
from scoring.detectors.manifest import explainer
from scoring.detectors.rows import Floats, RowMaker
from scoring.models import Decision
from scoring.serving.models import Explanation, ModelVersion

if TYPE_CHECKING:
    from xgboost import Booster, DMatrix

log = logging.getLogger(__name__)

MOST_FACTORS: Final = 12
"""Named with a decision; what the others add is kept as one figure."""

OTHERS: Final = "others"


@dataclass(frozen=True, slots=True)
class Explainer:
    """A model's trees as XGBoost has them."""

    artefact: Artefact
    boosters: Sequence[Booster]
    rows: RowMaker

    def shares(self, rows: Floats) -> Any:
        """By row, what each column adds to the margin, and last the mean margin in training."""
        data = self._data(rows)
        told = [booster.predict(data, pred_contribs=True) for booster in self.boosters]
        return np.mean(np.asarray(told, np.float64), axis=0)

    def factors(self, values: Row, shares: Sequence[float]) -> list[dict[str, Any]]:
        """The strongest columns with their values, then the rest together; contributions in log
        odds and `points` of the ML score, which add up from the score of the mean margin."""
        manifest, base = self.artefact.manifest, shares[-1]
        moved = [
            (column.name, values[CATALOGUE.index[column.name]], float(share))
            for column, share in zip(manifest.columns, shares, strict=False)
            if share
        ]
        moved.sort(key=lambda one: (-abs(one[2]), one[0]))
        rest = sum(share for *_, share in moved[MOST_FACTORS:])
        named = [*moved[:MOST_FACTORS], *([(OTHERS, None, rest)] if rest else [])]
        margin, factors = float(base), []
        for name, value, share in named:
            before = manifest.alignment.at(margin)
            margin += share
            points = manifest.alignment.at(margin) - before
            factors.append(
                {"name": name, "value": value, "contribution": share, "points": round(points, 3)}
            )
        return factors

    def _data(self, rows: Floats) -> DMatrix:
        from xgboost import DMatrix

        columns = self.artefact.manifest.columns
        return DMatrix(
            rows,
            feature_names=[column.name for column in columns],
            feature_types=["c" if column.kind == "category" else "q" for column in columns],
            enable_categorical=True,
            nthread=1,
        )


def explain(decisions: Iterable[str]) -> int:
    """Stores the explanations of those of these decisions that have a model and none yet; how many.

    Three queries, and one for each model. A model whose files are gone explains nothing; that is
    logged.
    """
    rows = Decision.objects.filter(pk__in=list(decisions), explanation=None)
    groups: dict[str, list[Decision]] = defaultdict(list)
    for row in rows.exclude(model_version="").only(*_NEEDED):
        groups[row.model_version].append(row)
    made: list[Explanation] = []
    for version, group in groups.items():
        try:
            made += _explained(explainer_of(version), group)
        except (ArtefactError, ModelVersion.DoesNotExist) as error:
            log.warning("model %s explains nothing: %s", version, error)
    Explanation.objects.bulk_create(made, ignore_conflicts=True)
    return len(made)


_NEEDED: Final = ("model_version", "numbers", "texts", "catalogue_version")


def _explained(model: Explainer, decisions: Sequence[Decision]) -> list[Explanation]:
    values = [unpack(row.numbers, row.texts, row.catalogue_version) for row in decisions]
    shares = model.shares(np.concatenate([model.rows.row(each) for each in values]))
    return [
        Explanation(
            decision=decision,
            model_version=decision.model_version,
            base=float(told[-1]),
            margin=float(told.sum()),
            factors=model.factors(vector, told),
        )
        for decision, vector, told in zip(decisions, values, shares, strict=True)
    ]


@lru_cache(maxsize=4)
def explainer_of(version: str) -> Explainer:
    """One query and reading the files; then kept. Raises ArtefactError, ModelVersion.DoesNotExist.

    Files never change under a version's name.
    """
    from xgboost import Booster

    model = ModelVersion.objects.get(version=version)
    artefact = read_artefact(model.folder, digest=model.digest)
    boosters = []
    for number in range(artefact.manifest.boosters):
        booster = Booster({"nthread": 1})
        booster.load_model(bytearray(artefact.read(explainer(number))))
        boosters.append(booster)
    return Explainer(artefact, boosters, RowMaker(artefact.manifest.columns))


def warm_up() -> None:
    """Imports XGBoost on a thread: a worker must report for duty within four seconds."""
    threading.Thread(target=_import_xgboost, name="warm-up", daemon=True).start()


def _import_xgboost() -> None:
    import xgboost  # noqa: F401
