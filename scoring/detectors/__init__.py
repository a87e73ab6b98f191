"""Models as scoring uses them: read from their files, checked, and asked row by row. Pure.

    artefact = read_artefact(folder)       # files as their manifest says, or an ArtefactError
    detector = Detector(artefact)          # compiled once, then safe between threads
    opinion = detector.judge(vector)       # margin, probability, score, anomaly

No file is ever unpickled: the trees are ONNX, the rest JSON and plain arrays.
"""

from scoring.detectors.artefact import Artefact, read_artefact
from scoring.detectors.detector import Detector, Opinion
from scoring.detectors.errors import (
    ArtefactError,
    CorruptArtefact,
    ForeignArtefact,
    MissingArtefact,
)

__all__ = [
    "Artefact",
    "ArtefactError",
    "CorruptArtefact",
    "Detector",
    "ForeignArtefact",
    "MissingArtefact",
    "Opinion",
    "read_artefact",
]
