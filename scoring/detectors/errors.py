"""Why a model cannot be used. Each message is a sentence that says what to do."""


class ArtefactError(Exception):
    """The model cannot be used here; what is in use stays so."""


class MissingArtefact(ArtefactError):
    """A file is not there."""


class CorruptArtefact(ArtefactError):
    """A file is not what was written."""


class ForeignArtefact(ArtefactError):
    """It was trained on features that this catalogue does not have."""
