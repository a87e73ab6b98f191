"""A trained model as a folder of files, checked against the trainer's own answers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from features.catalogue import CATALOGUE
from foundation.files import whole_file
from learning.export.graph import graph_of
from learning.export.parity import check_parity
from learning.export.paths import paths_of
from scoring.detectors import Artefact, read_artefact
from scoring.detectors.manifest import (
    CARD,
    CARD_PAGE,
    FORMAT,
    GRAPH,
    NAME,
    PATHS,
    Column,
    Curve,
    Manifest,
    explainer,
)

if TYPE_CHECKING:
    from learning.training.trained import Trained


def write_artefact(
    trained: Trained,
    folder: Path,
    *,
    card: Mapping[str, Any] | None = None,
    card_page: str = "",
) -> Artefact:
    """Writes all files, the manifest last, and reads them back. `folder` is made.

    `card` is the evaluation, the trainer's facts where there is none; `card_page` is it as HTML.
    Raises NotExportable before anything is written, also
    when the copy answers otherwise than the model.
    """
    files = {
        GRAPH: graph_of(trained).SerializeToString(),
        PATHS: paths_of(trained.boosters).dump(),
        CARD: json.dumps(dict(card or trained.facts), indent=1, sort_keys=True).encode(),
        **({CARD_PAGE: card_page.encode()} if card_page else {}),
        **{
            explainer(number): bytes(booster.save_raw("ubj"))
            for number, booster in enumerate(trained.boosters)
        },
    }
    check_parity(trained, files[GRAPH])
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        _write(folder / name, content)
    _write(folder / NAME, msgspec.json.format(msgspec.json.encode(_manifest(trained, files))))
    return read_artefact(folder)


def _manifest(trained: Trained, files: dict[str, bytes]) -> Manifest:
    anomaly = trained.anomaly
    return Manifest(
        format=FORMAT,
        catalogue_version=int(trained.facts.get("catalogue_version", CATALOGUE.version)),
        columns=tuple(Column(one.name, one.kind, one.categories) for one in trained.features),
        calibration=Curve(trained.calibration.x, trained.calibration.y),
        alignment=Curve(trained.alignment.x, trained.alignment.y),
        anomaly=Curve(anomaly.score.x, anomaly.score.y) if anomaly else None,
        boosters=len(trained.boosters),
        files={name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
    )


def _write(path: Path, content: bytes) -> None:
    with whole_file(path) as file:
        file.write(content)
