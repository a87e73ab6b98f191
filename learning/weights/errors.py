"""Why a suggestion is not taken up."""

from foundation.errors import Conflict


class SuggestionRefused(Conflict):
    """It is settled, or what it rests on has changed; a sentence says what to do."""
