"""The models that this process has in memory.

Scoring reads the revision with every transaction. When it moved, the first thread to see it loads
the models now in use; the others decide with the old ones meanwhile. A model that does not load is
left out, told to the operators, and tried again after a while.
"""

import logging
import threading
import time
from collections.abc import Callable
from typing import Final

from scoring.detectors import ArtefactError
from scoring.serving.faults import clear_fault, report_fault
from scoring.serving.loaded import NO_MODELS, Loaded, ModelsInUse
from scoring.serving.models import ModelVersion

log = logging.getLogger(__name__)

RETRY_SECONDS: Final = 30.0
"""Between attempts to load a model that did not load."""

_IN_USE: Final = (ModelVersion.State.CHAMPION, ModelVersion.State.SHADOW)


class Registry:
    """A process-wide holder of the models in use, safe between threads."""

    def __init__(self, load: Callable[[int], ModelsInUse] | None = None) -> None:
        self._load = load or load_models
        self._current = NO_MODELS
        self._loading = threading.Lock()
        self._retry_at = 0.0

    @property
    def current(self) -> ModelsInUse:
        return self._current

    def models_for(self, revision: int | None) -> ModelsInUse:
        """The models in use, given the revision that the database names; at worst those before.

        One query, and reading the files, when they are loaded; else none.
        """
        if not revision:
            self.forget()  # revisions begin anew
            return NO_MODELS
        current = self._current
        if revision <= current.revision and not self._due(current):
            return current
        # With nothing in memory everybody waits: deciding without a model is no stop-gap.
        if not self._loading.acquire(blocking=current.revision == 0):
            return current
        try:
            return self._swap(revision)
        finally:
            self._loading.release()

    def forget(self) -> None:
        """Empties the memory, as a new process begins."""
        self._current, self._retry_at = NO_MODELS, 0.0

    def _due(self, current: ModelsInUse) -> bool:
        return current.faulty and time.monotonic() >= self._retry_at

    def _swap(self, revision: int) -> ModelsInUse:
        current = self._current
        if revision <= current.revision and not self._due(current):
            return current  # another thread was faster
        self._current = found = self._load(max(revision, current.revision))
        self._retry_at = time.monotonic() + RETRY_SECONDS
        log.info(
            "models of revision %s are in use: %s",
            found.revision,
            found.champion.version if found.champion else "none",
        )
        return found


def load_models(revision: int) -> ModelsInUse:
    """Champion and challengers as they stand now, ready to be asked. One query, and one or two for
    each whose fault came or went."""
    rows = ModelVersion.objects.filter(state__in=_IN_USE).order_by("pk")
    loaded = {row.version: (row.state, _load_one(row)) for row in rows}
    champion = [one for state, one in loaded.values() if state == ModelVersion.State.CHAMPION]
    return ModelsInUse(
        revision,
        champion[0] if champion else None,
        tuple(one for state, one in loaded.values() if state == ModelVersion.State.SHADOW),
    )


def _load_one(row: ModelVersion) -> Loaded:
    try:
        detector = row.detector()
    except ArtefactError as error:
        report_fault(row.version, str(error))
        return Loaded(row.version, row.share, None, str(error))
    except Exception as error:  # whatever a model does, the rules still decide
        log.exception("model %s cannot be loaded", row.version)
        fault = f"It cannot be loaded: {type(error).__name__}."
        report_fault(row.version, fault)
        return Loaded(row.version, row.share, None, fault)
    if row.fault:
        clear_fault(row.version)
    return Loaded(row.version, row.share, detector)


registry = Registry()
models_for = registry.models_for
