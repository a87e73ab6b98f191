"""Why the models in use cannot be changed so."""

from foundation.errors import Conflict


class ModelRefused(Conflict):
    """The change does not fit where the model stands; a sentence says what to do."""
