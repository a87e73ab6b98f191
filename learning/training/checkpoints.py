"""Finished pieces of training on disk, so that what was stopped goes on where it was."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from xgboost import Booster

    from learning.training.sample import Sample


def data_hash(sample: Sample) -> str:
    """One word for the data: any other row, label, order or column gives another."""
    digest = hashlib.sha256()
    digest.update(json.dumps([(i.name, i.kind, i.categories) for i in sample.inputs]).encode())
    for array in (sample.matrix, sample.times, sample.fraud, sample.known_at):
        digest.update(np.ascontiguousarray(array).view(np.uint8).data)
    digest.update(repr(sample.maturity).encode())
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Checkpoints:
    """A folder of boosters by name; None keeps nothing."""

    folder: Path | None = None

    def of(self, sample: Sample) -> Checkpoints:
        """Those of these very data."""
        return self if self.folder is None else Checkpoints(self.folder / data_hash(sample)[:16])

    def booster(self, parts: Mapping[str, Any], fit: Callable[[], Booster]) -> Booster:
        """The booster that these parts describe: read if it was fitted before, else fitted."""
        if self.folder is None:
            return fit()
        from xgboost import Booster

        text = json.dumps(parts, sort_keys=True, default=str)
        path = self.folder / f"{hashlib.sha256(text.encode()).hexdigest()[:32]}.ubj"
        if path.exists():
            return Booster(model_file=str(path))
        booster = fit()
        self.folder.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".part.ubj")
        booster.save_model(str(draft))
        draft.replace(path)  # a half-written one never counts
        return booster
