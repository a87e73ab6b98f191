"""A model ready to be asked: one call takes a vector to probability, score and anomaly."""

from collections.abc import Sequence
from math import isnan
from typing import TYPE_CHECKING, NamedTuple

from features.catalogue import CATALOGUE
from features.framework import Catalogue, Value
from scoring.detectors.artefact import Artefact
from scoring.detectors.errors import CorruptArtefact
from scoring.detectors.paths import Paths
from scoring.detectors.rows import Floats, RowMaker

if TYPE_CHECKING:
    import onnxruntime


class Opinion(NamedTuple):
    """`margin` in log odds, `probability` calibrated, `score` and `anomaly` 0..100 (by the share
    of genuine traffic that scores higher); `anomaly` None without a forest."""

    margin: float
    probability: float
    score: float
    anomaly: float | None


class Detector:
    """Immutable and safe between threads."""

    def __init__(self, artefact: Artefact, catalogue: Catalogue = CATALOGUE) -> None:
        """Raises CorruptArtefact, ForeignArtefact."""
        manifest = artefact.manifest
        self._catalogue = catalogue
        self.columns = manifest.columns
        self._rows = RowMaker(manifest.columns, catalogue)
        self._run = _session(artefact.graph, str(artefact.folder)).run
        self._paths = Paths.load(artefact.paths, width=len(manifest.columns))
        self._calibration, self._alignment = manifest.calibration, manifest.alignment
        self._anomaly = manifest.anomaly
        self._outputs = ["margin"] if manifest.anomaly is None else ["margin", "anomaly"]
        self._try_out()

    def judge(self, values: Sequence[Value | None]) -> Opinion:
        """The opinion on one vector, in the catalogue's order."""
        return self.judge_row(self._rows.row(values))

    def judge_row(self, row: Floats) -> Opinion:
        """Raises ArithmeticError when the trees answer with no number."""
        found = [float(one[0, 0]) for one in self._run(self._outputs, {"x": row})]
        if any(map(isnan, found)):
            raise ArithmeticError("The model's answer is not a number.")
        margin = found[0]
        anomaly = None if self._anomaly is None else self._anomaly.at(found[1])
        return Opinion(margin, self._calibration.at(margin), self._alignment.at(margin), anomaly)

    def row(self, values: Sequence[Value | None]) -> Floats:
        return self._rows.row(values)

    def moved_by(self, values: Sequence[Value | None]) -> dict[str, float]:
        """What each column added to the margin on the trees' paths, without those that added
        nothing. Additive, and about a millisecond for 400 trees; exact shares are TreeSHAP's."""
        shares = self._paths.shares(self._rows.row(values)[0])
        return {
            column.name: float(share)
            for column, share in zip(self.columns, shares, strict=True)
            if share
        }

    def _try_out(self) -> None:
        """One row of nothing: whatever is wrong with the graph shows now."""
        try:
            nothing = [None] * (1 + max(self._catalogue.index.values(), default=0))
            self.judge(nothing)
            self.moved_by(nothing)
        except Exception as error:
            raise CorruptArtefact(f"The model does not answer: {error}") from error


def _session(graph: bytes, name: str) -> "onnxruntime.InferenceSession":
    """One thread each: requests run beside each other already."""
    import onnxruntime  # late: 0.2 s, and not every process scores

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # the library has a class of its own for each fault
        raise CorruptArtefact(f"The model in {name} cannot be loaded: {error}") from error
