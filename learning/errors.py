"""What can go wrong in this room."""

from foundation.errors import Conflict


class ArchiveBusy(Exception):
    """Another process exports, compacts or repairs at this moment."""


class ArchiveMoved(Exception):
    """Another process changed what this one was about to change; nothing was stored twice."""


class StoreError(OSError):
    """The archive's place does not do what it is asked; one line says where and why."""


class UnknownColumnError(LookupError):
    """Somebody asked the archive for a column that no catalogue version ever had."""

    def __init__(self, name: str, suggestion: str | None) -> None:
        hint = f"; did you mean {suggestion}?" if suggestion else "."
        super().__init__(f"The archive has no column {name}{hint}")


class WrongRowCountError(Exception):
    """A file has not the rows that it should have."""

    def __init__(self, name: str, found: int, expected: int) -> None:
        super().__init__(f"{name} has {found:,} rows instead of {expected:,}")


class BadHistory(ValueError):
    """Events or labels from which nothing can be learned; one sentence says why and what to do."""


class TrainingBusy(Exception):
    """Another process trains a model at this moment."""


class NoBaseline(Conflict):
    """A model's card does not say what the model was trained on."""
