"""Why a model is not promoted."""

from foundation.errors import Conflict


class PromotionRefused(Conflict):
    """The gate, or where the model stands, does not allow it; a sentence says what to do."""
